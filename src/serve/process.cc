// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "serve/process.h"

#include <event2/event.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <vector>

#include "base/log.h"
#include "observe/prometheus.h"
#include "serve/admin.h"
#include "serve/builder.h"
#include "serve/directory_watch.h"
#include "serve/name_service.h"
#include "serve/pages.h"
#include "serve/sockets.h"
#include "serve/worker.h"

namespace nuncio::serve {

namespace {

constexpr std::uint32_t kMostDrainMs = 600000;  // spec README `--drain-seconds`
constexpr std::size_t kReservedDescriptors = 64;

std::int64_t unix_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

// Everything that runs, in the order in which it depends on each other. Lives on the control thread.
class Process {
 public:
  explicit Process(const Settings& settings);
  ~Process();
  // The error is a sentence for the user.
  std::expected<void, std::string> open();
  void run();

 private:
  void make_workers(observe::AccessLog& log);
  Worker::Outside outside();
  void make_builder();
  void watch_signals();
  void on_signal(int number);
  void begin_drain();
  void stop_accepting();
  std::string metrics() const;

  const Settings& settings_;
  Loop loop_;
  Readiness readiness_;
  ProbePages probes_;
  AdminPages pages_;
  observe::CounterRegistry mappings_;
  observe::ProcessCounters counters_;
  std::unique_ptr<observe::AccessLog> access_log_;
  std::atomic<std::size_t> clients_ = 0;  // connections of all workers
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<NameService> names_;
  std::unique_ptr<Builder> builder_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<DirectoryWatch> watch_;
  std::vector<EventPtr> signals_;
  Deadline drained_;
  bool draining_ = false;
  std::int64_t started_unix_ms_;
};

Process::Process(const Settings& settings)
    : settings_(settings),
      readiness_(settings.workers),
      probes_(readiness_),
      pages_(probes_, [this] { return metrics(); }),
      mappings_(settings.workers),
      drained_(
          loop_.deadlines(), [](void* self) { static_cast<Process*>(self)->stop_accepting(); }, this),
      started_unix_ms_(unix_ms()) {}

Process::~Process() = default;

std::expected<void, std::string> Process::open() {
  const std::size_t descriptors = raise_descriptor_limit();
  const std::string problem = Resolver::problem_of(settings_.resolv_conf);
  if (!problem.empty()) log::warning("{}; until then names are asked of 127.0.0.1", problem);
  auto log = observe::AccessLog::open({settings_.access_log, settings_.log_format, settings_.workers});
  if (!log) return std::unexpected(log.error());
  access_log_ = std::move(*log);
  make_workers(*access_log_);
  // a client that is served needs an upstream's descriptor as well
  const std::size_t reserved = std::min(kReservedDescriptors, descriptors / 4);
  const std::size_t by_limit = std::max<std::size_t>(1, (descriptors - reserved) / 2);
  const std::size_t most = settings_.max_connections > 0 ? settings_.max_connections : by_limit;
  for (auto& worker : workers_) worker->limit_connections(most, clients_);
  for (const Address& address : settings_.listen) {
    auto sockets = open_sockets(address, settings_.workers);
    if (!sockets) return std::unexpected(sockets.error());
    for (std::size_t i = 0; i < workers_.size(); ++i) workers_[i]->add_listener(std::move(sockets->per_worker[i]));
    log::info("listening on {}", sockets->bound.text());
  }
  if (settings_.admin) {
    auto sockets = open_sockets(*settings_.admin, 1);
    if (!sockets) return std::unexpected(sockets.error());
    admin_ = std::make_unique<Admin>(loop_, std::move(sockets->per_worker[0]), probes_, pages_);
    log::info("admin on {}", sockets->bound.text());
  }
  return {};
}

Worker::Outside Process::outside() {
  Worker::Outside outside;
  outside.retire = [this](std::unique_ptr<proxy::Generation> generation) { builder_->free_later(std::move(generation)); };
  outside.name_failed = [this](const NameKey& key) { loop_.post([this, key] { names_->refresh_soon(key); }); };
  outside.wants = [this](std::size_t from, const std::string& key) {
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      if (i != from) workers_[i]->let_go_of_one(key);
    }
  };
  outside.freed = [this](std::size_t from, const std::string& key) {
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      if (i != from) workers_[i]->connection_may_be_free(key);
    }
  };
  outside.applied = [this](std::size_t worker, std::uint64_t generation) { readiness_.applied(worker, generation); };
  return outside;
}

