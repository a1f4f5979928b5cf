// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The builder thread: reads the directory, compiles a snapshot and publishes it to the workers; frees the generations that nobody
// needs any more. So neither the control thread nor a worker ever waits for configuration.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "config/load.h"
#include "observe/counter_registry.h"
#include "proxy/generation.h"
#include "serve/settings.h"
#include "serve/worker.h"

namespace nuncio::serve {

class Builder {
 public:
  // `publish` is called on the builder thread for every new generation, before the workers have it.
  using Publish = std::function<void(std::shared_ptr<const Publication>)>;

  Builder(const Settings& settings, observe::CounterRegistry& mappings, observe::ProcessCounters& counters, Publish publish);
  ~Builder();
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  // THREAD: any
  void request_load(std::string why);
  void free_later(std::unique_ptr<proxy::Generation> generation);

 private:
  void run();
  void load(const std::string& why);
  std::shared_ptr<const Publication> make_publication(std::shared_ptr<const Snapshot> snapshot);
  void report(const Snapshot& snapshot, const std::string& why, std::int64_t took_ms);

  const Settings& settings_;
  observe::CounterRegistry& mappings_;
  observe::ProcessCounters& counters_;
  Publish publish_;
  config::Loader loader_;
  std::uint64_t generation_ = 0;
  std::map<std::string, std::weak_ptr<upstream::Breaker>> breakers_;
  std::vector<std::string> reported_;  // diagnostics of the generation before, so that each is logged once

  std::mutex mutex_;
  std::condition_variable wake_;
  std::string why_;
  bool wanted_ = false;
  bool stopping_ = false;
  std::vector<std::unique_ptr<proxy::Generation>> to_free_;
  std::thread thread_;
};

}  // namespace nuncio::serve
