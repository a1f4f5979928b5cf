// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// One thread that serves: its loop, its listeners, its sessions, its view of the configuration, its clusters with their pools. Nothing
// of it is touched by another thread but by a post (Loop::post); what others want of it are the public members marked THREAD: any.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "net/listener.h"
#include "net/loop.h"
#include "proxy/context.h"
#include "upstream/cluster.h"

namespace nuncio::serve {

// What every worker gets when a generation is published
struct Publication {
  std::shared_ptr<const Snapshot> snapshot;
  std::shared_ptr<const observe::CounterRegistry::Binding> binding;
  std::vector<std::shared_ptr<upstream::Breaker>> breakers;  // over Snapshot::clusters
};

class Worker final : private Listener::Owner {
 public:
  // What a worker needs of the process. Each may be called on the worker's thread; they post to where the work is done.
  struct Outside {
    std::function<void(std::unique_ptr<proxy::Generation>)> retire;
    std::function<void(const NameKey&)> name_failed;
    std::function<void(std::size_t worker, const std::string& key)> wants;
    std::function<void(std::size_t worker, const std::string& key)> freed;
    std::function<void(std::size_t worker, std::uint64_t generation)> applied;
  };

  Worker(std::size_t index, proxy::Timeouts timeouts, observe::AccessLog::Writer* log, proxy::LocalPages& probes, Outside outside);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Before start(): the sockets to accept on, and how many clients at most.
  void add_listener(Fd socket) { sockets_.push_back(std::move(socket)); }
  // `all` counts the connections of every worker.
  void limit_connections(std::size_t most, std::atomic<std::size_t>& all) {
    most_connections_ = most;
    context_.all_clients = &all;
  }
  void start();
  // Waits for the thread. REQUIRES: it was told to stop
  void join();

  // THREAD: any
  void publish(std::shared_ptr<const Publication> publication);
  void set_name(const NameKey& key, NameAnswerPtr answer);  // null: nobody has used the name for long
  void let_go_of_one(const std::string& key);
  void connection_may_be_free(const std::string& key);
  void begin_drain();     // answers say Connection: close from now on
  void stop_accepting();  // and idle connections are closed
  void stop_when_idle(std::uint32_t at_most_ms);
  const observe::WorkerCounters& counters() const { return counters_; }

 private:
  void accepted(Fd connection, const Address& peer) override;
  void accepting_paused(int code) override;
  bool take_place() override;
  void give_place_back() override;

  void apply(const Publication& publication);
  upstream::Cluster* cluster_for(const ClusterSpec& spec, const std::shared_ptr<upstream::Breaker>& breaker);
  void reap_clusters();
  void open_listeners();
  void check_idle();

  const std::size_t index_;
  Outside outside_;
  observe::WorkerCounters counters_;
  Loop loop_;
  upstream::Names names_;
  upstream::Cluster::Context cluster_context_;
  std::map<std::string, std::unique_ptr<upstream::Cluster>> clusters_;
  proxy::Context context_;
  Scope sessions_;
  std::vector<Fd> sockets_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::size_t most_connections_ = 0;
  std::uint64_t pause_reported_ms_ = 0;
  std::uint64_t stop_by_ms_ = Deadline::kNever;
  Deadline idle_check_;
  Deadline reap_;
  std::thread thread_;
};

}  // namespace nuncio::serve
