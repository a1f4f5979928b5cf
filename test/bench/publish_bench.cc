// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// What a new generation costs the builder: compiling N documents that are already read into a snapshot, and freeing the one before.
// `bytes_per_route` is the heap that the snapshot holds besides the documents.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <cstdint>
#include <memory>
#include <string>

#include "config/load.h"
#include "route/compile.h"
#include "route/table.h"

namespace nuncio::route {
namespace {

config::Configuration documents(std::int64_t count) {
  config::Configuration configuration;
  const auto file = std::make_shared<const std::string>("routes.yaml");
  for (std::int64_t i = 0; i < count; ++i) {
    auto mapping = std::make_shared<model::Mapping>();
    mapping->id = {"Mapping", "default", "mapping-" + std::to_string(i)};
    mapping->place.file = file;
    mapping->place.line = static_cast<int>(i);
    mapping->prefix = "/tenant-" + std::to_string(i) + "/service/";
    mapping->service.host = "service-" + std::to_string(i % 1000) + ".default";
    mapping->service.names = {mapping->service.host};
    configuration.mappings.push_back(std::move(mapping));
  }
  return configuration;
}

void compile_snapshot(benchmark::State& state) {
  const config::Configuration configuration = documents(state.range(0));
  const std::size_t before = mallinfo2().uordblks;
  std::shared_ptr<const Snapshot> snapshot = compile(configuration, 0);
  const std::size_t held = mallinfo2().uordblks - before;
  std::uint64_t generation = 0;
  for (auto _ : state) snapshot = compile(configuration, ++generation);
  state.counters["bytes_per_route"] = static_cast<double>(held) / static_cast<double>(state.range(0));
}
BENCHMARK(compile_snapshot)->Arg(1)->Arg(1000)->Arg(10000)->Arg(100000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace nuncio::route
