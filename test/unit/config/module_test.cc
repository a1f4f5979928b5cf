// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Modules, and the kinds that are checked without being served.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "reading.h"

namespace nuncio::config {
namespace {

using model::Fate;

struct OneModule {
  Document document;
  std::string said;
  std::size_t errors;
};

OneModule read_module_text(const char* name, std::string_view config) {
  std::string text = "apiVersion: getambassador.io/v2\nkind: Module\nname: " + std::string(name) + "\n" + std::string(config);
  PieceContent content = read_text(text);
  REQUIRE(content.documents.size() == 1);
  return {content.documents[0], joined(content.diagnostics), content.diagnostics.errors()};
}

TEST_CASE("a Module without config has the defaults") {
  for (const char* config : {"", "config:\n", "config: {}\n"}) {
    const OneModule one = read_module_text("ambassador", config);
    REQUIRE(one.document.module);
    CHECK(one.said.empty());
    CHECK(one.document.module->enable_http10);
    CHECK(one.document.module->via);
    CHECK(one.document.module->liveness_probe);
    CHECK_FALSE(one.document.module->server_name);
    CHECK(one.document.module->unserved_policy.empty());
  }
}

TEST_CASE("every key that is served") {
  const OneModule one = read_module_text("ambassador", R"(config:
  cluster_request_timeout_ms: 1
  cluster_idle_timeout_ms: 2
  listener_idle_timeout_ms: 3
  circuit_breakers: {max_pending_requests: 4}
  max_request_headers_kb: 5
  use_remote_address: false
  xff_num_trusted_hops: 6
  preserve_external_request_id: true
  suppress_envoy_headers: true
  via: false
  server_name: ""
  enable_http10: false
  merge_slashes: true
  reject_requests_with_escaped_slashes: true
  headers_with_underscores_action: drop_header
  use_ambassador_namespace_for_service_resolution: true
  liveness_probe: {enabled: false}
  readiness_probe: {}
  defaults:
    add_request_headers: {x-outer: a}
    remove_response_headers: [x-r]
    httpmapping:
      add_request_headers: {x-inner: a}
      add_response_headers: {x-b: {value: c}}
)");
  REQUIRE(one.document.module);
  CHECK(one.said.empty());
  const model::Module& m = *one.document.module;
  CHECK(m.cluster_request_timeout_ms == 1);
  CHECK(m.cluster_idle_timeout_ms == 2);
  CHECK(m.listener_idle_timeout_ms == 3);
  CHECK(m.circuit_breaker->max_pending_requests == 4);
  CHECK(m.max_request_headers_kb == 5);
  CHECK_FALSE(m.use_remote_address);
  CHECK(m.xff_num_trusted_hops == 6);
  CHECK(m.preserve_external_request_id);
  CHECK(m.suppress_envoy_headers);
  CHECK_FALSE(m.via);
  CHECK(m.server_name == "");
  CHECK_FALSE(m.enable_http10);
  CHECK(m.merge_slashes);
  CHECK(m.reject_requests_with_escaped_slashes);
  CHECK(m.headers_with_underscores == model::UnderscoreAction::drop_header);
  CHECK(m.use_ambassador_namespace_for_service_resolution);
  CHECK_FALSE(m.liveness_probe);
  CHECK(m.readiness_probe);
  REQUIRE(m.add_request_headers);
  CHECK(m.add_request_headers->at(0).name == "x-inner");
  CHECK(m.add_response_headers->at(0).value == "c");
  CHECK(m.remove_response_headers == std::vector<std::string>{"x-r"});
  CHECK_FALSE(m.remove_request_headers);
}

TEST_CASE("a key of a wrong type keeps its default, the others stay in force") {
  const OneModule one =
      read_module_text("ambassador", "config:\n  via: perhaps\n  server_name: edge\n  cluster_request_timeout_ms: [1]\n  servername: x\n");
  REQUIRE(one.document.module);
  CHECK(one.document.info.fate == Fate::applied);
  CHECK(one.document.module->via);
  CHECK(one.document.module->server_name == "edge");
  CHECK_FALSE(one.document.module->cluster_request_timeout_ms);
  CHECK(one.errors == 2);
  CHECK(contains(one.said, "t.yaml:5:8: error: Module ambassador: 'via' must be true or false, not 'perhaps'"));
  CHECK(contains(one.said, "t.yaml:8:3: notice: Module ambassador: unknown field 'servername'; did you mean 'server_name'?"));
  CHECK(read_module_text("ambassador", "config: [a]\n").errors == 1);
  CHECK(contains(read_module_text("ambassador", "config: {server_name: \"a\\tb\\x01\"}\n").said, "control character"));
}

TEST_CASE("keys that decide who is served close all doors, also when they are wrong") {
  for (const char* config : {"ip_allow: [{peer: 10.0.0.0/8}]", "ip_allow: []", "ip_allow:", "ip_deny: text", "lua_scripts: \"a\\nb\""}) {
    CAPTURE(std::string(config));
    const OneModule one = read_module_text("ambassador", "config:\n  " + std::string(config) + "\n");
    REQUIRE(one.document.module);
    CHECK_FALSE(one.document.module->unserved_policy.empty());
    CHECK_FALSE(one.said.empty());
  }
}

TEST_CASE("keys that are not served are named") {
  for (const char* config :
       {"gzip: {enabled: true}", "use_proxy_proto: true", "service_port: 80", "cors: {origins: a}", "diagnostics: {enabled: true}",
        "liveness_probe: {prefix: /x}", "defaults: {stats_name: a}", "envoy_log_path: /tmp/x", "allow_chunked_length: true"}) {
    CAPTURE(std::string(config));
    const OneModule one = read_module_text("ambassador", "config:\n  " + std::string(config) + "\n");
    CHECK(one.errors == 0);
    CHECK(contains(one.said, "notice: Module ambassador: '"));
  }
  for (const char* config : {"diagnostics: {enabled: false}", "use_proxy_proto: false", "admin_port: 8001", "debug_mode: true"}) {
    CAPTURE(std::string(config));
    CHECK(read_module_text("ambassador", "config:\n  " + std::string(config) + "\n").said.empty());
  }
}

TEST_CASE("other Modules") {
  const OneModule other = read_module_text("ambasador", "config: {}\n");
  CHECK(other.document.info.fate == Fate::ignored);
  CHECK(contains(other.said, "notice: Module ambasador: a Module of this name has no effect"));

  const OneModule tls =
      read_module_text("tls", "config: {server: {enabled: true, secret: a}, upstream: {cert_chain_file: /a, private_key_file: /b}}\n");
  CHECK(tls.document.info.fate == Fate::not_served);
  CHECK(tls.errors == 0);
  CHECK(tls.document.unserved_policy.empty());
  CHECK(read_module_text("tls", "config: {a: {cert_chain_file: /a}}\n").errors == 1);
  CHECK(read_module_text("tls", "config: {client: {cert_required: true}}\n").document.unserved_policy == "cert_required");
  CHECK(read_module_text("tls", "config: {client: {enabled: false, cert_required: true}}\n").document.unserved_policy.empty());

  const OneModule auth = read_module_text("authentication", "config: {auth_service: 'auth:3000', path_prefix: /x, allowed_headers: [a]}\n");
  CHECK(auth.document.info.fate == Fate::not_served);
  CHECK(auth.document.demands_auth);
  CHECK(auth.errors == 0);
  const OneModule bad = read_module_text("authentication", "config: {}\n");
  CHECK(bad.document.info.fate == Fate::rejected);
  CHECK(bad.document.demands_auth);
  CHECK(contains(bad.said, "the field 'auth_service' is missing"));
}

struct KindCase {
  const char* kind;
  const char* fields;
  std::size_t errors;
  const char* said;
};

TEST_CASE("kinds that are not served are checked all the same") {
  const KindCase cases[] = {
      {"AuthService", "auth_service: auth:80", 0, "routes without bypass_auth answer 500"},
      {"AuthService", "path_prefix: /x", 1, "the field 'auth_service' is missing"},
      {"AuthService", "auth_service: a\nproto: smtp", 1, "'proto' must be one of http, grpc"},
      {"AuthService", "auth_service: a\nauthservice: b", 1,
       "error: AuthService m: unknown field 'authservice'; did you mean 'auth_service'?"},
      {"AuthService", "auth_service: a\ninclude_body: {max_bytes: 1}", 1, "'include_body.allow_partial' is missing"},
      {"RateLimitService", "service: rl", 0, "the kind RateLimitService is not served"},
      {"RateLimitService", "service_bad: rl", 1, "the field 'service' is missing"},
      {"RateLimitService", "service: rl\nodd: 1", 0, "notice: RateLimitService m: unknown field 'odd'"},
      {"TracingService", "service: a\ndriver: zipkin", 0, "no trace is sent"},
      {"TracingService", "service: a\ndriver: smoke", 1, "'driver' must be one of"},
      {"LogService", "service: a\ndriver: http\ndriver_config: {}", 0, "no log record is sent"},
      {"LogService", "service: a\ndriver: http", 1, "'driver_config' is missing"},
      {"LogService", "service: a\ndriver: http\ndriver_config: {}\ngrpc: false", 1, "'grpc' must be true"},
      {"TCPMapping", "service: a\nport: 5432", 0, "its port is not opened"},
      {"TCPMapping", "service: a\nport_bad: 5432", 1, "'port' is missing"},
      {"TCPMapping", "service: a\nport: 70000", 1, "'port' must be between 1 and 65535"},
      {"TCPMapping", "service: https://a\nport: 1", 1, "has no effect; write tls: true"},
      {"TLSContext", "hosts: [a]\nsecret: b", 0, "served in the clear"},
      {"TLSContext", "hosts: [a]", 1, "'hosts' need a certificate"},
      {"TLSContext", "cert_chain_file: /a", 1, "need each other"},
      {"TLSContext", "secret: a\nalpn_protocols: h2[, http/1.1]", 2, "'alpn_protocols' holds 'h2['"},
      {"TLSContext", "secret: a\nmin_tls_version: v2", 1, "'min_tls_version' must be one of"},
      {"Host", "hostname: a", 0, "the kind Host is not served"},
      {"Host", "hostname: a\ntls: {}\ntlsContext: {name: a}", 1, "exclude each other"},
      {"Host", "hostname: a\nrequestPolicy: {insecure: {action: Perhaps}}", 1, "must be one of Redirect, Reject, Route"},
      {"Host", "hostnam: a", 1, "error: Host m: unknown field 'hostnam'; did you mean 'hostname'?"},
      {"Listener", "port: 80\nprotocol: HTTP\nsecurityModel: XFP\nhostBinding: {namespace: {from: ALL}}", 0, "its port is not opened"},
      {"Listener", "port: 80", 3, "'securityModel' is missing"},
      {"Listener", "port: 80\nprotocolStack: [TCP, TLS]\nsecurityModel: XFP\nhostBinding: {namespace: {from: ALL}}", 1, "the last layer"},
      {"ConsulResolver", "address: consul:8500\ndatacenter: dc1", 0, "Mappings that use it answer 503"},
      {"ConsulResolver", "Address: consul:8500\ndatacenter: dc1", 1, "'address' is missing"},
      {"KubernetesEndpointResolver", "", 0, "names are resolved by DNS"},
      {"KubernetesServiceResolver", "", 0, ""},
      {"DevPortal", "content: {url: a}", 0, ""},
      {"CircuitBreaker", "", 0, "has no effect"},
  };
  for (const KindCase& entry : cases) {
    CAPTURE(std::string(entry.kind) + " " + entry.fields);
    const PieceContent content =
        read_text("apiVersion: getambassador.io/v2\nkind: " + std::string(entry.kind) + "\nname: m\n" + entry.fields + "\n");
    const std::string said = joined(content.diagnostics);
    CAPTURE(said);
    CHECK(content.diagnostics.errors() == entry.errors);
    CHECK(contains(said, entry.said));
    CHECK((said.empty() == (entry.said[0] == '\0')));
    REQUIRE(content.documents.size() == 1);
    CHECK(content.documents[0].demands_auth == (std::string(entry.kind) == "AuthService"));
  }
}

TEST_CASE("a termination that demands certificates protects everything") {
  const PieceContent content =
      read_text("apiVersion: ambassador/v1\nkind: TLSContext\nname: m\nhosts: ['*']\nsecret: a\nca_secret: b\ncert_required: true\n");
  CHECK(content.documents.at(0).unserved_policy == "cert_required");
  const PieceContent unclear =
      read_text("apiVersion: ambassador/v1\nkind: TLSContext\nname: m\nhosts: a\nsecret: a\ncert_required: ture\n");
  CHECK(unclear.documents.at(0).info.fate == Fate::rejected);
  CHECK(unclear.documents.at(0).unserved_policy == "cert_required");
  const PieceContent origination = read_text("apiVersion: ambassador/v1\nkind: TLSContext\nname: m\nsecret: a\ncert_required: true\n");
  CHECK(origination.documents.at(0).unserved_policy.empty());
}

}  // namespace
}  // namespace nuncio::config
