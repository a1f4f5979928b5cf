// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "serve/builder.h"

#include <algorithm>
#include <chrono>
#include <set>

#include "base/log.h"
#include "config/left_out.h"
#include "route/compile.h"
#include "route/table.h"

namespace nuncio::serve {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kMostOthers = 10;

std::uint64_t unix_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

}  // namespace

Builder::Builder(const Settings& settings, observe::CounterRegistry& mappings, observe::ProcessCounters& counters, Publish publish)
    : settings_(settings), mappings_(mappings), counters_(counters), publish_(std::move(publish)), loader_(settings.load), thread_([this] {
        run();
      }) {}

Builder::~Builder() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Builder::request_load(std::string why) {
  {
    const std::lock_guard lock(mutex_);
    wanted_ = true;
    why_ = std::move(why);
  }
  wake_.notify_one();
}

void Builder::free_later(std::unique_ptr<proxy::Generation> generation) {
  {
    const std::lock_guard lock(mutex_);
    to_free_.push_back(std::move(generation));
  }
  wake_.notify_one();
}

void Builder::run() {
  for (;;) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return stopping_ || wanted_ || !to_free_.empty(); });
    if (stopping_) return;
    const bool wanted = std::exchange(wanted_, false);
    const std::string why = std::move(why_);
    const auto garbage = std::exchange(to_free_, {});
    lock.unlock();
    if (wanted) load(why);
  }
}

void Builder::load(const std::string& why) {
  const auto started = Clock::now();
  config::Configuration configuration = loader_.load(settings_.config_dir);
  if (!loader_.readable()) {
    counters_.reloads_failed.add();
    if (generation_ > 0) {
      log::error("{} cannot be read; the configuration before it stays in force", settings_.config_dir);
      return;
    }
    log::error("{} cannot be read; not ready before it can", settings_.config_dir);
  } else {
    ++generation_;
  }
  // generation 0 has no routes and does not count as ready: it serves the probes until the directory is there
  auto snapshot = route::compile(std::move(configuration), generation_);
  publish_(make_publication(snapshot));
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - started).count();
  counters_.reloads_applied.add();
  counters_.generation.set(generation_);
  counters_.diagnostics_errors.set(snapshot->diagnostics.errors());
  counters_.diagnostics_notices.set(snapshot->diagnostics.notices());
  counters_.mappings.set(snapshot->routes->routes().size());
  counters_.last_reload_us.set(static_cast<std::uint64_t>(took));
  counters_.last_reload_unix_ms.set(unix_ms());
  report(*snapshot, why, took / 1000);
}

std::shared_ptr<const Publication> Builder::make_publication(std::shared_ptr<const Snapshot> snapshot) {
  auto publication = std::make_shared<Publication>();
  std::vector<const model::Identity*> identities;
  for (const auto& route : snapshot->routes->routes()) identities.push_back(&route->id());
  publication->binding = mappings_.bind(identities);
  std::erase_if(breakers_, [](const auto& entry) { return entry.second.expired(); });
  for (const ClusterSpec& spec : snapshot->clusters) {
    std::shared_ptr<upstream::Breaker> breaker = breakers_[spec.key].lock();
    if (breaker == nullptr) breaker = std::make_shared<upstream::Breaker>();
    breakers_[spec.key] = breaker;
    publication->breakers.push_back(std::move(breaker));
  }
  publication->snapshot = std::move(snapshot);
  return publication;
}

// Every diagnostic is said when it appears, not at each reload.
void Builder::report(const Snapshot& snapshot, const std::string& why, std::int64_t took_ms) {
  std::vector<std::string> now;
  for (const Diagnostic& diagnostic : snapshot.diagnostics.entries()) {
    now.push_back(diagnostic.text());
    if (std::ranges::binary_search(reported_, now.back())) continue;
    log::write(diagnostic.severity == Severity::error ? log::Level::error : log::Level::info, now.back());
  }
  for (std::string& line : config::documents_for_others(snapshot.documents, settings_.load.ambassador_id, kMostOthers)) {
    if (!std::ranges::binary_search(reported_, line)) log::info("{}", line);
    now.push_back(std::move(line));
  }
  std::ranges::sort(now);
  reported_ = std::move(now);
  log::info("generation {} in force ({}): {} documents, {} routes, {} errors, {} notices, {} ms", snapshot.generation, why,
            snapshot.documents.size(), snapshot.routes->routes().size(), snapshot.diagnostics.errors(), snapshot.diagnostics.notices(),
            took_ms);
}

}  // namespace nuncio::serve
