// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "serve/worker.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/log.h"
#include "proxy/client.h"
#include "proxy/session.h"

namespace nuncio::serve {

namespace {

constexpr std::uint64_t kIdleCheckMs = 20;
constexpr std::uint64_t kReapMs = 10000;
constexpr std::uint64_t kPauseReportMs = 10000;

}  // namespace

Worker::Worker(std::size_t index, proxy::Timeouts timeouts, observe::AccessLog::Writer* log, proxy::LocalPages& probes, Outside outside)
    : index_(index),
      outside_(std::move(outside)),
      cluster_context_{loop_, counters_, outside_.name_failed, [this](const std::string& key) { outside_.wants(index_, key); },
                       [this](const std::string& key) { outside_.freed(index_, key); }},
      context_{loop_, counters_, log, timeouts, probes, nullptr, proxy::Generations(outside_.retire), {}, {}, {}, false},
      idle_check_(
          loop_.deadlines(), [](void* self) { static_cast<Worker*>(self)->check_idle(); }, this),
      reap_(
          loop_.deadlines(), [](void* self) { static_cast<Worker*>(self)->reap_clusters(); }, this) {}

Worker::~Worker() = default;

void Worker::start() {
  thread_ = std::thread([this] { loop_.run(); });
}

void Worker::join() {
  thread_.join();
}

void Worker::accepted(Fd connection, const Address& peer) {
  sessions_.start(proxy::serve_connection(context_, std::move(connection), peer));
}

void Worker::accepting_paused(int code) {
  counters_.accept_pauses.add();
  const std::uint64_t now = loop_.now_ms();
  if (now < pause_reported_ms_ + kPauseReportMs && pause_reported_ms_ != 0) return;
  pause_reported_ms_ = now;
  log::warning(
      "accepting pauses: {}; raise the limit of open files (ulimit -n, LimitNOFILE=); nuncio_accept_pauses_total counts the pauses",
      SocketError{"accept", code}.text());
}

bool Worker::take_place() {
  if (context_.all_clients == nullptr || context_.all_clients->fetch_add(1, std::memory_order_relaxed) < most_connections_) return true;
  give_place_back();
  counters_.accept_pauses.add();
  return false;
}

void Worker::give_place_back() {
  if (context_.all_clients != nullptr) context_.all_clients->fetch_sub(1, std::memory_order_relaxed);
}

void Worker::publish(std::shared_ptr<const Publication> publication) {
  loop_.post([this, publication = std::move(publication)] { apply(*publication); });
}

void Worker::apply(const Publication& publication) {
  auto generation = std::make_unique<proxy::Generation>();
  generation->snapshot = publication.snapshot;
  generation->binding = publication.binding;
  generation->counters = publication.binding->worker(index_);
  const auto& specs = publication.snapshot->clusters;
  for (std::size_t i = 0; i < specs.size(); ++i) generation->clusters.push_back(cluster_for(specs[i], publication.breakers[i]));
  const bool first = !context_.generations.any();
  context_.generations.publish(std::move(generation));
  if (first) open_listeners();
  reap_clusters();
  outside_.applied(index_, publication.snapshot->generation);
}

upstream::Cluster* Worker::cluster_for(const ClusterSpec& spec, const std::shared_ptr<upstream::Breaker>& breaker) {
  auto& cluster = clusters_[spec.key];
  if (cluster == nullptr) {
    upstream::Name* name = spec.names.empty() ? nullptr : &names_.entry(spec.names);
    cluster = std::make_unique<upstream::Cluster>(cluster_context_, spec, name, breaker);
  }
  return cluster.get();
}

// A cluster that no generation names loses its idle connections at once, and goes when its last connection is closed.
void Worker::reap_clusters() {
  std::set<const upstream::Cluster*> used;
  context_.generations.for_each(
      [&used](const proxy::Generation& generation) { used.insert(generation.clusters.begin(), generation.clusters.end()); });
  bool some_left = false;
  for (auto it = clusters_.begin(); it != clusters_.end();) {
    if (used.contains(it->second.get())) {
      ++it;
      continue;
    }
    it->second->close_idle();
    const bool gone = it->second->idle();
    some_left = some_left || !gone;
    it = gone ? clusters_.erase(it) : std::next(it);
  }
  if (some_left || context_.generations.held() > 1) reap_.set(loop_.now_ms() + kReapMs);
}

void Worker::open_listeners() {
  Listener::Owner& owner = *this;
  for (Fd& socket : sockets_) listeners_.push_back(std::make_unique<Listener>(loop_, std::move(socket), owner));
  sockets_.clear();
}

void Worker::set_name(const NameKey& key, NameAnswerPtr answer) {
  loop_.post([this, key, answer = std::move(answer)] {
    const bool used = std::ranges::any_of(clusters_, [&key](const auto& entry) { return entry.second->spec().names == key; });
    if (answer == nullptr && !used) return names_.forget(key);
    names_.set(key, answer);
  });
}

void Worker::let_go_of_one(const std::string& key) {
  loop_.post([this, key] {
    if (const auto it = clusters_.find(key); it != clusters_.end()) it->second->let_go_of_one();
  });
}

void Worker::connection_may_be_free(const std::string& key) {
  loop_.post([this, key] {
    if (const auto it = clusters_.find(key); it != clusters_.end()) it->second->connection_may_be_free();
  });
}

void Worker::begin_drain() {
  loop_.post([this] { context_.draining = true; });
}

void Worker::stop_accepting() {
  loop_.post([this] {
    for (auto& listener : listeners_) listener->close();
    sockets_.clear();
    proxy::drain_connections(context_);
  });
}

void Worker::stop_when_idle(std::uint32_t at_most_ms) {
  loop_.post([this, at_most_ms] {
    stop_by_ms_ = loop_.now_ms() + at_most_ms;
    check_idle();
  });
}

void Worker::check_idle() {
  proxy::drain_connections(context_);
  if (loop_.now_ms() >= stop_by_ms_) {
    // what is left has had its time: it is cut, and ends in this turn or the next
    const task::Batch batch;
    context_.clients.for_each([](proxy::Client& client) { client.cut(Error{CloseReason::drained, Side::client, Retry::never, 0}); });
  }
  if (sessions_.idle()) {
    for (auto& [key, cluster] : clusters_) cluster->close_idle();
    return loop_.stop();
  }
  idle_check_.set(loop_.now_ms() + kIdleCheckMs);
}

}  // namespace nuncio::serve
