// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// What one line of the access log costs its worker: with the ring (Writer::write) and without (the making alone).
#include <benchmark/benchmark.h>

#include <chrono>
#include <thread>
#include <vector>

#include "observe/access_line.h"
#include "observe/access_log.h"
#include "observe/counters.h"

namespace {

using namespace nuncio;
using namespace nuncio::observe;

AccessRecord typical() {
  AccessRecord record;
  record.start_ms = 1767225599007;
  record.client = "203.0.113.77";
  record.method = "GET";
  record.host = "www.example.org";
  record.path = "/api/v1/items/12345?expand=owner&limit=50";
  record.protocol = "HTTP/1.1";
  record.forwarded_for = "203.0.113.77";
  record.user_agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
  record.request_id = "4c6e8a1e-3f0b-4c1c-9f55-0d6b1a2c3d4e";
  record.status = 200;
  record.mapping = "default/items";
  record.cluster = "items.default:8080";
  record.upstream = "10.42.3.17:8080";
  record.bytes_sent = 18342;
  record.duration_us = 3456;
  record.upstream_us = 3111;
  return record;
}

template <class Write>
void make_line(benchmark::State& state, Write write) {
  AccessRecord record = typical();
  std::vector<char> memory(access_line_bound(record));
  TimestampCache timestamps;
  for (auto _ : state) {
    ++record.start_ms;
    benchmark::DoNotOptimize(write(memory.data(), record, timestamps));
  }
}

void text_line(benchmark::State& state) {
  make_line(state, write_text_line);
}
void json_line(benchmark::State& state) {
  make_line(state, write_json_line);
}
BENCHMARK(text_line);
BENCHMARK(json_line);

// The log thread runs beside, as in the server. After each batch it gets the time to empty the ring: a dropped line would be a cheap one.
void write_line(benchmark::State& state, log::Format format) {
  constexpr int kBatch = 1000;
  const auto log = AccessLog::open({.target = "/dev/null", .format = format});
  if (!log) return state.SkipWithError(log.error().c_str());
  AccessRecord record = typical();
  AccessLog::Writer& writer = (*log)->writer(0);
  int left = kBatch;
  for (auto _ : state) {
    ++record.start_ms;
    writer.write(record);
    if (--left > 0) continue;
    state.PauseTiming();
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    left = kBatch;
    state.ResumeTiming();
  }
  state.counters["dropped"] = static_cast<double>((*log)->dropped());
}

void write_text(benchmark::State& state) {
  write_line(state, log::Format::text);
}
void write_json(benchmark::State& state) {
  write_line(state, log::Format::json);
}
BENCHMARK(write_text)->Iterations(20000);
BENCHMARK(write_json)->Iterations(20000);

void count_request(benchmark::State& state) {
  WorkerCounters worker;
  RouteCounters route;
  for (auto _ : state) {
    worker.count(200, CloseReason::completed, 3456, &route);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(count_request);

}  // namespace
