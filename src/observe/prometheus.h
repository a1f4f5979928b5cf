// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The metrics as Prometheus text (exposition format 0.0.4). Labels come from the configuration and from fixed tables only, never from a
// request, so that no client can make series. Names: `nuncio_…`; the few `ambassador_…` and `envoy_…` ones that dashboards of
// Ambassador read (spec: ambassador-ops.md 10.2) stand beside them.
//
// THREAD: any one that may read; everything is read relaxed, a scrape is not one instant.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "observe/counter_registry.h"
#include "observe/counters.h"

namespace nuncio::observe {

inline constexpr std::string_view kPrometheusContentType = "text/plain; version=0.0.4; charset=utf-8";

// Writes families and samples in the format's syntax. A family's samples follow its head directly.
class PrometheusText {
 public:
  using Label = std::pair<std::string_view, std::string_view>;

  void family(std::string_view name, std::string_view type, std::string_view help);
  void sample(std::span<const Label> labels, std::uint64_t value) { sample("", labels, value); }
  // `suffix` of the family's name: "_bucket", "_sum", "_count"
  void sample(std::string_view suffix, std::span<const Label> labels, std::uint64_t value);
  void sample_seconds(std::string_view suffix, std::span<const Label> labels, std::uint64_t microseconds);
  std::string take() { return std::move(text_); }

 private:
  void start(std::string_view suffix, std::span<const Label> labels);
  std::string text_;
  std::string name_;
};

struct Scrape {
  std::string_view version;
  std::string_view ambassador_id;
  std::string_view ns;
  std::int64_t start_unix_ms = 0;
  std::int64_t now_unix_ms = 0;
  bool ready = false;
  std::span<const WorkerCounters* const> workers;
  const CounterRegistry* mappings = nullptr;  // never null
  const ProcessCounters* process = nullptr;   // never null
  std::uint64_t log_lines_dropped = 0;        // AccessLog::dropped()
};

std::string prometheus_text(const Scrape& scrape);

}  // namespace nuncio::observe
