// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The documents as plain structs, after reading and checking: every value has its type, every range holds, service names are parsed and
// qualified. An absent field is an empty optional; defaults of the Module are applied by the route compiler, not here.
// Units: every *_ms is milliseconds. Meaning of each field: spec ambassador-mapping.md, ambassador-module.md; the sentences that users
// read stand in the schema table (src/config/schema).
//
// THREAD: made on the builder thread; const, and shared between generations of the configuration, afterwards.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nuncio/place.h"

namespace nuncio::model {

struct Identity {
  std::string kind;
  std::string ns;
  std::string name;

  // "Mapping web" in the proxy's own namespace, "Mapping web (shop)" elsewhere is the caller's choice; this is "Mapping shop/web"
  std::string text() const { return kind + " " + ns + "/" + name; }
  auto operator<=>(const Identity&) const = default;
};

// `service` (spec: ambassador.md 6): [scheme://]host[:port]
struct Service {
  std::string text;                // as written
  std::string host;                // DNS name, or literal address without brackets; lower case
  std::vector<std::string> names;  // names to ask the resolver for, in order: qualified with the namespace first; empty for a literal
  std::uint16_t port = 80;
  bool literal = false;            // host is an IPv4 or IPv6 address
  bool tls = false;                // https:// or `tls`
  std::string tls_context;         // of `tls: NAME`
  bool usable = true;              // false: this version cannot speak to it (TLS, gRPC, a resolver); the route answers 503
};

// A field to set (add_request_headers and its sibling)
struct FieldValue {
  std::string name;
  std::string value;
  bool append = true;  // false: replaces what is there
};

struct CircuitBreaker {
  std::uint32_t max_connections = 1024;
  std::uint32_t max_pending_requests = 1024;
};

struct Mapping {
  Identity id;
  Place place;

  std::string prefix;
  bool case_sensitive = true;
  std::string method;  // empty: any
  std::string host;    // exact, lower case, may end in ":port"; empty: any
  int precedence = 0;
  std::optional<int> weight;  // percent

  Service service;
  std::optional<std::string> rewrite;  // absent: "/"; empty: the path stays
  std::string host_rewrite;
  bool auto_host_rewrite = false;
  std::vector<std::string> allow_upgrade;  // lower case; use_websocket adds "websocket"

  std::optional<std::vector<FieldValue>> add_request_headers;
  std::optional<std::vector<FieldValue>> add_response_headers;
  std::optional<std::vector<std::string>> remove_request_headers;  // lower case
  std::optional<std::vector<std::string>> remove_response_headers;

  std::optional<int> timeout_ms;
  std::optional<int> idle_timeout_ms;
  std::optional<int> connect_timeout_ms;
  std::optional<int> cluster_idle_timeout_ms;
  std::optional<CircuitBreaker> circuit_breaker;

  bool bypass_auth = false;

  // A field that decides who may be served, and that this build does not serve yet: the route answers with `not_protected` (500)
  // instead of letting everybody in. Empty: nothing of the kind.
  std::string unserved_policy;
};

enum class UnderscoreAction : std::uint8_t { allow, reject_request, drop_header };

// Module `ambassador`: what concerns the whole proxy
struct Module {
  Place place;

  std::optional<int> cluster_request_timeout_ms;
  std::optional<int> cluster_idle_timeout_ms;
  std::optional<int> listener_idle_timeout_ms;
  std::optional<CircuitBreaker> circuit_breaker;
  std::optional<int> max_request_headers_kb;

  bool use_remote_address = true;
  int xff_num_trusted_hops = 0;
  bool preserve_external_request_id = false;
  bool suppress_envoy_headers = false;
  bool via = true;
  std::optional<std::string> server_name;  // empty text: the upstream's passes
  bool enable_http10 = true;
  bool merge_slashes = false;
  bool reject_requests_with_escaped_slashes = false;
  UnderscoreAction headers_with_underscores = UnderscoreAction::allow;
  bool use_ambassador_namespace_for_service_resolution = false;

  bool liveness_probe = true;   // answered on the traffic port too
  bool readiness_probe = true;

  // config.defaults (spec: ambassador-mapping.md 2.4)
  std::optional<std::vector<FieldValue>> add_request_headers;
  std::optional<std::vector<FieldValue>> add_response_headers;
  std::optional<std::vector<std::string>> remove_request_headers;
  std::optional<std::vector<std::string>> remove_response_headers;

  // like Mapping::unserved_policy, for every route (ip_allow, ip_deny, lua_scripts …)
  std::string unserved_policy;
};

// What became of a document; every document that was read has one (spec: ambassador.md 7, reload rule 3)
enum class Fate : std::uint8_t { applied, rejected, other_id, not_served, ignored };

struct DocumentInfo {
  Identity id;
  Place place;
  Fate fate = Fate::applied;
};

}  // namespace nuncio::model
