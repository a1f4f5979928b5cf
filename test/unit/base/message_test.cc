// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "nuncio/message.h"

#include <doctest/doctest.h>

#include <string>

#include "base/arena.h"
#include "base/chunk.h"

using namespace nuncio;

namespace {

struct Known {
  FieldId id;
  std::string name;
};

const Known kKnown[] = {
#define NUNCIO_X(id, name) {FieldId::id, name},
    NUNCIO_FIELD_IDS(NUNCIO_X)
#undef NUNCIO_X
};

std::string upper_case(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 0x20 : c);
  return text;
}

}  // namespace

TEST_SUITE("message") {
  TEST_CASE("known names have their id in every letter case, and nothing near them has it") {
    for (const auto& [id, name] : kKnown) {
      CAPTURE(name);
      CHECK(field_id(name) == id);
      CHECK(field_id(upper_case(name)) == id);
      for (std::size_t i = 0; i < name.size(); ++i) {
        std::string mixed = name;
        mixed[i] = static_cast<char>(mixed[i] >= 'a' && mixed[i] <= 'z' ? mixed[i] - 0x20 : mixed[i]);
        CHECK(field_id(mixed) == id);
        for (const int change : {0x01, 0x40, 0x80}) {  // 0x20 is the case of letters
          std::string other = name;
          other[i] = static_cast<char>(other[i] ^ change);
          CHECK(field_id(other) != id);
        }
      }
      if (id == FieldId::x_envoy_other) continue;
      CHECK(field_id(name + "x") != id);
      CHECK(field_id(name.substr(1)) != id);
      CHECK(field_id(name.substr(0, name.size() - 1)) != id);
    }
  }

  TEST_CASE("'-' has no other letter case") {
    CHECK(field_id("content\rlength") == FieldId::other);
    CHECK(field_id("content_length") == FieldId::other);
  }

  TEST_CASE("other names") {
    for (const auto name :
         {"", "a", "ab", "accept", "x-forwarded", "sec-websocket-protocol", "x-envo", "a-name-that-is-longer-than-all-known-names"}) {
      CHECK(field_id(name) == FieldId::other);
    }
    for (const auto name : {"x-envoy-retry-on", "X-ENVOY-", "x-envoy-a-very-long-name-that-no-table-holds"}) {
      CHECK(field_id(name) == FieldId::x_envoy_other);
    }
  }

  TEST_CASE("a list keeps order and spelling, and compacts") {
    ChunkPool pool;
    Arena arena(pool);
    FieldList fields(arena);
    for (int i = 0; i < 200; ++i) {
      const std::string_view name = arena.copy("X-" + std::to_string(i % 50));
      fields.add(name, arena.copy(std::to_string(i)), field_id(name));
    }
    fields.add("Cookie", "a=b", FieldId::cookie);
    fields.add("COOKIE", "c=d", FieldId::cookie);
    CHECK(fields.size() == 202);
    CHECK(fields.count(FieldId::cookie) == 2);
    CHECK(fields.find(FieldId::cookie)->value == "a=b");
    CHECK(fields.find("cookie")->name == "Cookie");
    CHECK(fields.find("x-49")->value == "49");
    CHECK(fields.find("x-50") == nullptr);
    CHECK(fields.find(FieldId::host) == nullptr);

    CHECK(fields.remove(FieldId::cookie) == 2);
    CHECK(fields.remove_if([](const Field& field) { return field.value.size() < 3; }) == 100);
    REQUIRE(fields.size() == 100);
    for (std::size_t i = 0; i < fields.size(); ++i) CHECK(fields.all()[i].value == std::to_string(100 + i));
    fields.clear();
    CHECK(fields.all().empty());
  }
}
