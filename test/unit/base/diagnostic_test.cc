// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "nuncio/diagnostic.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

namespace nuncio {
namespace {

std::shared_ptr<const std::string> name(const char* text) {
  return std::make_shared<const std::string>(text);
}

TEST_CASE("a place shows as much as is known") {
  CHECK(Place{}.text().empty());
  CHECK(Place{name("a.yaml"), nullptr, 0, 0, 0}.text() == "a.yaml");
  CHECK(Place{name("a.yaml"), nullptr, 12, 0, 1}.text() == "a.yaml:12");
  CHECK(Place{name("a.yaml"), nullptr, 12, 3, 1}.text() == "a.yaml:12:3");
  CHECK(Place{name("web.yaml"), name("qotm.default"), 9, 5, 2}.text() == "web.yaml:9:5 (qotm.default.2)");
}

TEST_CASE("a diagnostic is one line") {
  const Place place{name("routes.yaml"), nullptr, 12, 3, 1};
  const Diagnostic full{Severity::error, place, "Mapping web", "unknown field 'prefx'", "did you mean 'prefix'?"};
  CHECK(full.text() == "routes.yaml:12:3: error: Mapping web: unknown field 'prefx'; did you mean 'prefix'?");
  CHECK(Diagnostic{Severity::notice, {}, {}, "nothing to do", {}}.text() == "notice: nothing to do");
  CHECK(Diagnostic{Severity::error, place, "Mapping a\nb", "holds \r and \x7f", {}}.text() ==
        "routes.yaml:12:3: error: Mapping a\\x0ab: holds \\x0d and \\x7f");
}

TEST_CASE("errors and notices are counted, also those of an appended list") {
  Diagnostics first;
  CHECK(first.empty());
  first.error({}, "a", "b");
  first.notice({}, "c", "d", "e");
  Diagnostics second;
  second.error({}, "f", "g");
  second.append(first);
  second.add({Severity::notice, {}, "h", "i", {}});
  CHECK(second.errors() == 2);
  CHECK(second.notices() == 2);
  REQUIRE(second.entries().size() == 4);
  CHECK(second.entries()[1].subject == "a");
  CHECK(second.entries()[2].hint == "e");
}

}  // namespace
}  // namespace nuncio
