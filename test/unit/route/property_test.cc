// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The lookup structure against the linear reference, on random documents and requests; and: the order of the same documents does not
// matter. The generator is seeded, so a failure repeats; its seed is in the message.
#include <doctest/doctest.h>

#include <algorithm>
#include <initializer_list>
#include <random>

#include "documents.h"
#include "reference.h"
#include "route/rewrite.h"

using namespace nuncio;
using namespace nuncio::route;
using namespace nuncio::route::test;

namespace {

class Generator {
 public:
  explicit Generator(std::uint32_t seed) : engine_(seed) {}

  std::size_t below(std::size_t bound) { return std::uniform_int_distribution<std::size_t>(0, bound - 1)(engine_); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  double draw() { return std::uniform_real_distribution<double>(0, 100)(engine_); }

  std::string pick(std::initializer_list<const char*> words) { return words.begin()[below(words.size())]; }

  // few letters, so that prefixes nest, part inside a segment and differ in case only
  std::string path() {
    std::string text = "/";
    for (std::size_t i = below(7); i > 0; --i) text += pick({"a", "a", "b", "A", "B", "ab", "/", "/", "a-long-segment-of-a-path/"});
    return text;
  }

  Mappings documents() {
    Mappings made;
    const bool with_precedence = one_in(2);
    for (std::size_t i = 1 + below(30); i > 0; --i) {
      auto m = mapping("m" + std::to_string(i), path());
      m->id.ns = pick({"default", "shop"});
      m->host = pick({"", "", "", "a.test", "a.test:8080", "a.test:80", "a.test:443", "b.test", "[::1]", "[::1]:8080"});
      m->method = pick({"", "", "", "GET", "POST"});
      m->case_sensitive = !one_in(4);
      if (with_precedence && one_in(3)) m->precedence = static_cast<int>(below(4)) - 1;
      m->rewrite = pick({"/", "", "/z/", "z"});
      if (one_in(3)) m->weight = static_cast<int>(below(130)) - 10;
      if (one_in(8)) m->connect_timeout_ms = 1000 + static_cast<int>(below(2)) * 2000;
      made.push_back(m);
    }
    return made;
  }

  ReferenceRequest request() {
    ReferenceRequest made{pick({"GET", "POST", "get"}), pick({"a.test", "A.Test", "b.TEST", "[::1]", "c.test"}), path() + path().substr(1)};
    made.authority += pick({"", "", ":80", ":443", ":8080", ":"});
    made.tls = one_in(2);
    made.draw = draw();
    return made;
  }

  void shuffle(Mappings& mappings) { std::shuffle(mappings.begin(), mappings.end(), engine_); }

 private:
  std::mt19937 engine_;
};

// "a.test:" is a legal spelling of "a.test" that the reference does not know
ReferenceRequest without_empty_port(ReferenceRequest request) {
  if (request.authority.ends_with(':')) request.authority.pop_back();
  return request;
}

std::string describe(const ReferenceRequest& r) {
  return r.method + " " + r.authority + " " + r.path + (r.tls ? " tls" : "");
}

}  // namespace

TEST_CASE("the structure finds what the linear reference finds") {
  for (std::uint32_t seed = 0; seed < 3000; ++seed) {
    Generator random(seed);
    const Mappings documents = random.documents();
    const Reference reference(documents);
    const auto snapshot = compile_documents(documents);
    std::vector<const model::Mapping*> order;
    for (const auto& route : snapshot->routes->routes()) order.push_back(route->mapping.get());
    REQUIRE_MESSAGE(order == reference.order(), "seed ", seed);
    for (int i = 0; i < 40; ++i) {
      const ReferenceRequest request = random.request();
      FixedDraw draw(request.draw);
      const Route* route = snapshot->routes->find({request.method, request.authority, request.path, request.tls}, draw);
      const model::Mapping* found = route == nullptr ? nullptr : route->mapping.get();
      const model::Mapping* wanted = reference.find(without_empty_port(request));
      REQUIRE_MESSAGE(found == wanted, "seed ", seed, " ", describe(request));
      if (route == nullptr) continue;
      std::string buffer(rewrite_bound(*route, request.path, "?q"), '\0');
      const auto target = rewrite(*route, request.path, "?q", buffer);
      REQUIRE(target);
      REQUIRE_MESSAGE(target->target == Reference::rewritten(*wanted, request.path) + "?q", "seed ", seed);
    }
  }
}

// the groups in the order of matching, each with its members in the order of their names
std::vector<std::vector<std::string>> table_text(const Snapshot& snapshot) {
  std::vector<std::vector<std::string>> text;
  for (const auto& group : snapshot.routes->groups()) {
    std::vector<std::string> names;
    for (const Member& member : group->members) names.push_back(member.route->id().text());
    std::sort(names.begin(), names.end());
    text.push_back(std::move(names));
  }
  return text;
}

// Among members of a group the load order decides who is the first, who sets a field last and which end of the draw a share lies at;
// it never decides which groups there are and in which order they are tried.
TEST_CASE("any order of the same documents gives the same table") {
  for (std::uint32_t seed = 0; seed < 500; ++seed) {
    Generator random(seed);
    Mappings documents;
    for (const auto& m : random.documents()) {
      auto agreeing = std::make_shared<model::Mapping>(*m);
      agreeing->connect_timeout_ms.reset();  // so that none is rejected
      documents.push_back(std::move(agreeing));
    }
    const auto wanted = table_text(*compile_documents(documents));
    for (int i = 0; i < 5; ++i) {
      random.shuffle(documents);
      REQUIRE_MESSAGE(table_text(*compile_documents(documents)) == wanted, "seed ", seed);
    }
  }
}

TEST_CASE("prefixes that nest a thousand deep, the shorter ones first") {
  Mappings documents;
  std::string prefix = "/";
  for (int i = 0; i < 1000; ++i) {
    documents.push_back(mapping("m" + std::to_string(i), prefix, [i](model::Mapping& m) {
      m.precedence = -i;
      m.method = i == 777 ? "GET" : "PUT";
    }));
    prefix += "ab"[i % 2];
  }
  const auto snapshot = compile_documents(documents);
  CHECK(taker(*snapshot, {.path = prefix}) == "m777");
  CHECK(taker(*snapshot, {.path = prefix, .method = "PUT"}) == "m0");
  CHECK(taker(*snapshot, {.path = prefix, .method = "DELETE"}) == "-");
}
