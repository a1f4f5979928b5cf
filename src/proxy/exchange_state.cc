// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include <time.h>

#include <algorithm>
#include <cerrno>

#include "proxy/exchange.h"

namespace nuncio::proxy {

std::int64_t monotonic_us() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1000000 + now.tv_nsec / 1000;
}

Attempt::Attempt(Arena& arena, upstream::ConnectionPtr made, Limit silence)
    : connection(std::move(made)),
      head(arena),
      trailers(arena),
      body(connection->stream(), trailers, silence),
      request(connection->stream(), silence) {}

Exchange::Exchange(Client& from)
    : client(from),
      context(from.context),
      pin(from.context.generations),
      arena(from.context.loop.chunks()),
      request(arena),
      request_trailers(arena),
      request_body(client.stream, request_trailers, Limit{context.timeouts.body_ms, CloseReason::body_timeout}),
      answer(client.stream, Limit{context.timeouts.body_ms, CloseReason::client_stalled}),
      client_address(client.address),
      started_us(monotonic_us()),
      deadline_(context.loop.deadlines(), &Exchange::deadline_passed, this) {
  context.counters.requests_active.up();
  client.exchange = this;
}

Exchange::~Exchange() {
  client.exchange = nullptr;
  client.stream.watch(nullptr);
  context.counters.requests_active.down();
  if (seen) log_line();
}

void Exchange::cancel_all(Error error) {
  const task::Batch batch;
  cancel.cancel(error);
  if (attempt && attempt->connection != nullptr) attempt->connection->stream().abort(error);
  if (uploading || error.side == Side::client) client.stream.cancel_read(error);
  const bool nobody_listens = error.reason == CloseReason::client_closed || error.reason == CloseReason::client_stalled;
  if (head_sent || nobody_listens) client.stream.cancel_write(error);
}

void Exchange::use_route(const route::Route& chosen) {
  route = &chosen;
  mapping = chosen.id().name;
  counters_ = pin->counters[chosen.index];
  cluster = pin->clusters[chosen.cluster];
  cluster_label = cluster->spec().label;
}

void Exchange::request_sent() {
  if (deadline_.at() != Deadline::kNever) return;  // an attempt before this one has begun it
  if (route->timeout_ms > 0 && upgrade.empty()) deadline_.set(context.loop.now_ms() + static_cast<std::uint64_t>(route->timeout_ms));
}

void Exchange::deadline_passed(void* self) {
  static_cast<Exchange*>(self)->cancel_all(Error{CloseReason::upstream_timeout, Side::upstream, Retry::never, 0});
}

void Exchange::watch_client() {
  client.stream.watch(this);
}

// Something came in, or the client is gone. A FIN is legal, more requests are legal; a reset ends the exchange.
void Exchange::stream_event() {
  if (client.stream.was_reset()) cancel_all(Error{CloseReason::client_closed, Side::client, Retry::never, ECONNRESET});
}

void Exchange::let_go_of_configuration() {
  mapping = arena.copy(mapping);
  cluster_label = arena.copy(cluster_label);
  counters_kept_ = pin->binding;
  route = nullptr;
  pin.release();
}

void Exchange::log_line() {
  const std::int64_t duration = monotonic_us() - started_us;
  context.counters.count(status, reason, duration, counters_);
  if (context.log == nullptr || !context.log->enabled()) return;
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  observe::AccessRecord record;
  record.start_ms = static_cast<std::int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1000000 - duration / 1000;
  record.client = client_address;
  record.method = method;
  record.host = host;
  record.path = target;
  record.protocol = request.minor_version == 0 ? "HTTP/1.0" : "HTTP/1.1";
  record.forwarded_for = forwarded_for;
  record.user_agent = user_agent;
  record.request_id = request_id;
  record.status = status;
  record.reason = reason;
  record.mapping = mapping;
  record.cluster = cluster_label;
  record.upstream = endpoint;
  record.bytes_received = request_body.content_bytes() + tunnel_in;
  record.bytes_sent = answer.content_bytes() + tunnel_out;
  record.duration_us = duration;
  record.upstream_us = upstream_us;
  context.log->write(record);
}

}  // namespace nuncio::proxy
