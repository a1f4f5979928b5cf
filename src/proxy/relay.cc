// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "proxy/relay.h"

namespace nuncio::proxy {

namespace {

// The next piece; a limit that passed while the client was still sending begins anew.
Task<Result<Piece>> next_piece(Exchange& x) {
  for (;;) {
    const std::uint64_t before = x.client.stream.bytes_in();
    const auto piece = co_await x.attempt->body.next();
    const bool request_moved = !piece && piece.error().reason == CloseReason::upstream_idle && x.client.stream.bytes_in() > before;
    if (!request_moved || !x.uploading) co_return piece;
  }
}

}  // namespace

Task<Result<void>> relay_answer(Exchange& x) {
  BodySource& from = x.attempt->body;
  Result<Piece> piece;
  if (!from.poll(piece)) {
    const Piece nothing;
    const auto head_sent = co_await x.answer.send(nothing);
    if (!head_sent) co_return std::unexpected(head_sent.error());
    piece = co_await next_piece(x);
  }
  for (;;) {
    if (!piece) co_return std::unexpected(piece.error());
    const auto sent = co_await x.answer.send(*piece, &from.trailers());
    if (!sent) co_return std::unexpected(sent.error());
    if (piece->last) co_return Result<void>();
    if (!from.poll(piece)) piece = co_await next_piece(x);
  }
}

Next finish(Exchange& x, Next next) {
  Attempt& attempt = *x.attempt;
  attempt.body.finish();
  x.request_body.finish();
  const bool whole_request = x.request_body.complete() && attempt.request.finished() && !attempt.request_failed;
  Stream& upstream = attempt.connection->stream();
  const bool clean = upstream.input().empty() && !upstream.may_have_input();  // no byte too many (http-rules 20)
  if (whole_request && clean && attempt.head.keep_alive) x.cluster->give_back(std::move(attempt.connection));
  if (x.request_body.complete()) return next;
  x.client.linger = true;
  return Next::close;
}

Next cut(Exchange& x, Error error) {
  const bool ends_by_close = x.request.minor_version == 0;
  x.client.broken = true;
  if (error.side != Side::client && ends_by_close) x.client.stream.reset_on_close();
  return Next::close;
}

}  // namespace nuncio::proxy
