// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "proxy/reply.h"

#include "base/text.h"
#include "http/status.h"
#include "proxy/response_fields.h"

namespace nuncio::proxy {

namespace {

// What a local answer says, before the fields that every answer has
struct LocalAnswer {
  int status = 200;
  std::string_view content_type;
  std::string_view body;
  bool may_keep = true;
};

// spec: ambassador-proxy.md 4.3; the numbers are those of gRPC
int grpc_status(int status) {
  switch (status) {
    case 400:
      return 13;
    case 401:
      return 16;
    case 403:
      return 7;
    case 404:
      return 12;
    case 429:
    case 502:
    case 503:
    case 504:
      return 14;
    default:
      return 2;
  }
}

bool is_grpc(const RequestHead& request) {
  const Field* type = request.fields.find(FieldId::content_type);
  if (type == nullptr || !starts_with_ignore_case(type->value, "application/grpc")) return false;
  const std::string_view rest = type->value.substr(16);
  return rest.empty() || rest.front() == '+' || rest.front() == ';';
}

void become_grpc(Exchange& x, LocalAnswer& answer, FieldList& fields) {
  fields.add("grpc-status", x.arena.copy(DecimalText(static_cast<std::uint64_t>(grpc_status(answer.status))).view()), FieldId::other);
  fields.add("grpc-message", answer.body.empty() ? status_phrase(answer.status) : answer.body, FieldId::other);
  answer.status = 200;
  answer.content_type = "application/grpc";
  answer.body = {};
}

void add_reason_fields(Exchange& x, FieldList& fields) {
  if (x.reason == CloseReason::pool_overflow && !x.pin.snapshot().http.suppress_envoy_headers) {
    fields.add("x-envoy-overloaded", "true", FieldId::x_envoy_other);
  }
  if (x.reason == CloseReason::http10_disabled) fields.add("upgrade", "HTTP/1.1", FieldId::upgrade);  // RFC 9110 §15.5.22
}

Task<Next> answer_locally(Exchange& x, LocalAnswer answer) {
  ResponseHead head(x.arena);
  if (x.reason != CloseReason::local_answer && is_grpc(x.request)) become_grpc(x, answer, head.fields);
  head.status = answer.status;
  head.reason = status_phrase(answer.status);
  if (!answer.content_type.empty()) head.fields.add("content-type", answer.content_type, FieldId::content_type);
  add_reason_fields(x, head.fields);
  head.fields.add("x-request-id", x.request_id, FieldId::x_request_id);
  add_common_response_fields(x, head.fields);
  head.framing = x.request.method == "HEAD" ? Framing::none : Framing::length;
  head.content_length = answer.body.size();
  if (head.framing == Framing::none)
    head.fields.add("content-length", x.arena.copy(DecimalText(answer.body.size()).view()), FieldId::content_length);
  const Next next = start_answer(x, head, answer.may_keep);
  const std::string_view body = answer.body;
  const Piece piece{std::span<const std::string_view>(&body, 1), body.size(), true};
  const auto sent = co_await x.answer.send(piece);
  if (!sent) {
    if (x.reason != CloseReason::drained) x.reason = sent.error().reason;
    x.status = 499;  // nobody got the answer
    x.client.broken = true;
    co_return Next::close;
  }
  co_return next;
}

// A body that was not read to its end would be taken for the next request. A short one that is there already is taken off.
bool request_was_read(Exchange& x) {
  if (x.request.framing == Framing::none) return true;
  if (!x.first_piece_there && !x.body_begun) {
    x.body_begun = true;
    x.request_body.start(x.request.framing, x.request.content_length);
    x.first_piece_there = x.request_body.poll(x.first_piece);
  }
  x.request_body.finish();
  return x.request_body.complete();
}

}  // namespace

Task<Next> refuse(Exchange& x, Error error) {
  x.reason = error.reason;
  const CloseReasonInfo& what = info(error.reason);
  x.status = what.status;
  const bool nobody_listens = what.status == 0 || what.status == 499;
  if (nobody_listens) {
    x.client.broken = true;
    x.seen = x.seen && !x.method.empty();
    co_return Next::close;
  }
  // without a route, or later, the request itself was understood
  const bool may_keep = x.admitted && what.status != 400 && request_was_read(x);
  if (!may_keep) x.client.linger = true;
  const LocalAnswer answer{what.status, what.sentence.empty() ? std::string_view() : "text/plain",
                           x.arena.concat({what.sentence, what.sentence.empty() ? "" : "\n"}), may_keep};
  co_return co_await answer_locally(x, answer);
}

Task<Next> refuse_instead(Exchange& x, Error error) {
  x.attempt->connection.reset();
  co_return co_await refuse(x, error);
}

Task<Next> answer_page(Exchange& x, const LocalPages::Page& page) {
  x.reason = CloseReason::local_answer;
  const bool may_keep = request_was_read(x);
  if (!may_keep) x.client.linger = true;
  const LocalAnswer answer{page.status, page.content_type, page.body, may_keep};
  co_return co_await answer_locally(x, answer);
}

}  // namespace nuncio::proxy
