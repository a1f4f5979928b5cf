// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// What the process counts (architecture 3.1 rules 6 and 8). A counter has one writing thread: an increment is a relaxed load, an addition
// and a relaxed store, never an atomic read-modify-write. The scraper reads relaxed and sums over the workers.
//
// Three places: WorkerCounters (one per worker), RouteCounters (one per worker and Mapping; see counter_registry.h) and ProcessCounters
// (one, written by the control thread). Units: bytes; times in microseconds.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "nuncio/close_reason.h"

namespace nuncio::observe {

inline constexpr std::size_t kCacheLine = 64;

class Counter {
 public:
  void add(std::uint64_t n = 1) { set(get() + n); }
  void set(std::uint64_t n) { value_.store(n, std::memory_order_relaxed); }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// goes up and down; never read below zero when its writer pairs the calls
class Gauge {
 public:
  void up() { value_.set(value_.get() + 1); }
  void down() { value_.set(value_.get() - 1); }
  void set(std::uint64_t n) { value_.set(n); }
  std::uint64_t get() const { return value_.get(); }

 private:
  Counter value_;
};

// Status classes; `none` when no status line was sent at all. 499 counts as 4xx.
inline constexpr std::size_t kStatusClasses = 6;
constexpr std::size_t status_class(int status) {
  return status >= 100 && status <= 599 ? static_cast<std::size_t>(status) / 100 : 0;
}

// Durations on a logarithmic scale. The bounds are those of Envoy's histograms up to ten minutes, so that dashboards keep working.
class Histogram {
 public:
  static constexpr std::array<std::int64_t, 17> kBoundsUs = {500,      1000,     5000,     10000,     25000,    50000,
                                                             100000,   250000,   500000,   1000000,   2500000,  5000000,
                                                             10000000, 30000000, 60000000, 300000000, 600000000};
  static constexpr std::size_t kBuckets = kBoundsUs.size() + 1;  // the last one has no bound

  void record(std::int64_t us) {
    std::size_t bucket = 0;
    while (bucket < kBoundsUs.size() && us > kBoundsUs[bucket]) ++bucket;
    buckets_[bucket].add();
    sum_us_.add(us > 0 ? static_cast<std::uint64_t>(us) : 0);
  }
  std::uint64_t bucket(std::size_t index) const { return buckets_[index].get(); }
  std::uint64_t sum_us() const { return sum_us_.get(); }

 private:
  std::array<Counter, kBuckets> buckets_;
  Counter sum_us_;
};

// One Mapping on one worker
struct alignas(kCacheLine) RouteCounters {
  std::array<Counter, kStatusClasses> requests;

  void count(int status) { requests[status_class(status)].add(); }
};

// X(name, help): counters of one worker that only grow
#define NUNCIO_WORKER_COUNTERS(X) \
  X(connections_accepted, "Client connections accepted") \
  X(connections_refused, "Client connections closed at once because a limit was reached") \
  X(accept_pauses, "Times that accepting paused because descriptors or memory ran out") \
  X(client_bytes_received, "Bytes read from clients") \
  X(client_bytes_sent, "Bytes written to clients") \
  X(upstream_connections_opened, "Connections made to upstreams") \
  X(upstream_connections_failed, "Connections to upstreams that could not be made") \
  X(upstream_connections_reused, "Requests sent on an upstream connection that had served before") \
  X(upstream_bytes_received, "Bytes read from upstreams") \
  X(upstream_bytes_sent, "Bytes written to upstreams") \
  X(upstream_attempts, "Requests sent to upstreams, repeated ones included") \
  X(tunnels_opened, "Upgraded connections (WebSocket) that became a tunnel")

// X(name, help): gauges of one worker
#define NUNCIO_WORKER_GAUGES(X) \
  X(connections_active, "Client connections open") \
  X(upstream_connections_active, "Connections to upstreams open") \
  X(requests_active, "Requests being served") \
  X(tunnels_active, "Tunnels open")

struct alignas(kCacheLine) WorkerCounters {
#define NUNCIO_X(name, help) Counter name;
  NUNCIO_WORKER_COUNTERS(NUNCIO_X)
#undef NUNCIO_X
#define NUNCIO_X(name, help) Gauge name;
  NUNCIO_WORKER_GAUGES(NUNCIO_X)
#undef NUNCIO_X
  std::array<Counter, kStatusClasses> requests;
  std::array<Counter, kCloseReasonCount> reasons;
  Histogram durations;

  // One request has ended. `route` is the block of its Mapping, or null when none took it.
  void count(int status, CloseReason reason, std::int64_t duration_us, RouteCounters* route) {
    requests[status_class(status)].add();
    reasons[static_cast<std::size_t>(reason)].add();
    durations.record(duration_us);
    if (route != nullptr) route->count(status);
  }
};

// Written by the control thread (or the builder, when only the builder writes them)
struct ProcessCounters {
  Counter reloads_applied;    // a new snapshot was published
  Counter reloads_unchanged;  // read, but nothing had changed
  Counter reloads_failed;     // the directory could not be read
  Gauge generation;           // of the snapshot in force
  Gauge diagnostics_errors;   // of the snapshot in force
  Gauge diagnostics_notices;
  Gauge mappings;             // in force
  Gauge last_reload_us;       // how long the last load took
  Gauge last_reload_unix_ms;  // when it was applied
};

}  // namespace nuncio::observe
