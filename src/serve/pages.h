// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The pages that nuncio serves itself (spec: ambassador-ops.md 10.1): the probes, on every listener, and the metrics on the admin
// address. Alive means that this thread answers; ready, that the first complete configuration is on all workers and no shutdown has
// begun. Neither depends on an upstream or on what documents say.
//
// THREAD: find() on workers and on the control thread; the state is atomic.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "proxy/context.h"

namespace nuncio::serve {

class Readiness {
 public:
  explicit Readiness(std::size_t workers) : applied_(workers) {}
  // generation numbers begin with 1
  void applied(std::size_t worker, std::uint64_t generation) { applied_[worker].store(generation, std::memory_order_release); }
  void begin_drain() { draining_.store(true, std::memory_order_release); }
  bool ready() const;
  // every worker has this generation, or a later one
  bool everywhere(std::uint64_t generation) const;

 private:
  std::vector<std::atomic<std::uint64_t>> applied_;
  std::atomic<bool> draining_ = false;
};

class ProbePages final : public proxy::LocalPages {
 public:
  explicit ProbePages(const Readiness& readiness) : readiness_(readiness) {}
  std::optional<Page> find(const RequestHead& request) override;

 private:
  const Readiness& readiness_;
};

class AdminPages final : public proxy::LocalPages {
 public:
  AdminPages(ProbePages& probes, std::function<std::string()> metrics) : probes_(probes), metrics_(std::move(metrics)) {}
  std::optional<Page> find(const RequestHead& request) override;

 private:
  ProbePages& probes_;
  std::function<std::string()> metrics_;
};

}  // namespace nuncio::serve
