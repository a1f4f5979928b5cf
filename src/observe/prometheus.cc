// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "observe/prometheus.h"

#include <fmt/format.h>

#include <array>
#include <iterator>

#include "base/utf8.h"

namespace nuncio::observe {

namespace {

using Label = PrometheusText::Label;

constexpr std::array<std::string_view, kStatusClasses> kClassNames = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};

// Backslash, quote and line feed are escaped (the format knows no other escapes); what cannot stand in UTF-8 text or would disturb a
// terminal becomes U+FFFD.
void append_escaped(std::string& out, std::string_view value, bool quoted) {
  while (!value.empty()) {
    const std::size_t length = utf8_sequence(value);
    const char first = value.front();
    if (first == '\\' || (quoted && first == '"')) {
      out += '\\';
      out += first;
    } else if (first == '\n') {
      out += "\\n";
    } else if (length == 0 || is_unprintable(utf8_character(value.substr(0, length)))) {
      out += "\xef\xbf\xbd";
    } else {
      out += value.substr(0, length);
    }
    value.remove_prefix(length == 0 ? 1 : length);
  }
}

void append_seconds(std::string& out, std::uint64_t microseconds) {
  fmt::format_to(std::back_inserter(out), "{}.{:06}", microseconds / 1000000, microseconds % 1000000);
}

template <class Read>
std::uint64_t sum(const Scrape& scrape, Read read) {
  std::uint64_t total = 0;
  for (const WorkerCounters* worker : scrape.workers) total += read(*worker);
  return total;
}

void single(PrometheusText& text, std::string_view name, std::string_view type, std::string_view help, std::uint64_t value) {
  text.family(name, type, help);
  text.sample({}, value);
}

void write_workers(PrometheusText& text, const Scrape& scrape) {
#define NUNCIO_X(name, help) \
  single(text, "nuncio_" #name "_total", "counter", help, sum(scrape, [](const WorkerCounters& worker) { return worker.name.get(); }));
  NUNCIO_WORKER_COUNTERS(NUNCIO_X)
#undef NUNCIO_X
#define NUNCIO_X(name, help) \
  single(text, "nuncio_" #name, "gauge", help, sum(scrape, [](const WorkerCounters& worker) { return worker.name.get(); }));
  NUNCIO_WORKER_GAUGES(NUNCIO_X)
#undef NUNCIO_X
}

void write_requests(PrometheusText& text, const Scrape& scrape) {
  text.family("nuncio_requests_total", "counter", "Requests that ended, by class of the status that the client got");
  for (std::size_t i = 0; i < kStatusClasses; ++i) {
    const Label label{"code", kClassNames[i]};
    text.sample({&label, 1}, sum(scrape, [i](const WorkerCounters& worker) { return worker.requests[i].get(); }));
  }
  text.family("nuncio_requests_by_reason_total", "counter", "Requests that ended, by the reason word of the access log");
  for (std::size_t i = 0; i < kCloseReasonCount; ++i) {
    const Label label{"reason", kCloseReasons[i].word};
    text.sample({&label, 1}, sum(scrape, [i](const WorkerCounters& worker) { return worker.reasons[i].get(); }));
  }
}

void write_durations(PrometheusText& text, const Scrape& scrape) {
  text.family("nuncio_request_duration_seconds", "histogram", "Time from the first byte of a request to the end of its exchange");
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < Histogram::kBuckets; ++i) {
    below += sum(scrape, [i](const WorkerCounters& worker) { return worker.durations.bucket(i); });
    const bool last = i == Histogram::kBoundsUs.size();
    const std::string bound = last ? "+Inf" : fmt::format("{}", static_cast<double>(Histogram::kBoundsUs[i]) / 1e6);
    const Label label{"le", bound};
    text.sample("_bucket", {&label, 1}, below);
  }
  text.sample_seconds("_sum", {}, sum(scrape, [](const WorkerCounters& worker) { return worker.durations.sum_us(); }));
  text.sample("_count", {}, below);
}

// All classes of a Mapping appear with its first request; a Mapping without requests has no series, whatever their number.
void write_mappings(PrometheusText& text, const Scrape& scrape) {
  text.family("nuncio_mapping_requests_total", "counter", "Requests that a Mapping took, by class of the status that the client got");
  scrape.mappings->visit([&text](const model::Identity& identity, const CounterRegistry::Sums& sums) {
    std::uint64_t total = 0;
    for (const std::uint64_t value : sums) total += value;
    if (total == 0) return;
    for (std::size_t i = 0; i < kStatusClasses; ++i) {
      if (i == 0 && sums[i] == 0) continue;
      const Label labels[] = {{"namespace", identity.ns}, {"mapping", identity.name}, {"code", kClassNames[i]}};
      text.sample(labels, sums[i]);
    }
  });
}

void write_process(PrometheusText& text, const Scrape& scrape) {
  const ProcessCounters& process = *scrape.process;
  text.family("nuncio_reloads_total", "counter", "Reloads of the configuration, by outcome");
  const std::pair<std::string_view, const Counter*> outcomes[] = {
      {"applied", &process.reloads_applied}, {"unchanged", &process.reloads_unchanged}, {"failed", &process.reloads_failed}};
  for (const auto& [outcome, counter] : outcomes) {
    const Label label{"outcome", outcome};
    text.sample({&label, 1}, counter->get());
  }
  single(text, "nuncio_config_generation", "gauge", "Number of the configuration in force", process.generation.get());
  single(text, "nuncio_mappings", "gauge", "Mappings in force", process.mappings.get());
  text.family("nuncio_config_last_reload_seconds", "gauge", "How long the last load of the configuration took");
  text.sample_seconds("", {}, process.last_reload_us.get());
  text.family("nuncio_config_applied_time_seconds", "gauge", "When the configuration in force was applied, since 1970");
  text.sample_seconds("", {}, process.last_reload_unix_ms.get() * 1000);
  text.family("nuncio_diagnostics", "gauge", "Diagnostics of the configuration in force, by severity");
  const Label error{"severity", "error"};
  const Label notice{"severity", "notice"};
  text.sample({&error, 1}, process.diagnostics_errors.get());
  text.sample({&notice, 1}, process.diagnostics_notices.get());
  single(text, "nuncio_access_log_dropped_total", "counter", "Lines of the access log that were lost", scrape.log_lines_dropped);
  single(text, "nuncio_workers", "gauge", "Worker threads", scrape.workers.size());
  single(text, "nuncio_ready", "gauge", "1 when the readiness probe answers 200", scrape.ready ? 1 : 0);
}

// spec: ambassador-ops.md 10.2 Metrics
void write_ambassador(PrometheusText& text, const Scrape& scrape) {
  const auto start_us = static_cast<std::uint64_t>(scrape.start_unix_ms) * 1000;
  single(text, "ambassador_diagnostics_errors", "gauge", "Errors in the configuration", scrape.process->diagnostics_errors.get());
  single(text, "ambassador_diagnostics_notices", "gauge", "Notices about the configuration", scrape.process->diagnostics_notices.get());
  text.family("ambassador_diagnostics_info", "gauge", "What this process is");
  const Label labels[] = {{"version", scrape.version}, {"ambassador_id", scrape.ambassador_id}, {"namespace", scrape.ns}};
  text.sample(labels, 1);
  text.family("ambassador_process_start_time_seconds", "gauge", "When the process started, since 1970");
  text.sample_seconds("", {}, start_us);
}

void write_envoy(PrometheusText& text, const Scrape& scrape) {
  const Label prefix{"envoy_http_conn_manager_prefix", "ingress_http"};
  text.family("envoy_http_downstream_rq_total", "counter", "Requests");
  text.sample({&prefix, 1}, sum(scrape, [](const WorkerCounters& worker) {
                std::uint64_t total = 0;
                for (const Counter& counter : worker.requests) total += counter.get();
                return total;
              }));
  text.family("envoy_http_downstream_rq_xx", "counter", "Requests by status class");
  for (std::size_t i = 1; i < kStatusClasses; ++i) {
    const Label labels[] = {{"envoy_response_code_class", kClassNames[i].substr(0, 1)}, prefix};
    text.sample(labels, sum(scrape, [i](const WorkerCounters& worker) { return worker.requests[i].get(); }));
  }
  text.family("envoy_http_downstream_cx_active", "gauge", "Client connections open");
  text.sample({&prefix, 1}, sum(scrape, [](const WorkerCounters& worker) { return worker.connections_active.get(); }));
  const std::int64_t up_ms = scrape.now_unix_ms > scrape.start_unix_ms ? scrape.now_unix_ms - scrape.start_unix_ms : 0;
  single(text, "envoy_server_uptime", "gauge", "Seconds since the start", static_cast<std::uint64_t>(up_ms / 1000));
  single(text, "envoy_server_live", "gauge", "1 while the process serves", scrape.ready ? 1 : 0);
}

}  // namespace

void PrometheusText::family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  fmt::format_to(std::back_inserter(text_), "# HELP {} ", name);
  append_escaped(text_, help, false);
  fmt::format_to(std::back_inserter(text_), "\n# TYPE {} {}\n", name, type);
}

void PrometheusText::start(std::string_view suffix, std::span<const Label> labels) {
  text_ += name_;
  text_ += suffix;
  char before = '{';
  for (const auto& [label, value] : labels) {
    text_ += before;
    text_ += label;
    text_ += "=\"";
    append_escaped(text_, value, true);
    text_ += '"';
    before = ',';
  }
  text_ += labels.empty() ? " " : "} ";
}

void PrometheusText::sample(std::string_view suffix, std::span<const Label> labels, std::uint64_t value) {
  start(suffix, labels);
  fmt::format_to(std::back_inserter(text_), "{}\n", value);
}

void PrometheusText::sample_seconds(std::string_view suffix, std::span<const Label> labels, std::uint64_t microseconds) {
  start(suffix, labels);
  append_seconds(text_, microseconds);
  text_ += '\n';
}

std::string prometheus_text(const Scrape& scrape) {
  PrometheusText text;
  write_requests(text, scrape);
  write_durations(text, scrape);
  write_mappings(text, scrape);
  write_workers(text, scrape);
  write_process(text, scrape);
  write_ambassador(text, scrape);
  write_envoy(text, scrape);
  return text.take();
}

}  // namespace nuncio::observe
