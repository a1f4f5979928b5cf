// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "config/left_out.h"

#include <doctest/doctest.h>

namespace nuncio {

TEST_CASE("documents for another id are named, the rest is counted") {
  const auto document = [](std::string name, model::Fate fate, int line) {
    Place place;
    place.file = std::make_shared<const std::string>("a.yaml");
    place.line = line;
    place.column = 1;
    return model::DocumentInfo{{"Mapping", "shop", std::move(name)}, place, fate};
  };
  const std::vector<model::DocumentInfo> documents = {document("a", model::Fate::other_id, 3), document("b", model::Fate::applied, 9),
                                                      document("c", model::Fate::other_id, 12), document("d", model::Fate::other_id, 20)};
  CHECK(config::documents_for_others(documents, "mine", 2) ==
        std::vector<std::string>{"a.yaml:3:1: Mapping shop/a is for another ambassador_id than 'mine'",
                                 "a.yaml:12:1: Mapping shop/c is for another ambassador_id than 'mine'",
                                 "and 1 more are for another ambassador_id"});
  CHECK(config::documents_for_others(documents, "mine", 3).size() == 3);
  CHECK(config::documents_for_others({}, "mine", 3).empty());
}

}  // namespace nuncio