void Process::make_workers(observe::AccessLog& log) {
  const proxy::Timeouts timeouts{.head_ms = settings_.head_timeout_ms, .body_ms = settings_.body_timeout_ms};
  for (unsigned i = 0; i < settings_.workers; ++i) {
    workers_.push_back(std::make_unique<Worker>(i, timeouts, &log.writer(i), probes_, outside()));
  }
}

void Process::make_builder() {
  NameService::Settings names;
  names.resolver.resolv_conf = settings_.resolv_conf;
  names_ = std::make_unique<NameService>(loop_, names, [this](const NameKey& key, NameAnswerPtr answer) {
    for (auto& worker : workers_) worker->set_name(key, answer);
  });
  builder_ = std::make_unique<Builder>(settings_, mappings_, counters_, [this](std::shared_ptr<const Publication> publication) {
    std::vector<NameKey> keys;
    for (const ClusterSpec& cluster : publication->snapshot->clusters) {
      if (!cluster.names.empty()) keys.push_back(cluster.names);
    }
    loop_.post([this, keys = std::move(keys)] { names_->use(keys); });
    for (auto& worker : workers_) worker->publish(publication);
  });
}

void Process::watch_signals() {
  const auto on_event = [](evutil_socket_t number, short, void* self) { static_cast<Process*>(self)->on_signal(static_cast<int>(number)); };
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) {
    signals_.emplace_back(evsignal_new(loop_.base(), number, on_event, this));
    event_add(signals_.back().get(), nullptr);
  }
}

void Process::on_signal(int number) {
  if (number == SIGHUP) return builder_->request_load("SIGHUP");
  if (number == SIGUSR1) return access_log_->reopen();
  if (!draining_) return begin_drain();
  log::info("told to stop again: what is left is cut");
  if (drained_.at() != Deadline::kNever) {
    drained_.clear();
    stop_accepting();
  }
  for (auto& worker : workers_) worker->stop_when_idle(0);
}

// Not ready from now on, but connections are still accepted for a while: whoever sends them here has to notice first.
void Process::begin_drain() {
  draining_ = true;
  readiness_.begin_drain();
  if (settings_.drain_ms == 0) {
    log::info("stopping: no new connections; the exchanges that are under way may end");
  } else {
    log::info("draining: new connections are accepted for another {} s", settings_.drain_ms / 1000);
  }
  for (auto& worker : workers_) worker->begin_drain();
  drained_.set(loop_.now_ms() + settings_.drain_ms);
}

void Process::stop_accepting() {
  for (auto& worker : workers_) {
    worker->stop_accepting();
    worker->stop_when_idle(kMostDrainMs);
  }
  loop_.stop();
}

void Process::run() {
  ::signal(SIGPIPE, SIG_IGN);
  watch_signals();
  make_builder();
  for (auto& worker : workers_) worker->start();
  watch_ = std::make_unique<DirectoryWatch>(loop_, settings_.config_dir, [this] { builder_->request_load("changed"); });
  builder_->request_load("start");
  loop_.run();

  watch_.reset();
  // the workers end by themselves; until then the control thread goes on answering probes and signals
  std::thread waiter([this] {
    for (auto& worker : workers_) worker->join();
    loop_.post([this] { loop_.stop(); });
  });
  loop_.run();
  waiter.join();
  if (admin_ != nullptr) {
    admin_->close([this] { loop_.stop(); });
    loop_.run();
  }
  builder_.reset();
  admin_.reset();
  log::info("stopped");
}

std::string Process::metrics() const {
  observe::Scrape scrape;
  scrape.version = settings_.version;
  scrape.ambassador_id = settings_.load.ambassador_id;
  scrape.ns = settings_.load.ns;
  scrape.start_unix_ms = started_unix_ms_;
  scrape.now_unix_ms = unix_ms();
  scrape.ready = readiness_.ready();
  std::vector<const observe::WorkerCounters*> workers;
  for (const auto& worker : workers_) workers.push_back(&worker->counters());
  scrape.workers = workers;
  scrape.mappings = &mappings_;
  scrape.process = &counters_;
  scrape.log_lines_dropped = access_log_->dropped();
  return observe::prometheus_text(scrape);
}

}  // namespace

std::expected<void, std::string> run(const Settings& settings) {
  Process process(settings);
  if (auto opened = process.open(); !opened) return opened;
  process.run();
  return {};
}

}  // namespace nuncio::serve
