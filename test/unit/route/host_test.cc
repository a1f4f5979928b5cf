// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Hosts and ports: spec routing 3.5 with its [better] rows.
#include <doctest/doctest.h>

#include "documents.h"
#include "route/host_index.h"

using namespace nuncio;
using namespace nuncio::route;
using namespace nuncio::route::test;

TEST_CASE("one configured host against one request") {
  struct Row {
    std::string_view configured;
    std::string authority;
    bool tls;
    bool matches;
  };
  const Row rows[] = {
      {"foo.com", "foo.com", false, true},
      {"foo.com", "FOO.Com", false, true},
      {"foo.com", "foo.com:8443", false, true},
      {"foo.com", "foo.com:80", false, true},
      {"foo.com", "foo.com:443", true, true},
      {"foo.com", "foo.com:", false, true},
      {"foo.com", "foo.co", false, false},
      {"foo.com", "xfoo.com", false, false},
      {"foo.com", "x.foo.com", false, false},
      {"foo.com", "foo.com.", false, false},
      {"foo.com", "", false, false},
      {"foo.com:8080", "foo.com:8080", false, true},
      {"foo.com:8080", "FOO.COM:8080", true, true},
      {"foo.com:8080", "foo.com", false, false},
      {"foo.com:8080", "foo.com:8081", false, false},
      {"foo.com:80", "foo.com", false, true},
      {"foo.com:80", "foo.com:80", false, true},
      {"foo.com:80", "foo.com:80", true, true},
      {"foo.com:80", "foo.com", true, false},
      {"foo.com:443", "foo.com", true, true},
      {"foo.com:443", "foo.com", false, false},
      {"foo.com:443", "foo.com:443", false, true},
      {"[::1]", "[::1]", false, true},
      {"[::1]", "[::1]:8080", false, true},
      {"[::1]:8080", "[::1]:8080", false, true},
      {"[::1]:8080", "[::1]", false, false},
      {"[fe80::a]", "[FE80::A]:80", false, true},
      {":80", "", false, true},
      {":80", ":81", false, false},
      {"a-name-that-is-longer-than-a-slot-of-the-index.example.com", "A-name-that-is-longer-than-a-slot-of-the-index.EXAMPLE.com:1", false,
       true},
      {"a-name-that-is-longer-than-a-slot-of-the-index.example.com", "a-name-that-is-longer-than-a-slot-of-the-index.example.con", false,
       false},
      {"", "anything:1", false, true},
      {"", "", false, true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.configured);
    CAPTURE(row.authority);
    CAPTURE(row.tls);
    const auto snapshot = compile_documents({mapping("m", "/", with_host(std::string(row.configured)))});
    CHECK((find(*snapshot, {.path = "/x", .authority = row.authority, .tls = row.tls}) != nullptr) == row.matches);
  }
}

TEST_CASE("letters, and only letters, are compared without case") {
  for (int c = 0x21; c < 0x7f; ++c) {
    for (int d = 0x21; d < 0x7f; ++d) {
      HostIndex index;
      index.entry(std::string("12345678") + static_cast<char>(c == ':' || (c >= 'A' && c <= 'Z') ? 'a' : c) + "x").sensitive = 1;
      const char wanted = static_cast<char>(c == ':' || (c >= 'A' && c <= 'Z') ? 'a' : c);
      const char lower = d >= 'A' && d <= 'Z' ? static_cast<char>(d + 32) : static_cast<char>(d);
      const auto tables = index.select(std::string("12345678") + static_cast<char>(d) + "X", false);
      REQUIRE((tables.all().size() == 2) == (lower == wanted));
    }
  }
}

TEST_CASE("two Mappings with the same prefix and different hosts") {
  const auto snapshot = compile_documents({mapping("a", "/p/", with_host("a.test")), mapping("b", "/p/", with_host("b.test"))});
  CHECK(taker(*snapshot, {.path = "/p/", .authority = "a.test"}) == "a");
  CHECK(taker(*snapshot, {.path = "/p/", .authority = "b.test"}) == "b");
  CHECK(taker(*snapshot, {.path = "/p/", .authority = "c.test"}) == "-");
}

TEST_CASE("candidates of several host tables are merged by rank") {
  const auto snapshot = compile_documents({
      mapping("port", "/p/", with_host("a.test:8080")),
      mapping("host", "/p/q/", with_host("a.test")),
      mapping("any", "/p/q/r/"),
      mapping("any-first", "/p/",
              [](model::Mapping& m) {
                m.precedence = 5;
                m.method = "PUT";
              }),
      mapping("root", "/"),
  });
  const std::string authority = "A.test:8080";
  CHECK(taker(*snapshot, {.path = "/p/q/r/", .authority = authority}) == "any");
  CHECK(taker(*snapshot, {.path = "/p/q/", .authority = authority}) == "host");
  CHECK(taker(*snapshot, {.path = "/p/", .authority = authority}) == "port");
  CHECK(taker(*snapshot, {.path = "/p/", .authority = "a.test"}) == "root");
  CHECK(taker(*snapshot, {.path = "/p/q/r/", .method = "PUT", .authority = authority}) == "any-first");
}

TEST_CASE("split_host") {
  struct Row {
    std::string_view text, host, port;
  };
  const Row rows[] = {{"a.test", "a.test", ""}, {"a.test:80", "a.test", "80"}, {"a.test:", "a.test", ""},
                      {"[::1]", "[::1]", ""},   {"[::1]:80", "[::1]", "80"},   {"", "", ""}};
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(split_host(row.text).host == row.host);
    CHECK(split_host(row.text).port == row.port);
  }
}

TEST_CASE("thousands of hosts") {
  HostIndex index;
  const auto name = [](std::uint32_t i) { return "host-" + std::to_string(i) + ".test"; };
  for (std::uint32_t i = 0; i < 5000; ++i) index.entry(name(i)).sensitive = i;
  for (std::uint32_t i = 0; i < 5000; i += 7) index.entry(name(i) + ":9").folded = i;
  for (std::uint32_t i = 0; i < 5000; ++i) {
    const auto tables = index.select(name(i) + ":9", false);
    const bool with_port = i % 7 == 0;
    REQUIRE(tables.all().size() == (with_port ? 3U : 2U));
    CHECK(tables.all()[with_port ? 1 : 0].sensitive == i);
    if (with_port) CHECK(tables.all()[0].folded == i);
  }
  CHECK(index.select("host-5000.test", false).all().size() == 1);
}
