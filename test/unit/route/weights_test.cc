// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Weights inside a group: spec routing 3.3, row by row.
#include <doctest/doctest.h>

#include <map>

#include "documents.h"
#include "route/weights.h"

using namespace nuncio;
using namespace nuncio::route;
using namespace nuncio::route::test;

namespace {

using Weights = std::vector<std::optional<int>>;
constexpr std::nullopt_t kRest = std::nullopt;

Mappings canaries(const Weights& weights) {
  Mappings made;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const auto edit = [&](model::Mapping& m) { m.weight = weights[i]; };
    made.push_back(mapping("m" + std::to_string(i), "/p/", edit));
  }
  return made;
}

// how many of the draws 0, 1, … 99 each member takes; the last number counts those that fall through
std::vector<int> shares(const Snapshot& snapshot, std::size_t members) {
  std::map<std::string, int> taken;
  for (int draw = 0; draw < 100; ++draw) ++taken[taker(snapshot, {.path = "/p/x", .draw = draw + 0.5})];
  std::vector<int> counts;
  for (std::size_t i = 0; i < members; ++i) counts.push_back(taken["m" + std::to_string(i)]);
  counts.push_back(taken["-"]);
  return counts;
}

}  // namespace

TEST_CASE("shares of a group") {
  struct Row {
    Weights weights;
    std::vector<int> shares;  // and what falls through
    std::size_t errors;
  };
  const Row rows[] = {
      {{kRest}, {100, 0}, 0},
      {{kRest, 10}, {90, 10, 0}, 0},
      {{10, kRest}, {10, 90, 0}, 0},
      {{kRest, kRest}, {50, 50, 0}, 0},
      {{kRest, kRest, kRest}, {33, 33, 34, 0}, 0},
      {{kRest, kRest, 40}, {30, 30, 40, 0}, 0},
      {{10, 20}, {10, 20, 70}, 0},
      {{100, kRest}, {100, 0, 0}, 0},
      {{0, kRest}, {0, 100, 0}, 0},
      {{20}, {100, 0}, 0},
      {{0}, {100, 0}, 0},
      {{60, 60}, {60, 40, 0}, 1},
      {{150, kRest}, {100, 0, 0}, 0},  // the reader reports what is no percentage
      {{-5, kRest}, {0, 100, 0}, 0},
      {{kRest, kRest, 95}, {2, 3, 95, 0}, 0},  // 2.5 rounds to the even 2
      {{kRest, kRest, 93}, {4, 3, 93, 0}, 0},  // 3.5 rounds to the even 4
      {{0, 0}, {0, 0, 100}, 0},
  };
  for (const Row& row : rows) {
    const auto snapshot = compile_documents(canaries(row.weights));
    CHECK(shares(*snapshot, row.weights.size()) == row.shares);
    CHECK(snapshot->diagnostics.errors() == row.errors);
  }
}

TEST_CASE("many members without weight never pass 100") {
  const Shares shares = share_out(Weights(66, kRest));
  int before = 0;
  for (const std::size_t i : shares.order) {
    CHECK(shares.thresholds[i] >= before);
    before = shares.thresholds[i];
  }
  CHECK(before == 100);
}

TEST_CASE("edges of a threshold") {
  const auto snapshot = compile_documents(canaries({10, kRest}));
  CHECK(taker(*snapshot, {.path = "/p/", .draw = 9.999}) == "m0");
  CHECK(taker(*snapshot, {.path = "/p/", .draw = 10.0}) == "m1");
  CHECK(taker(*snapshot, {.path = "/p/", .draw = 0.0}) == "m0");
  CHECK(taker(*snapshot, {.path = "/p/", .draw = 99.999}) == "m1");
}

TEST_CASE("what no member takes goes on with the same draw") {
  Mappings documents = canaries({10, 20});
  documents.push_back(mapping("root-a", "/", with_weight(50)));
  documents.push_back(mapping("root-b", "/"));
  const auto snapshot = compile_documents(documents);
  CHECK(taker(*snapshot, {.path = "/p/", .draw = 5}) == "m0");
  CHECK(taker(*snapshot, {.path = "/p/", .draw = 29}) == "m1");
  CHECK(taker(*snapshot, {.path = "/p/", .draw = 31}) == "root-a");
  CHECK(taker(*snapshot, {.path = "/p/", .draw = 51}) == "root-b");
  FixedDraw draw(40);
  snapshot->routes->find({"GET", "h", "/p/", false}, draw);
  CHECK(draw.asked == 1);
}

TEST_CASE("no draw where there is nothing to choose") {
  const auto snapshot = compile_documents({mapping("single", "/p/", with_weight(20)), mapping("root", "/")});
  FixedDraw draw(99);
  const Route* route = snapshot->routes->find({"GET", "h", "/p/", false}, draw);
  REQUIRE(route != nullptr);
  CHECK(route->id().name == "single");
  CHECK(draw.asked == 0);
}

TEST_CASE("what is said about weights") {
  using S = Severity;
  const auto said = [](const Weights& weights, S severity, std::string_view part) {
    return count_messages(compile_documents(canaries(weights))->diagnostics, severity, part);
  };
  CHECK(said({10, 20}, S::notice, "70 %") == 1);
  CHECK(said({60, 60}, S::error, "120 %") == 1);
  CHECK(said({kRest, kRest, 40}, S::notice, "2 Mappings without weight share 60 %") == 1);
  CHECK(compile_documents(canaries({kRest, 10}))->diagnostics.empty());
  CHECK(compile_documents(canaries({20}))->diagnostics.empty());
}
