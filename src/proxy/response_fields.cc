// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "proxy/response_fields.h"

#include <ctime>

#include "base/text.h"
#include "filter/fields.h"
#include "http/fields.h"
#include "http/h1_server.h"

namespace nuncio::proxy {

namespace {

bool is_for_the_proxy_only(const Field& field) {
  if (field.id == FieldId::x_envoy_upstream_service_time) return true;
  return field.id == FieldId::x_envoy_other && (equals_ignore_case(field.name, "x-envoy-immediate-health-check-fail") ||
                                                equals_ignore_case(field.name, "x-envoy-decorator-operation"));
}

// The body's end must be known to this client: by a length, by chunks, or, for HTTP/1.0, by the end of the connection.
Framing framing_for_client(const Exchange& x, const ResponseHead& head) {
  if (head.framing == Framing::none || head.framing == Framing::length) return head.framing;
  return x.request.minor_version > 0 ? Framing::chunked : Framing::until_close;
}

}  // namespace

void add_common_response_fields(Exchange& x, FieldList& fields) {
  const HttpSettings& settings = x.pin.snapshot().http;
  if (!settings.server_name.empty()) {
    fields.remove(FieldId::server);
    fields.add("server", settings.server_name, FieldId::server);
  }
  if (fields.find(FieldId::date) == nullptr) fields.add("date", x.arena.copy(x.context.date.at(std::time(nullptr))), FieldId::date);
  if (x.route != nullptr) filter::edit_fields(fields, x.route->response_fields());
}

Next start_answer(Exchange& x, ResponseHead& head, bool may_keep) {
  head.framing = framing_for_client(x, head);
  const bool keep = may_keep && x.request.keep_alive && head.framing != Framing::until_close && !x.context.draining;
  if (!keep) {
    head.fields.add("connection", "close", FieldId::connection);
  } else if (x.request.minor_version == 0) {
    head.fields.add("connection", "keep-alive", FieldId::connection);
  }
  x.status = head.status;
  x.head_sent = true;
  x.answer.start(response_head_bytes(head), head.framing);
  if (keep) return Next::keep;
  return x.request.keep_alive ? Next::close : Next::close_as_asked;
}

Next edit_response_fields(Exchange& x, bool request_done) {
  ResponseHead& head = x.attempt->head;
  remove_hop_by_hop(head.fields);
  head.fields.remove_if(is_for_the_proxy_only);
  if (!x.pin.snapshot().http.suppress_envoy_headers) {
    const std::uint64_t waited_ms = static_cast<std::uint64_t>(x.upstream_us > 0 ? x.upstream_us : 0) / 1000;
    head.fields.add("x-envoy-upstream-service-time", x.arena.copy(DecimalText(waited_ms).view()), FieldId::x_envoy_upstream_service_time);
  }
  add_common_response_fields(x, head.fields);
  return start_answer(x, head, request_done);
}

}  // namespace nuncio::proxy
