// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "proxy/request_fields.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "filter/fields.h"
#include "http/fields.h"
#include "http/h1_client.h"
#include "proxy/client_address.h"
#include "route/rewrite.h"

namespace nuncio::proxy {

namespace {

// Clients from outside may not steer the proxy (spec: ambassador-proxy.md 4.1 "external").
constexpr std::array<std::string_view, 11> kControlNames = {
    "x-envoy-retry-on",
    "x-envoy-retry-grpc-on",
    "x-envoy-max-retries",
    "x-envoy-upstream-rq-timeout-ms",
    "x-envoy-upstream-rq-per-try-timeout-ms",
    "x-envoy-upstream-rq-timeout-alt-response",
    "x-envoy-ip-tags",
    "x-envoy-decorator-operation",
    "x-envoy-force-trace",
    "x-envoy-retriable-status-codes",
    "x-envoy-hedge-on-per-try-timeout",
};

bool is_control_name(std::string_view name) {
  return equals_ignore_case(name, "x-envoy-retriable-header-names") ||
         std::ranges::any_of(kControlNames, [name](std::string_view control) { return equals_ignore_case(name, control); });
}

// What nuncio answers itself, writes anew, or does not believe
bool is_replaced(const Field& field, bool internal) {
  switch (field.id) {
    case FieldId::expect:
    case FieldId::x_request_id:
    case FieldId::x_envoy_internal:
    case FieldId::x_envoy_external_address:
    case FieldId::x_envoy_expected_rq_timeout_ms:
    case FieldId::x_envoy_original_path:
    case FieldId::x_forwarded_client_cert:
      return true;
    case FieldId::x_envoy_other:
      return !internal && is_control_name(field.name);
    default:
      return false;
  }
}

// All X-Forwarded-For fields become one, with the peer at its end.
void append_forwarded_for(Exchange& x) {
  FieldList& fields = x.request.fields;
  std::string_view all;
  for (const Field& field : fields.all()) {
    if (field.id != FieldId::x_forwarded_for || field.value.empty()) continue;
    all = all.empty() ? field.value : x.arena.concat({all, ", ", field.value});
  }
  if (x.pin.snapshot().http.use_remote_address && x.client.address != "unix") {
    all = all.empty() ? std::string_view(x.client.address) : x.arena.concat({all, ", ", x.client.address});
    fields.remove(FieldId::x_forwarded_for);
    fields.add("x-forwarded-for", all, FieldId::x_forwarded_for);
  }
  x.forwarded_for = all;
}

void set_forwarded_proto(Exchange& x) {
  const HttpSettings& settings = x.pin.snapshot().http;
  const bool believed = !settings.use_remote_address || settings.trusted_hops > 0;
  if (believed && x.request.fields.find(FieldId::x_forwarded_proto) != nullptr) return;
  x.request.fields.remove(FieldId::x_forwarded_proto);
  x.request.fields.add("x-forwarded-proto", "http", FieldId::x_forwarded_proto);
}

void set_host(Exchange& x) {
  FieldList& fields = x.request.fields;
  std::string_view host = x.route->host_rewrite;
  if (host.empty()) host = x.request.authority;
  if (host.empty()) host = x.arena.copy(x.cluster->spec().label);  // HTTP/1.0 without Host: 1.1 needs one
  for (Field& field : fields.all()) {
    if (field.id == FieldId::host) {
      field.value = host;
      return;
    }
  }
  fields.add("host", host, FieldId::host);
}

void add_own_fields(Exchange& x, bool internal) {
  FieldList& fields = x.request.fields;
  const HttpSettings& settings = x.pin.snapshot().http;
  append_forwarded_for(x);
  set_forwarded_proto(x);
  fields.add("x-request-id", x.request_id, FieldId::x_request_id);
  if (internal) {
    fields.add("x-envoy-internal", "true", FieldId::x_envoy_internal);
  } else if (const auto address = Address::literal(x.client_address, 0);
             address && settings.use_remote_address && !address->is_internal()) {
    fields.add("x-envoy-external-address", x.client_address, FieldId::x_envoy_external_address);
  }
  if (!x.route->timeout_text.empty() && !settings.suppress_envoy_headers) {
    fields.add("x-envoy-expected-rq-timeout-ms", x.route->timeout_text, FieldId::x_envoy_expected_rq_timeout_ms);
  }
  if (settings.via) fields.add("via", x.request.minor_version == 0 ? "1.0 nuncio" : "1.1 nuncio", FieldId::via);
}

Result<void> rewrite_target(Exchange& x) {
  const std::size_t bound = route::rewrite_bound(*x.route, x.request.path, x.request.query);
  const auto target = route::rewrite(*x.route, x.request.path, x.request.query, {x.arena.allocate(bound), bound});
  if (!target) return std::unexpected(target.error());
  if (target->sets_original_path && !x.pin.snapshot().http.suppress_envoy_headers) {
    const std::string_view original = x.request.query.empty() ? x.request.path : x.arena.concat({x.request.path, x.request.query});
    x.request.fields.add("x-envoy-original-path", original, FieldId::x_envoy_original_path);
  }
  x.request.path = target->target;
  x.request.query = {};
  return {};
}

void add_upgrade(Exchange& x) {
  if (x.upgrade.empty()) return;
  x.request.fields.add("connection", "upgrade", FieldId::connection);
  x.request.fields.add("upgrade", x.upgrade, FieldId::upgrade);
}

}  // namespace

Result<void> edit_request_fields(Exchange& x) {
  const bool internal = is_internal(x);
  remove_hop_by_hop(x.request.fields);
  x.request.fields.remove_if([internal](const Field& field) { return is_replaced(field, internal); });
  set_host(x);
  add_own_fields(x, internal);
  if (const auto rewritten = rewrite_target(x); !rewritten) return rewritten;
  filter::edit_fields(x.request.fields, x.route->request_fields());
  add_upgrade(x);
  x.request_bytes = request_head_bytes(x.request);
  return {};
}

}  // namespace nuncio::proxy
