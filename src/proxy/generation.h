// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// One snapshot as one worker holds it, with what the worker has looked up for it: its clusters and its counters, by index. An exchange
// pins the generation that it began with by a plain counter; a generation that is neither current nor pinned goes back to the builder,
// which frees it (architecture 3.1 rule 3).
//
// THREAD: one worker's loop.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "nuncio/snapshot.h"
#include "observe/counter_registry.h"

namespace nuncio::upstream {
class Cluster;
}

namespace nuncio::proxy {

struct Generation {
  std::shared_ptr<const Snapshot> snapshot;
  std::vector<upstream::Cluster*> clusters;  // over Route::cluster
  std::shared_ptr<const observe::CounterRegistry::Binding> binding;
  std::span<observe::RouteCounters* const> counters;  // over Route::index
  std::uint64_t pins = 0;
};

class Generations {
 public:
  // `retire` gets every generation that nobody needs any more, to be freed elsewhere.
  using Retire = std::function<void(std::unique_ptr<Generation>)>;
  explicit Generations(Retire retire) : retire_(std::move(retire)) {}

  bool any() const { return !held_.empty(); }
  Generation& current() { return *held_.back(); }
  void publish(std::unique_ptr<Generation> generation);
  void unpin(Generation& generation);
  // how many exchanges hold generations that are not current any more
  std::size_t held() const { return held_.size(); }
  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& generation : held_) visit(*generation);
  }

 private:
  void release_unused();
  std::list<std::unique_ptr<Generation>> held_;  // the current one last
  Retire retire_;
};

class Pin {
 public:
  explicit Pin(Generations& all) : all_(&all), generation_(&all.current()) { ++generation_->pins; }
  Pin(const Pin&) = delete;
  Pin& operator=(const Pin&) = delete;
  ~Pin() { release(); }

  const Generation& operator*() const { return *generation_; }
  const Generation* operator->() const { return generation_; }
  const Snapshot& snapshot() const { return *generation_->snapshot; }
  bool held() const { return generation_ != nullptr; }
  void release() {
    if (generation_ != nullptr) all_->unpin(*std::exchange(generation_, nullptr));
  }

 private:
  Generations* all_;
  Generation* generation_;
};

}  // namespace nuncio::proxy
