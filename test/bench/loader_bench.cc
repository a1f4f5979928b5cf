// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// What reading the configuration costs: one document, a directory of many files, one file of many documents, and reloads after one edit.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "config/load.h"
#include "config/read.h"

namespace nuncio::config {
namespace {

namespace fs = std::filesystem;

std::string mapping(std::int64_t i) {
  const std::string number = std::to_string(i);
  return "---\napiVersion: getambassador.io/v2\nkind: Mapping\nname: mapping-" + number + "\nprefix: /service-" + number +
         "/\nservice: service-" + number + ".default:8080\nrewrite: /\ntimeout_ms: 30000\n";
}

class Directory {
 public:
  Directory() {
    std::string pattern = (fs::temp_directory_path() / "nuncio-bench-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) throw std::runtime_error("no temporary directory");
    path_ = pattern;
  }
  ~Directory() { fs::remove_all(path_); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  void files(std::int64_t count) const {
    for (std::int64_t i = 0; i < count; ++i) std::ofstream(path_ / (std::to_string(i) + ".yaml")) << mapping(i);
  }
  void one_file(std::int64_t count, const std::string& before = {}) const {
    std::ofstream out(path_ / "all.yaml");
    out << before;
    for (std::int64_t i = 0; i < count; ++i) out << mapping(i);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

void loader_one_document(benchmark::State& state) {
  const std::string text = mapping(1);
  ReadContext context;
  Origin origin;
  origin.file = std::make_shared<const std::string>("a.yaml");
  for (auto _ : state) benchmark::DoNotOptimize(read_piece(text, origin, context));
}
BENCHMARK(loader_one_document);

void loader_many_files(benchmark::State& state) {
  const Directory directory;
  directory.files(state.range(0));
  for (auto _ : state) {
    Loader loader({});
    benchmark::DoNotOptimize(loader.load(directory.path()));
  }
}
BENCHMARK(loader_many_files)->Arg(1000)->Arg(10000)->Unit(benchmark::kMillisecond);

void loader_one_file(benchmark::State& state) {
  const Directory directory;
  directory.one_file(state.range(0));
  for (auto _ : state) {
    Loader loader({});
    benchmark::DoNotOptimize(loader.load(directory.path()));
  }
}
BENCHMARK(loader_one_file)->Arg(1000)->Arg(100000)->Unit(benchmark::kMillisecond);

void loader_reload_unchanged(benchmark::State& state) {
  const Directory directory;
  directory.files(state.range(0));
  Loader loader({});
  loader.load(directory.path());
  for (auto _ : state) benchmark::DoNotOptimize(loader.load(directory.path()));
}
BENCHMARK(loader_reload_unchanged)->Arg(10000)->Unit(benchmark::kMillisecond);

// every document of the file moves by some lines
void loader_reload_one_edit(benchmark::State& state) {
  const Directory directory;
  directory.one_file(state.range(0));
  Loader loader({});
  loader.load(directory.path());
  std::int64_t edits = 0;
  for (auto _ : state) {
    state.PauseTiming();
    ++edits;
    directory.one_file(state.range(0), mapping(state.range(0) + edits) + std::string(static_cast<std::size_t>(edits % 7), '\n'));
    state.ResumeTiming();
    benchmark::DoNotOptimize(loader.load(directory.path()));
  }
}
BENCHMARK(loader_reload_one_edit)->Arg(10000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace nuncio::config
