// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "serve/pages.h"

#include <algorithm>

#include "observe/prometheus.h"

namespace nuncio::serve {

namespace {

constexpr std::string_view kIndex =
    "nuncio admin\n"
    "  /ambassador/v0/check_alive  200 while the process works\n"
    "  /ambassador/v0/check_ready  200 once the configuration is in force, 503 before and while shutting down\n"
    "  /metrics                    Prometheus text\n";

bool may_read(const RequestHead& request) {
  return request.method == "GET" || request.method == "HEAD";
}

proxy::LocalPages::Page text_page(int status, std::string_view text) {
  return {status, "text/plain; charset=utf-8", std::string(text)};
}

}  // namespace

bool Readiness::ready() const {
  return !draining_.load(std::memory_order_acquire) && everywhere(1);
}

bool Readiness::everywhere(std::uint64_t generation) const {
  return std::ranges::all_of(applied_, [generation](const auto& applied) { return applied.load(std::memory_order_acquire) >= generation; });
}

std::optional<proxy::LocalPages::Page> ProbePages::find(const RequestHead& request) {
  const bool alive = request.path == "/ambassador/v0/check_alive";
  if (!alive && request.path != "/ambassador/v0/check_ready") return std::nullopt;
  if (!may_read(request)) return text_page(405, "only GET and HEAD\n");
  if (alive) return text_page(200, "nuncio is alive\n");
  return readiness_.ready() ? text_page(200, "nuncio is ready\n") : text_page(503, "nuncio is not ready\n");
}

std::optional<proxy::LocalPages::Page> AdminPages::find(const RequestHead& request) {
  if (auto page = probes_.find(request)) return page;
  if (request.path != "/metrics" && request.path != "/") return std::nullopt;
  if (!may_read(request)) return text_page(405, "only GET and HEAD\n");
  if (request.path == "/") return text_page(200, kIndex);
  return Page{200, observe::kPrometheusContentType, metrics_()};
}

}  // namespace nuncio::serve
