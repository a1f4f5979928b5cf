// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// What choosing a route costs: look-ups spread at random over N routes, in the shapes that large installations have, and the path
// handling before and after.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config/load.h"
#include "http/path.h"
#include "route/compile.h"
#include "route/rewrite.h"
#include "route/table.h"

namespace nuncio::route {
namespace {

struct NoDraw final : Draw {
  double number() override { return 50; }
};

struct Shape {
  std::string prefix;
  std::string host;
  std::string method;
};

Shape by_prefix(std::uint32_t i) {
  return {"/tenant-" + std::to_string(i) + "/service/", "", ""};
}
Shape by_host(std::uint32_t i) {
  return {"/", "tenant-" + std::to_string(i) + ".example.com", ""};
}
Shape mixed(std::uint32_t i) {
  return {"/v1/service-" + std::to_string(i % 10) + "/", "tenant-" + std::to_string(i / 20) + ".example.com", i % 20 < 10 ? "GET" : "POST"};
}

std::shared_ptr<const Snapshot> snapshot_of(std::uint32_t count, Shape (*shape)(std::uint32_t)) {
  config::Configuration configuration;
  for (std::uint32_t i = 0; i < count; ++i) {
    auto mapping = std::make_shared<model::Mapping>();
    const Shape conditions = shape(i);
    mapping->id = {"Mapping", "default", "mapping-" + std::to_string(i)};
    mapping->prefix = conditions.prefix;
    mapping->host = conditions.host;
    mapping->method = conditions.method;
    mapping->service.host = "service-" + std::to_string(i % 1000) + ".default";
    configuration.mappings.push_back(std::move(mapping));
  }
  return compile(std::move(configuration), 1);
}

// xorshift, so that no look-up can be foreseen
std::uint64_t next_random(std::uint64_t& state) {
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}

void look_up(benchmark::State& state, Shape (*shape)(std::uint32_t)) {
  const auto count = static_cast<std::uint32_t>(state.range(0));
  const auto snapshot = snapshot_of(count, shape);
  struct Asked {
    std::string path, host, method;
  };
  std::vector<Asked> asked(4096);  // the requests themselves stay in the cache, the routes do not
  std::uint64_t random = 88172645463325252;
  for (Asked& request : asked) {
    const Shape conditions = shape(static_cast<std::uint32_t>(next_random(random) % count));
    request = {conditions.prefix + "items/17", conditions.host.empty() ? "www.example.com" : conditions.host,
               conditions.method.empty() ? "GET" : conditions.method};
  }
  NoDraw draw;
  std::size_t i = 0;
  for (auto _ : state) {
    const Asked& request = asked[i++ % asked.size()];
    const Route* route = snapshot->routes->find({request.method, request.host, request.path, false}, draw);
    if (route == nullptr) state.SkipWithError("a request found no route");
    benchmark::DoNotOptimize(route);
  }
}

void look_up_by_prefix(benchmark::State& state) {
  look_up(state, by_prefix);
}
void look_up_by_host(benchmark::State& state) {
  look_up(state, by_host);
}
void look_up_mixed(benchmark::State& state) {
  look_up(state, mixed);
}
BENCHMARK(look_up_by_prefix)->Arg(1)->Arg(1000)->Arg(10000)->Arg(100000);
BENCHMARK(look_up_by_host)->Arg(1)->Arg(1000)->Arg(10000)->Arg(100000);
BENCHMARK(look_up_mixed)->Arg(1)->Arg(1000)->Arg(10000)->Arg(100000);

// every prefix of the path is a route, and all but the shortest want another method
void look_up_nested(benchmark::State& state) {
  config::Configuration configuration;
  std::string prefix = "/";
  for (int i = 0; i < state.range(0); ++i) {
    auto mapping = std::make_shared<model::Mapping>();
    mapping->prefix = prefix;
    mapping->method = i == 0 ? "" : "DELETE";
    configuration.mappings.push_back(std::move(mapping));
    prefix += "a/";
  }
  const auto snapshot = compile(std::move(configuration), 1);
  NoDraw draw;
  for (auto _ : state) benchmark::DoNotOptimize(snapshot->routes->find({"GET", "www.example.com", prefix, false}, draw));
}
BENCHMARK(look_up_nested)->Arg(4)->Arg(64);

void normalise(benchmark::State& state, std::string_view target) {
  char buffer[256];
  for (auto _ : state) {
    benchmark::DoNotOptimize(read_target(target, {}, [&](std::size_t) { return buffer; }));
  }
}
BENCHMARK_CAPTURE(normalise, short_path, "/api/v1/items/17");
BENCHMARK_CAPTURE(
    normalise, long_path,
    "/tenant-17/service/api/v2/namespaces/default/collections/items/0123456789abcdef.json?fields=name,place&order=name&page=3");
BENCHMARK_CAPTURE(normalise, dot_segments, "/tenant-17/service/./api/../v2/%7euser/collections/items/0123456789abcdef.json");

void rewrite_prefix(benchmark::State& state) {
  const auto snapshot = snapshot_of(1, by_prefix);
  const Route& route = *snapshot->routes->routes()[0];
  char buffer[256];
  for (auto _ : state) benchmark::DoNotOptimize(rewrite(route, "/tenant-0/service/items/17", "?page=3", buffer));
}
BENCHMARK(rewrite_prefix);

}  // namespace
}  // namespace nuncio::route
