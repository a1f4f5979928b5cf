// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "proxy/exchange.h"

#include "http/h1_server.h"
#include "proxy/admission.h"
#include "proxy/attempt.h"
#include "proxy/relay.h"
#include "proxy/reply.h"
#include "proxy/request_fields.h"
#include "proxy/response_fields.h"
#include "proxy/tunnel.h"

namespace nuncio::proxy {

Task<Next> exchange(Client& client) {
  Exchange x(client);

  const HeadLimits limits = head_limits(x);
  const auto got = co_await read_request_head(client.stream, limits, client.head_by_ms, x.request);
  note_request(x);
  if (!got) co_return co_await refuse(x, got.error());

  const auto admitted = admit(x);
  if (!admitted) co_return co_await refuse(x, admitted.error());
  if (auto page = local_page(x)) co_return co_await answer_page(x, *page);

  const auto routed = choose_route(x);
  if (!routed) co_return co_await refuse(x, routed.error());

  const auto begun = begin_request_body(x);
  if (!begun) co_return co_await refuse(x, begun.error());
  const auto edited = edit_request_fields(x);
  if (!edited) co_return co_await refuse(x, edited.error());
  if (wants_continue(x)) {
    const auto told = co_await send_continue(x);
    if (!told) co_return co_await refuse(x, told.error());
  }

  x.watch_client();
  Scope upload;
  for (int attempts = 1;; ++attempts) {
    const auto answered = co_await send_and_await_head(x, upload, attempts > 1);
    if (answered) break;
    const bool again = attempts < kMostAttempts && may_send_again(x, upload, answered.error());
    if (again) continue;
    co_await stop_upload(x, upload, answered.error());
    co_return co_await refuse(x, answered.error());
  }
  if (x.attempt->head.status == 101) {
    co_await upload.join();
    co_return co_await tunnel(x);
  }

  const Next next = edit_response_fields(x, upload.idle() && x.request_body.complete());
  const auto relayed = co_await relay_answer(x);
  if (!relayed && !x.answer.started()) {
    x.head_sent = false;  // none of it has gone out
    co_await stop_upload(x, upload, relayed.error());
    co_return co_await refuse_instead(x, relayed.error());
  }
  x.reason = relayed ? CloseReason::completed : relayed.error().reason;
  if (!relayed) x.cancel_all(relayed.error());
  co_await stop_upload(x, upload, unfinished_request());
  co_return relayed ? finish(x, next) : cut(x, relayed.error());
}

}  // namespace nuncio::proxy
