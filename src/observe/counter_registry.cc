// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "observe/counter_registry.h"

#include <iterator>

namespace nuncio::observe {

namespace {

void add(CounterRegistry::Sums& sums, const CounterRegistry::Entry& entry) {
  for (const RouteCounters& block : entry.blocks) {
    for (std::size_t i = 0; i < kStatusClasses; ++i) sums[i] += block.requests[i].get();
  }
}

bool counted(const CounterRegistry::Sums& sums) {
  for (const std::uint64_t sum : sums) {
    if (sum != 0) return true;
  }
  return false;
}

}  // namespace

CounterRegistry::CounterRegistry(std::size_t workers, Limits limits)
    : workers_(workers), limits_(limits), other_(std::make_shared<Entry>(workers)) {}

std::shared_ptr<const CounterRegistry::Binding> CounterRegistry::bind(std::span<const model::Identity* const> identities,
                                                                      Clock::time_point now) {
  const auto binding = std::make_shared<Binding>();
  binding->pointers_.resize(workers_);
  for (auto& pointers : binding->pointers_) pointers.reserve(identities.size());
  binding->entries_.reserve(identities.size());

  const std::lock_guard lock(mutex_);
  reap(now);
  for (const model::Identity* identity : identities) {
    const std::shared_ptr<Entry>& entry = binding->entries_.emplace_back(entry_for(*identity, now));
    for (std::size_t i = 0; i < workers_; ++i) binding->pointers_[i].push_back(&entry->blocks[i]);
  }
  return binding;
}

std::shared_ptr<CounterRegistry::Entry> CounterRegistry::entry_for(const model::Identity& identity, Clock::time_point now) {
  const auto found = known_.find(identity);
  if (found != known_.end()) {
    found->second.last_bound = now;
    return found->second.entry;
  }
  if (known_.size() >= limits_.max_blocks) return other_;
  return known_.emplace(identity, Known{std::make_shared<Entry>(workers_), now}).first->second.entry;
}

// An entry that a Binding still holds counts as used now: its time begins when the last generation that knew it is gone.
void CounterRegistry::reap(Clock::time_point now) {
  for (auto it = known_.begin(); it != known_.end();) {
    Known& known = it->second;
    if (known.entry.use_count() > 1) known.last_bound = now;
    it = now - known.last_bound >= limits_.keep ? known_.erase(it) : std::next(it);
  }
}

void CounterRegistry::visit(const std::function<void(const model::Identity&, const Sums&)>& look) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [identity, known] : known_) {
    Sums sums{};
    add(sums, *known.entry);
    look(identity, sums);
  }
  Sums rest{};
  add(rest, *other_);
  if (counted(rest)) look(model::Identity{{}, {}, "other"}, rest);
}

}  // namespace nuncio::observe
