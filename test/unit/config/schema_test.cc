// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The table itself: no name twice, every row that users see has a sentence, and what is served is what the model holds.
#include "config/schema.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <string_view>

#include "config/words.h"

namespace nuncio::config {
namespace {

void check_rows(std::span<const Field> fields) {
  std::set<std::string_view> seen;
  for (const Field& field : fields) {
    CAPTURE(std::string(field.name));
    CHECK(seen.insert(field.name).second);
    CHECK(field.least <= field.most);
    CHECK((field.type == Type::word) == !field.words.empty());
    const bool holds_members = field.type == Type::object || field.type == Type::objects || field.type == Type::object_map;
    CHECK(holds_members == !field.members.empty());
    check_rows(field.members);
  }
}

TEST_CASE("rows are well-formed") {
  for (const Kind& kind : kinds()) {
    CAPTURE(std::string(kind.name));
    check_rows(kind.fields);
  }
  check_rows(common_fields());
}

TEST_CASE("rows of the manual have sentences that end") {
  for (const auto fields : {mapping_fields(), module_fields()}) {
    for (const Field& field : fields) {
      CAPTURE(std::string(field.name));
      if (field.effect != Effect::unused) CHECK(field.sentence.ends_with('.'));
    }
  }
}

TEST_CASE("kinds are found in any letter case") {
  CHECK(find_kind("mapping") == find_kind("Mapping"));
  CHECK(find_kind("AmbassadorHost") == find_kind("Host"));
  CHECK(find_kind("Module ambassador") != nullptr);
  CHECK(find_kind("Ambassador") == nullptr);
  CHECK(find_kind("Pod") == nullptr);
  CHECK(find_field(mapping_fields(), "prefix")->required);
  CHECK(find_field(mapping_fields(), "Prefix") == nullptr);
}

TEST_CASE("numbers and booleans") {
  CHECK(to_integer("010") == 10);
  CHECK(to_integer(" +5 ") == 5);
  CHECK(to_integer("-5") == -5);
  for (const char* text : {"", "+", "1.5", "0x10", "1e3", "9999999999999999999999", "1 2"}) CHECK_FALSE(to_integer(text));
  for (const char* text : {"true", "True", "YES", "on"}) CHECK(to_flag(text) == true);
  for (const char* text : {"false", "No", "OFF"}) CHECK(to_flag(text) == false);
  for (const char* text : {"", "1", "y", "truth"}) CHECK_FALSE(to_flag(text));
}

TEST_CASE("texts in messages") {
  CHECK(quote("a") == "'a'");
  CHECK(quote(std::string("a\r\n\0b", 5)) == "'a\\r\\n\\0b'");
  CHECK(quote(std::string(100, 'x')).size() == 102);
  CHECK(quote(std::string(99, 'x') + "\xc3\xa9\xc3\xa9") == "'" + std::string(99, 'x') + "…'");
  CHECK(split_at(" a, b,,c ", ',') == std::vector<std::string_view>{"a", "b", "c"});
}

}  // namespace
}  // namespace nuncio::config
