// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Keeps the names of the configuration resolved: one entry per NameKey, whatever the number of clusters that use it (spec README
// "names"). An answer is asked anew when its TTL is over, within bounds. The last good answer outlives failures: an answer "no such
// name" or "no address" takes it away only after it has been repeated for `withdraw_after`, any other failure never. Candidates of a
// key are asked in order, the next one only when the servers say that the one before has no address (spec: ambassador 6.1).
//
// At rest, or without names, it neither asks nor wakes. Times are milliseconds.
// THREAD: everything belongs to the control thread's loop; workers come in by a post.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/intrusive_list.h"
#include "net/loop.h"
#include "net/name_answer.h"
#include "net/resolver.h"

namespace nuncio {

class NameService {
 public:
  struct Settings {
    Resolver::Settings resolver;
    Families families;
    std::uint32_t min_refresh = 5'000;
    std::uint32_t max_refresh = 300'000;
    std::uint32_t first_retry = 1'000;  // after the first failure
    std::uint32_t retry = 5'000;
    std::uint32_t withdraw_after = 60'000;
    std::uint32_t forget_after = 600'000;     // a name that no configuration uses
    std::uint32_t rediscover_after = 60'000;  // how long the candidate and suffix that worked are asked alone
    std::uint32_t refresh_soon_interval = 1'000;
    std::size_t lookups_in_flight = 32;      // of two queries each
    std::uint32_t lookups_per_second = 200;  // for all names together: with many names each is asked less often
  };
  // What is known about a name has changed; never from inside use() or refresh_soon(). nullptr: nobody has used it for so long that it
  // was forgotten.
  using Publish = std::move_only_function<void(const NameKey&, NameAnswerPtr)>;

  NameService(Loop& loop, Settings settings, Publish publish);
  NameService(const NameService&) = delete;
  NameService& operator=(const NameService&) = delete;
  ~NameService();

  // The names of the configuration that is in force from now on, in place of those before. Duplicates do not matter.
  void use(const std::vector<NameKey>& keys);
  // A connection to one of the addresses failed: they may be out of date. Asks at once, at most once per `refresh_soon_interval`.
  void refresh_soon(const NameKey& key);

  // for diagnostics
  struct Status {
    NameKey key;
    NameAnswerPtr answer;      // nullptr: not known yet
    std::uint64_t age_ms = 0;  // since the addresses were confirmed; 0 without an answer
    std::string_view problem;  // why the last try failed; empty when it did not
  };
  std::vector<Status> status();
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry;

  Entry& entry_of(const NameKey& key);
  void come_due(Entry& entry);
  void ask(Entry& entry);
  void ask_candidates(Entry& entry);
  void look_up(Entry& entry, std::string_view name);
  void answered(Entry& entry, LookupResult result);
  void found(Entry& entry, LookupResult result);
  void failed(Entry& entry, const LookupResult& result);
  void publish(Entry& entry, NameAnswer answer);
  void schedule(Entry& entry, std::uint64_t interval);

  Loop& loop_;
  Settings settings_;
  Publish publish_;
  std::map<NameKey, std::unique_ptr<Entry>> entries_;
  List<Entry> waiting_;  // for one of the look-ups in flight to end
  std::size_t in_flight_ = 0;
  std::uint64_t uses_ = 0;
  Resolver resolver_;
};

}  // namespace nuncio
