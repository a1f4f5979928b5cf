// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "proxy/attempt.h"

#include <algorithm>
#include <array>

#include "http/fields.h"
#include "http/h1_client.h"
#include "http/h1_server.h"
#include "http/upgrade.h"

namespace nuncio::proxy {

namespace {

constexpr int kMostInterimAnswers = 32;
constexpr std::uint32_t kMostQueueMs = 300000;

Limit silence_of(const Exchange& x) {
  return Limit{static_cast<std::uint32_t>(x.route->idle_timeout_ms), CloseReason::upstream_idle};
}

bool is_idempotent(std::string_view method) {  // RFC 9110 §9.2.2
  constexpr std::array<std::string_view, 6> kMethods = {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"};
  return std::ranges::find(kMethods, method) != kMethods.end();
}

// How long a request may wait for a connection when its own time does not run yet: an upload, an upgrade.
std::uint32_t queue_limit_ms(const Exchange& x) {
  const auto idle_ms = static_cast<std::uint32_t>(x.route->idle_timeout_ms);
  return idle_ms > 0 ? idle_ms : kMostQueueMs;
}

void use_connection(Exchange& x, upstream::ConnectionPtr connection) {
  x.endpoint = x.arena.copy(connection->endpoint().text);
  x.attempt.emplace(x.arena, std::move(connection), silence_of(x));
  x.context.counters.upstream_attempts.add();
}

// The rest of the request's body, beside the wait for the answer.
Task<void> upload_rest(Exchange& x) {
  x.uploading = true;
  x.unwatch_client();
  for (;;) {
    const auto piece = co_await x.request_body.next();
    if (!piece) {
      x.cancel_all(piece.error());
      break;
    }
    const auto sent = co_await x.attempt->request.send(*piece, &x.request_trailers);
    if (!sent) {
      // the origin takes no more: it may have said why already, so the answer is still awaited
      x.attempt->request_failed = true;
      break;
    }
    if (piece->last) {
      x.request_sent();
      break;
    }
  }
  x.uploading = false;
  x.watch_client();
}

Task<Result<void>> pass_interim(Exchange& x) {
  ResponseHead& head = x.attempt->head;
  const bool repeated = head.status == 100 && x.continue_sent;
  if (x.request.minor_version == 0 || repeated) co_return Result<void>();
  remove_hop_by_hop(head.fields);
  const std::string_view bytes = response_head_bytes(head);
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  const std::span<iovec> parts(&part, 1);
  const Limit limit{x.context.timeouts.body_ms, CloseReason::client_stalled};
  co_return co_await x.client.stream.write(parts, limit);
}

Task<Result<void>> await_head(Exchange& x, Scope& upload) {
  Attempt& attempt = *x.attempt;
  for (int interim = 0; interim <= kMostInterimAnswers;) {
    attempt.head = ResponseHead(x.arena);
    const auto got = co_await read_response_head(attempt.connection->stream(), x.request.method, silence_of(x), attempt.head);
    const bool upload_is_alive = !got && got.error().reason == CloseReason::upstream_idle && !upload.idle();
    if (upload_is_alive) continue;  // bytes move the other way; the upload has limits of its own
    if (!got) co_return std::unexpected(got.error());
    if (attempt.head.status >= 200 || attempt.head.status == 101) co_return Result<void>();
    ++interim;
    const auto passed = co_await pass_interim(x);
    if (!passed) co_return std::unexpected(passed.error());
  }
  co_return failed(CloseReason::upstream_malformed, Side::upstream);
}

Result<void> check_switch(const Exchange& x) {
  if (x.attempt->head.status != 101) return {};
  if (!x.upgrade.empty() && upgrade_matches(x.request, x.upgrade, x.attempt->head)) return {};
  return failed(CloseReason::upstream_bad_upgrade, Side::upstream);
}

}  // namespace

Task<Result<void>> send_and_await_head(Exchange& x, Scope& upload, bool fresh) {
  if (x.first_piece_there && x.first_piece->last) x.request_sent();  // the client has said everything: its time runs
  if (x.attempt) x.attempt->connection.reset();                      // the failed one must not be waited for
  upstream::ConnectionPtr connection;
  if (!fresh) connection = x.cluster->take_idle();
  if (connection == nullptr) {
    upstream::Cluster::Want want{x.cancel, fresh, queue_limit_ms(x), nullptr};
    auto made = co_await x.cluster->acquire(want);
    if (!made && want.tried != nullptr) x.endpoint = x.arena.copy(want.tried->text);
    if (!made) co_return std::unexpected(made.error());
    connection = std::move(*made);
  }
  use_connection(x, std::move(connection));
  Attempt& attempt = *x.attempt;

  const Piece first = x.first_piece_there ? *x.first_piece : Piece{};
  const std::uint64_t out_before = attempt.connection->stream().bytes_out();
  attempt.request.start(x.request_bytes, x.request.framing);
  const auto sent = co_await attempt.request.send(first, &x.request_trailers);
  x.sent_us = monotonic_us();
  attempt.request_failed = !sent;
  if (!first.last && sent) upload.start(upload_rest(x));

  const auto got = co_await await_head(x, upload);
  if (x.cancel.error()) co_return std::unexpected(*x.cancel.error());
  if (!got) {
    Error error = got.error();
    if (!sent && attempt.connection->stream().bytes_out() == out_before) error.retry = Retry::yes;
    co_return std::unexpected(error);
  }
  x.upstream_us = monotonic_us() - x.sent_us;
  attempt.body.start(attempt.head.framing, attempt.head.content_length);
  co_return check_switch(x);
}

bool may_send_again(const Exchange& x, const Scope& upload, const Error& error) {
  const bool request_is_still_here = upload.idle() && x.first_piece_there && x.first_piece->last;
  if (!request_is_still_here || x.cancel.error() || !x.attempt || x.attempt->connection == nullptr) return false;
  if (error.retry == Retry::yes) return true;
  return error.retry == Retry::if_reused && x.attempt->connection->reused() && is_idempotent(x.request.method);
}

Error unfinished_request() {
  return Error{CloseReason::completed, Side::self, Retry::never, 0};
}

Task<void> stop_upload(Exchange& x, Scope& upload, Error error) {
  if (upload.idle()) co_return;
  if (!x.request_body.complete()) x.client.stream.cancel_read(error);
  if (x.attempt->connection != nullptr) x.attempt->connection->stream().cancel_write(error);
  x.attempt->request_failed = true;
  co_await upload.join();
}

Task<Result<void>> send_continue(Exchange& x) {
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  x.continue_sent = true;
  iovec part{const_cast<char*>(kContinue.data()), kContinue.size()};
  const std::span<iovec> parts(&part, 1);
  const Limit limit{x.context.timeouts.body_ms, CloseReason::client_stalled};
  co_return co_await x.client.stream.write(parts, limit);
}

}  // namespace nuncio::proxy
