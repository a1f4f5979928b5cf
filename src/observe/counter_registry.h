// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Finds the counters of a Mapping by its identity, so that they survive reloads (architecture 3.1 rule 6). At a publish the builder binds
// the identities of the new table: every worker gets an array of plain pointers over Route::index, and the request path knows nothing
// else. A Binding keeps its blocks alive; a Mapping that is gone keeps its numbers for `keep` and is then reaped, so that a thousand
// reloads with new names do not grow the process. Above `max_blocks` Mappings, the rest share one block named "other".
//
// THREAD: bind and visit take a mutex and are called off the request path (builder, control thread); Binding is immutable. A Binding may
// be dropped on any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "nuncio/model.h"
#include "observe/counters.h"

namespace nuncio::observe {

class CounterRegistry {
 public:
  using Clock = std::chrono::steady_clock;
  struct Limits {
    std::size_t max_blocks = 20000;
    Clock::duration keep = std::chrono::minutes(10);
  };

  // The counters of one Mapping, one block per worker
  struct Entry {
    explicit Entry(std::size_t workers) : blocks(workers) {}
    std::vector<RouteCounters> blocks;
  };

  // What one generation of the table needs; lives as long as an exchange may use it
  class Binding {
   public:
    // pointers over Route::index for one worker
    std::span<RouteCounters* const> worker(std::size_t index) const { return pointers_[index]; }

   private:
    friend class CounterRegistry;
    std::vector<std::vector<RouteCounters*>> pointers_;
    std::vector<std::shared_ptr<Entry>> entries_;
  };

  explicit CounterRegistry(std::size_t workers) : CounterRegistry(workers, Limits()) {}
  CounterRegistry(std::size_t workers, Limits limits);

  // `identities[i]` is the Mapping of the route with index i; several routes may have the same.
  std::shared_ptr<const Binding> bind(std::span<const model::Identity* const> identities, Clock::time_point now = Clock::now());

  // Sums of every known Mapping by status class, in the order of identities; "other" (kind and ns empty) comes last, when it counts.
  using Sums = std::array<std::uint64_t, kStatusClasses>;
  void visit(const std::function<void(const model::Identity&, const Sums&)>& look) const;

 private:
  struct Known {
    std::shared_ptr<Entry> entry;
    Clock::time_point last_bound;
  };
  std::shared_ptr<Entry> entry_for(const model::Identity& identity, Clock::time_point now);
  void reap(Clock::time_point now);

  const std::size_t workers_;
  const Limits limits_;
  mutable std::mutex mutex_;
  std::map<model::Identity, Known> known_;
  std::shared_ptr<Entry> other_;
};

}  // namespace nuncio::observe
