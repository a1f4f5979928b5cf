// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// One upstream as one worker sees it: the addresses of its name, a pool of idle connections, and the requests that wait for one. Lives
// across reloads, keyed by the text of all settings that influence a connection (ClusterSpec::key); the limits are shared with the
// other workers.
//
// Endpoints take turns, request by request; connections to an address that the name does not lead to any more are not used again.
// Acquiring (spec README "refused connect", "names", "503 or 504"): an idle connection of the endpoint whose turn it is; else a new one,
// within connect_timeout_ms altogether, once the limit allows it: wait for the name's first answer, then the addresses in turn, those that
// failed lately last. A refused connect goes on to the next address at once; when all have refused, again every 100 ms.
//
// THREAD: one worker's loop, but for the Breaker.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/intrusive_list.h"
#include "base/task.h"
#include "net/loop.h"
#include "nuncio/snapshot.h"
#include "observe/counters.h"
#include "upstream/connection.h"
#include "upstream/names.h"

namespace nuncio::upstream {

using ConnectionPtr = std::unique_ptr<Connection>;

class Cluster {
 public:
  // What a cluster needs of its worker; outlives it.
  struct Context {
    Loop& loop;
    observe::WorkerCounters& counters;
    std::function<void(const NameKey&)> name_failed;    // an address of this name did not work: ask again soon
    std::function<void(const std::string& key)> wants;  // a request waits here at the limit: others should let go of idle connections
    std::function<void(const std::string& key)> freed;  // a connection was closed here and nobody here waits: others may make one
  };

  Cluster(Context& context, const ClusterSpec& spec, Name* name, std::shared_ptr<Breaker> breaker);
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;
  ~Cluster();

  const ClusterSpec& spec() const { return spec_; }
  // The endpoint whose turn it is gives the most recently used of its idle connections, or nothing.
  ConnectionPtr take_idle();
  // What a request wants, and what it learns when it does not get it.
  struct Want {
    Cancel& cancel;
    bool fresh = false;               // never a pooled connection
    std::uint32_t queue_ms = 0;       // how long to wait at the cluster's limit at most
    std::shared_ptr<Endpoint> tried;  // the last address that a connection was tried to
  };
  // A connection that stands. REQUIRES: `want` outlives the task
  Task<Result<ConnectionPtr>> acquire(Want& want);
  // `connection` has served a request and may serve another.
  void give_back(ConnectionPtr connection);

  // Another worker waits at the limit: close an idle connection if there is one.
  void let_go_of_one();
  // A connection was closed somewhere: the first who waits here may try to make one.
  void connection_may_be_free();

  bool idle() const { return open_ == 0 && waiters_.empty(); }
  std::size_t open() const { return open_; }
  void close_idle();

 private:
  friend class Connection;
  friend class Permit;

  // A request that waits because the limit is reached: it gets a connection, or the right to make one (null).
  struct Waiter : ListHook {
    Signal<ConnectionPtr> signal;
  };
  Task<Result<ConnectionPtr>> connect(Want& want, std::uint64_t by_ms);
  Task<Result<ConnectionPtr>> try_addresses(Want& want, std::uint64_t by_ms, Permit& permit);
  Task<Result<ConnectionPtr>> connect_one(Cancel& cancel, std::shared_ptr<Endpoint> endpoint, std::uint32_t limit_ms, Permit& permit);
  Task<Result<void>> wait_for_addresses(Cancel& cancel, std::uint64_t by_ms);
  class Queued;

  Task<Result<ConnectionPtr>> acquire_in_turn(Want& want);
  Task<Result<ConnectionPtr>> wait_for_turn(Cancel& cancel, std::uint64_t by_ms, bool first);
  bool others_wait() const { return breaker_->pending() > own_pending_; }
  void refresh_endpoints();
  bool names_changed() const { return name_ != nullptr ? name_->answer() != known_ : known_ == nullptr; }
  Endpoint* next_endpoint();
  std::vector<std::shared_ptr<Endpoint>> endpoints_to_try();
  ConnectionPtr take_any_idle();
  ConnectionPtr take_from(Endpoint& endpoint);
  void drop(Connection& idle);
  void connection_opened();
  void connection_closed(Connection& connection);
  void count_bytes(Connection& connection);
  void permit_over();
  bool hand_over(ConnectionPtr& connection);

  Context& context_;
  ClusterSpec spec_;
  Name* name_;  // null: a literal address
  std::shared_ptr<Breaker> breaker_;
  NameAnswerPtr known_;  // what endpoints_ was made from
  std::vector<std::shared_ptr<Endpoint>> endpoints_;
  std::size_t next_endpoint_ = 0;  // whose turn it is
  List<Waiter> waiters_;
  std::size_t open_ = 0;
  std::uint32_t own_pending_ = 0;  // requests of this worker among those that wait
  std::size_t owed_ = 0;           // other workers wait at the limit, and asked while this one had nothing idle
};

}  // namespace nuncio::upstream
