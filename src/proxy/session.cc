// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "proxy/session.h"

#include "proxy/client.h"
#include "proxy/exchange.h"

namespace nuncio::proxy {

namespace {

constexpr std::size_t kMostLingerBytes = 1024 * 1024;

// A new connection must begin a head as quickly as it must end one (spec README "slow clients").
Limit idle_limit(Client& client) {
  if (client.requests == 0) return Limit{client.context.timeouts.head_ms, CloseReason::head_timeout};
  const auto idle_ms = client.context.generations.current().snapshot->http.client_idle_timeout_ms;
  return Limit{static_cast<std::uint32_t>(idle_ms), CloseReason::drained};
}

// The answer is on its way, and the client may not have noticed yet: what it still sends is thrown away for a while, so that no reset
// overtakes the answer (RFC 9112 §9.6).
Task<void> linger(Client& client) {
  client.stream.forget_cancel();
  client.stream.finish_writing();
  const Limit limit{client.context.timeouts.linger_ms, CloseReason::client_closed};
  const std::uint64_t until = client.context.loop.now_ms() + client.context.timeouts.linger_ms;
  std::size_t thrown_away = client.stream.input().size();
  while (thrown_away < kMostLingerBytes && client.context.loop.now_ms() < until) {
    client.stream.consume(client.stream.input().size());
    const auto got = co_await client.stream.read(limit);
    if (!got || *got == 0) break;
    thrown_away += *got;
  }
}

}  // namespace

Task<void> serve_connection(Context& context, Fd connection, Address peer) {
  Client client(context, std::move(connection), peer);
  for (;;) {
    bool silent = false;
    if (client.stream.input().empty()) {
      const Limit limit = idle_limit(client);
      client.waiting = true;
      const auto got = co_await client.stream.read(limit);
      client.waiting = false;
      silent = !got && got.error().reason == CloseReason::head_timeout;
      if (!silent && (!got || *got == 0)) break;
    }
    client.head_by_ms = context.loop.now_ms() + (silent ? 0 : context.timeouts.head_ms);
    const Next next = co_await exchange(client);
    if (next == Next::close) break;
    if (context.draining && client.stream.input().empty()) break;
  }
  if (client.linger) co_await linger(client);
}

void drain_connections(Context& context) {
  const task::Batch batch;
  context.clients.for_each([](Client& client) {
    if (client.waiting) client.stream.cancel_read(Error{CloseReason::drained, Side::self, Retry::never, 0});
  });
}

}  // namespace nuncio::proxy
