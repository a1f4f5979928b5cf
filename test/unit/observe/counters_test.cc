// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "observe/counters.h"

#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "observe/counter_registry.h"

using namespace nuncio;
using namespace nuncio::observe;
using std::chrono::minutes;

namespace {

std::vector<model::Identity> mappings(const std::vector<std::string>& names) {
  std::vector<model::Identity> result;
  for (const std::string& name : names) result.push_back({"Mapping", "default", name});
  return result;
}

std::shared_ptr<const CounterRegistry::Binding> bind(CounterRegistry& registry, const std::vector<std::string>& names,
                                                     CounterRegistry::Clock::time_point now = {}) {
  const auto identities = mappings(names);
  std::vector<const model::Identity*> pointers;
  for (const auto& identity : identities) pointers.push_back(&identity);
  return registry.bind(pointers, now);
}

// name → requests with 2xx
std::map<std::string, std::uint64_t> served(const CounterRegistry& registry) {
  std::map<std::string, std::uint64_t> result;
  registry.visit([&result](const model::Identity& identity, const CounterRegistry::Sums& sums) { result[identity.name] = sums[2]; });
  return result;
}

}  // namespace

TEST_CASE("counters: status classes") {
  struct Case {
    int status;
    std::size_t expected;
  };
  for (const Case& c : {Case{0, 0}, {99, 0}, {100, 1}, {200, 2}, {304, 3}, {499, 4}, {599, 5}, {600, 0}, {-1, 0}}) {
    CHECK(status_class(c.status) == c.expected);
  }
}

TEST_CASE("counters: a duration falls into the first bucket whose bound it does not exceed") {
  Histogram histogram;
  for (const std::int64_t us : {-3, 0, 500, 501, 1000, 600000000, 600000001}) histogram.record(us);
  CHECK(histogram.bucket(0) == 3);
  CHECK(histogram.bucket(1) == 2);
  CHECK(histogram.bucket(Histogram::kBoundsUs.size() - 1) == 1);
  CHECK(histogram.bucket(Histogram::kBoundsUs.size()) == 1);
  CHECK(histogram.sum_us() == 500 + 501 + 1000 + 600000000 + 600000001);
}

TEST_CASE("counters: one request counts by class, reason, time and Mapping") {
  WorkerCounters worker;
  RouteCounters route;
  worker.count(200, CloseReason::completed, 700, &route);
  worker.count(404, CloseReason::no_route, 100, nullptr);
  CHECK(worker.requests[2].get() == 1);
  CHECK(worker.requests[4].get() == 1);
  CHECK(worker.reasons[static_cast<std::size_t>(CloseReason::no_route)].get() == 1);
  CHECK(worker.durations.bucket(0) == 1);
  CHECK(route.requests[2].get() == 1);
  CHECK(route.requests[4].get() == 0);
}

TEST_CASE("counters: gauges go up and down") {
  Gauge gauge;
  gauge.up();
  gauge.up();
  gauge.down();
  CHECK(gauge.get() == 1);
}

TEST_CASE("counter registry: blocks survive reloads, and belong to one worker each") {
  CounterRegistry registry(2);
  const auto first = bind(registry, {"a", "b"});
  first->worker(0)[0]->count(200);
  first->worker(1)[0]->count(200);
  const auto second = bind(registry, {"b", "c", "a"});
  CHECK(second->worker(0)[2] == first->worker(0)[0]);
  CHECK(second->worker(0)[2] != second->worker(1)[2]);
  second->worker(0)[2]->count(200);
  second->worker(1)[1]->count(200);
  CHECK(served(registry) == std::map<std::string, std::uint64_t>{{"a", 3}, {"b", 0}, {"c", 1}});
}

TEST_CASE("counter registry: kinds and namespaces are told apart") {
  CounterRegistry registry(1);
  const model::Identity identities[] = {{"Mapping", "default", "x"}, {"Mapping", "shop", "x"}, {"Ingress", "default", "x"}};
  const model::Identity* const pointers[] = {&identities[0], &identities[1], &identities[2], &identities[0]};
  const auto binding = registry.bind(pointers);
  CHECK(binding->worker(0)[0] != binding->worker(0)[1]);
  CHECK(binding->worker(0)[0] != binding->worker(0)[2]);
  CHECK(binding->worker(0)[0] == binding->worker(0)[3]);
}

TEST_CASE("counter registry: what is gone is reaped after its time, not while a generation may use it") {
  const CounterRegistry::Clock::time_point start{};
  CounterRegistry registry(1);
  auto old = bind(registry, {"a", "b"}, start);
  old->worker(0)[0]->count(200);
  const auto current = bind(registry, {"b"}, start);

  const auto kept = bind(registry, {"b"}, start + minutes(60));
  CHECK(served(registry).contains("a"));
  old->worker(0)[0]->count(200);
  CHECK(served(registry)["a"] == 2);

  old.reset();
  bind(registry, {"b"}, start + minutes(69));
  CHECK(served(registry).contains("a"));
  bind(registry, {"b"}, start + minutes(71));
  CHECK_FALSE(served(registry).contains("a"));
  CHECK(served(registry).contains("b"));
}

TEST_CASE("counter registry: above the bound, the rest share one block") {
  CounterRegistry registry(1, {.max_blocks = 2, .keep = minutes(10)});
  CHECK(served(registry).empty());
  const auto binding = bind(registry, {"a", "b", "c", "d"});
  for (const auto& block : binding->worker(0)) block->count(200);
  CHECK(served(registry) == std::map<std::string, std::uint64_t>{{"a", 1}, {"b", 1}, {"other", 2}});
}

TEST_CASE("counter registry: workers count while others bind and read") {
  constexpr std::size_t kWorkers = 2;
  constexpr std::uint64_t kRequests = 20000;
  CounterRegistry registry(kWorkers);
  const auto binding = bind(registry, {"a", "b"});
  std::atomic<bool> done{false};
  std::jthread builder([&] {
    while (!done) {
      const auto next = bind(registry, {"b", "a", "c"});
      const auto seen = served(registry);
      if (seen.at("a") > kWorkers * kRequests) break;
    }
  });
  {
    std::vector<std::jthread> workers;
    for (std::size_t w = 0; w < kWorkers; ++w) {
      workers.emplace_back([&binding, w] {
        for (std::uint64_t i = 0; i < kRequests; ++i) binding->worker(w)[0]->count(200);
      });
    }
  }
  done = true;
  builder.join();
  CHECK(served(registry)["a"] == kWorkers * kRequests);
}
