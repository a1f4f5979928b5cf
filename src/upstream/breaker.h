// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The limits of one cluster, exact for the whole process (spec: ambassador-proxy.md 8.4): how many connections may be open, how many
// requests may wait for one. Sequentially consistent: whoever begins to wait and whoever frees a place must not both miss the other.
// Shared by all workers; touched when a connection is made or closed and when a request has to wait, never
// by a request that finds an idle connection (architecture 3.1 rule 2).
#pragma once

#include <atomic>
#include <cstdint>

namespace nuncio::upstream {

class Breaker {
 public:
  bool try_connection(std::uint32_t limit) { return try_take(connections_, limit); }
  void connection_closed() { connections_.fetch_sub(1); }
  bool try_pending(std::uint32_t limit) { return try_take(pending_, limit); }
  void pending_over() { pending_.fetch_sub(1); }
  // how many requests wait, on all workers
  std::uint32_t pending() const { return pending_.load(); }

 private:
  static bool try_take(std::atomic<std::uint32_t>& count, std::uint32_t limit) {
    std::uint32_t now = count.load();
    while (now < limit) {
      if (count.compare_exchange_weak(now, now + 1)) return true;
    }
    return false;
  }

  std::atomic<std::uint32_t> connections_{0};
  std::atomic<std::uint32_t> pending_{0};
};

}  // namespace nuncio::upstream
