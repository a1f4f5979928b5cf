// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "serve/admin.h"

#include "base/log.h"
#include "proxy/client.h"
#include "proxy/session.h"
#include "route/table.h"

namespace nuncio::serve {

namespace {

constexpr int kIdleMs = 60000;

// The protocol code needs a configuration to work with; this one has no routes.
std::unique_ptr<proxy::Generation> empty_generation() {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->routes = std::make_shared<route::Table>();
  snapshot->http.client_idle_timeout_ms = kIdleMs;
  auto generation = std::make_unique<proxy::Generation>();
  generation->snapshot = std::move(snapshot);
  return generation;
}

}  // namespace

Admin::Admin(Loop& loop, Fd socket, proxy::LocalPages& probes, proxy::LocalPages& pages)
    : context_{loop, counters_, nullptr, {},   probes, &pages, proxy::Generations([](std::unique_ptr<proxy::Generation>) {}),
               {},   {},        {},      false},
      listener_(loop, std::move(socket), *this) {
  context_.generations.publish(empty_generation());
}

Admin::~Admin() = default;

void Admin::accepted(Fd connection, const Address& peer) {
  sessions_.start(proxy::serve_connection(context_, std::move(connection), peer));
}

void Admin::accepting_paused(int code) {
  log::warning("the admin address pauses accepting: {}", SocketError{"accept", code}.text());
}

void Admin::close(std::function<void()> closed) {
  listener_.close();
  context_.draining = true;
  const task::Batch batch;
  context_.clients.for_each([](proxy::Client& client) { client.cut(Error{CloseReason::drained, Side::client, Retry::never, 0}); });
  ending_.start(report_end(std::move(closed)));
}

Task<void> Admin::report_end(std::function<void()> closed) {
  co_await sessions_.join();
  context_.loop.post(std::move(closed));
}

}  // namespace nuncio::serve
