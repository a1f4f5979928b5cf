// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The order of groups: spec routing 3.1, row by row for the fields that are served, and the decided tie-breaks.
#include <doctest/doctest.h>

#include <algorithm>

#include "documents.h"

using namespace nuncio;
using namespace nuncio::route;
using namespace nuncio::route::test;

namespace {

struct Row {
  std::string_view what;
  std::shared_ptr<model::Mapping> first;
  std::shared_ptr<model::Mapping> second;
};

std::shared_ptr<model::Mapping> in_namespace(std::shared_ptr<model::Mapping> mapping, std::string ns) {
  mapping->id.ns = std::move(ns);
  return mapping;
}

const auto kInsensitive = [](model::Mapping& m) { m.case_sensitive = false; };

std::vector<Row> rows() {
  const auto both = [](Edit a, Edit b) {
    return [a, b](model::Mapping& m) {
      a(m);
      b(m);
    };
  };
  return {
      {"the longer prefix", mapping("a", "/foo/bar/"), mapping("b", "/foo/")},
      {"a method counts", mapping("a", "/foo/", with_method("GET")), mapping("b", "/foo/")},
      {"a host counts", mapping("a", "/foo/", with_host("a.com")), mapping("b", "/foo/")},
      {"prefix length comes before the host", mapping("b", "/foo/bar/"), mapping("a", "/foo/", with_host("a.com"))},
      {"precedence comes before length", mapping("a", "/foo/", with_precedence(1)), mapping("b", "/foo/bar/")},
      {"negative precedence", mapping("b", "/"), mapping("a", "/foo/", with_precedence(-1))},
      {"the sum counts, not the number: 27 > 23", mapping("a", "/", with_host("a-very-long.host")),
       mapping("b", "/", both(with_host("a.b"), with_method("PUT")))},
      {"host and method beat the same host", mapping("a", "/", both(with_host("a.com"), with_method("GET"))),
       mapping("b", "/", with_host("a.com"))},
      {"prefix text, descending", mapping("a", "/b/"), mapping("b", "/a/")},
      {"upper case is smaller", mapping("a", "/a/"), mapping("b", "/B/")},
      {"method text, descending", mapping("a", "/", with_method("PUT")), mapping("b", "/", with_method("GET"))},
      {"host text, descending", mapping("a", "/", with_host("b.com")), mapping("b", "/", with_host("a.com"))},
      // :method-GETS.. (7 + 8) against :authority-a.com (10 + 5): equal sums, the greater text first
      {"equal sums: ':method' is the greater name", mapping("a", "/", with_method("PROPFIND")), mapping("b", "/", with_host("a.com"))},
      {"equal sums, one begins alike", mapping("a", "/", with_host("b.cc")), mapping("b", "/", with_host("a.cc"))},
      {"names break ties", mapping("a", "/x/", kInsensitive), mapping("b", "/x/")},
      {"namespaces before names", in_namespace(mapping("z", "/x/"), "aa"), in_namespace(mapping("a", "/x/", kInsensitive), "bb")},
  };
}

}  // namespace

TEST_CASE("order of two groups, whatever the load order") {
  for (const Row& row : rows()) {
    CAPTURE(row.what);
    const std::vector<std::string> wanted{row.first->id.name, row.second->id.name};
    CHECK(order(*compile_documents({row.first, row.second})) == wanted);
    CHECK(order(*compile_documents({row.second, row.first})) == wanted);
  }
}

TEST_CASE("the winner of a request is the first in the order that holds") {
  const auto snapshot = compile_documents({
      mapping("short-host", "/foo/", with_host("a.com")),
      mapping("long", "/foo/bar/"),
      mapping("post", "/foo/bar/", with_method("POST")),
      mapping("root", "/"),
      mapping("first", "/foo/",
              [](model::Mapping& m) {
                m.precedence = 1;
                m.method = "DELETE";
              }),
  });
  CHECK(taker(*snapshot, {.path = "/foo/bar/x", .authority = "a.com"}) == "long");
  CHECK(taker(*snapshot, {.path = "/foo/x", .authority = "a.com"}) == "short-host");
  CHECK(taker(*snapshot, {.path = "/foo/x", .authority = "b.com"}) == "root");
  CHECK(taker(*snapshot, {.path = "/foo/bar/x", .method = "POST"}) == "post");
  CHECK(taker(*snapshot, {.path = "/foo/bar/x", .method = "post"}) == "long");
  CHECK(taker(*snapshot, {.path = "/foo/bar/x", .method = "DELETE", .authority = "a.com"}) == "first");
}

TEST_CASE("prefixes are compared byte by byte") {
  const auto snapshot = compile_documents({
      mapping("man", "/man"),
      mapping("api", "/api/"),
      mapping("free", "/Free/", [](model::Mapping& m) { m.case_sensitive = false; }),
  });
  CHECK(taker(*snapshot, {.path = "/man"}) == "man");
  CHECK(taker(*snapshot, {.path = "/mankind"}) == "man");
  CHECK(taker(*snapshot, {.path = "/ma"}) == "-");
  CHECK(taker(*snapshot, {.path = "/Man"}) == "-");
  CHECK(taker(*snapshot, {.path = "/api"}) == "-");
  CHECK(taker(*snapshot, {.path = "/api/"}) == "api");
  CHECK(taker(*snapshot, {.path = "/fREE/x"}) == "free");
  CHECK(taker(*snapshot, {.path = "/free"}) == "-");
}

TEST_CASE("no routes, no match") {
  CHECK(taker(*compile_documents({}), {.path = "/"}) == "-");
}

TEST_CASE("route indices are the positions in the order") {
  const auto snapshot = compile_documents({mapping("c", "/"), mapping("a", "/a/", with_weight(20)), mapping("b", "/a/")});
  const auto routes = snapshot->routes->routes();
  for (std::size_t i = 0; i < routes.size(); ++i) CHECK(routes[i]->index == i);
  CHECK(order(*snapshot) == std::vector<std::string>{"a", "b", "c"});
}
