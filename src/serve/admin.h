// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The admin address: our own server on the control thread, with its own pages and no routes.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/task.h"
#include "net/listener.h"
#include "proxy/context.h"

namespace nuncio::serve {

class Admin final : private Listener::Owner {
 public:
  Admin(Loop& loop, Fd socket, proxy::LocalPages& probes, proxy::LocalPages& pages);
  ~Admin();
  Admin(const Admin&) = delete;
  Admin& operator=(const Admin&) = delete;

  // Ends every connection, then calls `closed` from the loop.
  void close(std::function<void()> closed);

 private:
  void accepted(Fd connection, const Address& peer) override;
  void accepting_paused(int code) override;
  bool take_place() override { return sessions_.running() < kMostConnections; }
  void give_place_back() override {}

  static constexpr std::size_t kMostConnections = 256;
  observe::WorkerCounters counters_;  // not part of the metrics: those are about traffic
  proxy::Context context_;
  Task<void> report_end(std::function<void()> closed);

  Scope sessions_;
  Scope ending_;
  Listener listener_;
};

}  // namespace nuncio::serve
