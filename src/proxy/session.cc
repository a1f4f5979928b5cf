// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "proxy/session.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "proxy/client.h"
#include "proxy/exchange.h"

namespace nuncio::proxy {

namespace {

constexpr std::size_t kMostLingerBytes = 1024 * 1024;
// Its last answer did not say that it was the last: a request that is on its way already is still served.
constexpr std::uint32_t kDrainGraceMs = 100;

// A new connection must begin a head as quickly as it must end one (spec README "slow clients").
Limit idle_limit(Client& client) {
  if (client.requests == 0) return Limit{client.context.timeouts.head_ms, CloseReason::head_timeout};
  client.last_chance = client.context.draining;
  if (client.last_chance) return Limit{kDrainGraceMs, CloseReason::drained};
  const auto idle_ms = client.context.generations.current().snapshot->http.client_idle_timeout_ms;
  return Limit{static_cast<std::uint32_t>(idle_ms), CloseReason::drained};
}

int unsent_bytes(const Stream& stream) {
  int bytes = 0;
  return ::ioctl(stream.fd(), SIOCOUTQ, &bytes) == 0 ? bytes : 0;
}

// The answer is on its way, and the client may not have noticed yet that it was the last: what it still sends is thrown away, so that
// no reset overtakes the answer (RFC 9112 §9.6). The time counts from when the answer has left.
Task<void> linger(Client& client) {
  client.stream.forget_cancel();
  client.stream.finish_writing();
  const Timeouts& timeouts = client.context.timeouts;
  const Limit limit{timeouts.linger_ms, CloseReason::drained};
  const std::uint64_t began = client.context.loop.now_ms();
  std::uint64_t until = began + timeouts.linger_ms;
  std::size_t thrown_away = client.stream.input().size();
  while (thrown_away < kMostLingerBytes && client.context.loop.now_ms() < until) {
    client.stream.consume(client.stream.input().size());
    const auto got = co_await client.stream.read(limit);
    const std::uint64_t now = client.context.loop.now_ms();
    const bool under_way = unsent_bytes(client.stream) > 0 && now < began + timeouts.body_ms;
    if (under_way) until = now + timeouts.linger_ms;
    if (got && *got == 0) break;
    if (!got && (got.error().reason != limit.reason || !under_way)) break;  // a dead connection fails for another reason
    if (got) thrown_away += *got;
  }
}

// A client that asked for the end, of which nothing more has come, and that has its answer, knows that it is over.
bool may_close_at_once(const Client& client, bool client_asked) {
  if (client.broken) return true;
  return client_asked && !client.linger && client.stream.input().empty() && !client.stream.may_have_input() &&
         unsent_bytes(client.stream) == 0;
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
    if (next != Next::keep) {
      const bool at_once = may_close_at_once(client, next == Next::close_as_asked);
      if (!at_once) co_await linger(client);
      break;
    }
  }
}

void drain_connections(Context& context) {
  const task::Batch batch;
  context.clients.for_each([](Client& client) {
    if (client.waiting && !client.last_chance && !client.stream.may_have_input())
      client.stream.cancel_read(Error{CloseReason::drained, Side::self, Retry::never, 0});
  });
}

}  // namespace nuncio::proxy
