// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "reading.h"

namespace nuncio::config {
namespace {

TEST_CASE("a Mapping with nothing but what it needs") {
  const OneMapping one = read_mapping_text(mapping_text(""));
  REQUIRE(one.mapping);
  CHECK(one.said.empty());
  const model::Mapping& m = *one.mapping;
  CHECK(m.id == model::Identity{"Mapping", "default", "m"});
  CHECK(m.place.text() == "t.yaml:1:1");
  CHECK(m.prefix == "/p/");
  CHECK(m.case_sensitive);
  CHECK(m.method.empty());
  CHECK(m.host.empty());
  CHECK(m.precedence == 0);
  CHECK_FALSE(m.weight);
  CHECK(m.service.names == std::vector<std::string>{"web"});
  CHECK(m.service.usable);
  CHECK_FALSE(m.rewrite);
  CHECK(m.allow_upgrade.empty());
  CHECK_FALSE(m.add_request_headers);
  CHECK_FALSE(m.timeout_ms);
  CHECK_FALSE(m.bypass_auth);
  CHECK(m.unserved_policy.empty());
}

TEST_CASE("every field that is served") {
  const OneMapping one = read_mapping_text(mapping_text(R"(
case_sensitive: false
method: POST
host: Web.Example.COM:8443
precedence: -3
weight: 20
rewrite: ""
host_rewrite: other.example
auto_host_rewrite: true
use_websocket: true
allow_upgrade: [WebSocket, spdy/3.1]
add_request_headers:
  X-A: text
  x-b: {value: "50%%", append: false}
  x-c: true
add_response_headers: {}
remove_request_headers: X-D
remove_response_headers: [x-e, X-E, x-f]
timeout_ms: 0
idle_timeout_ms: "500"
connect_timeout_ms: 10
cluster_idle_timeout_ms: 20
circuit_breakers: [{max_connections: 7}]
bypass_auth: yes
)"));
  REQUIRE(one.mapping);
  CHECK(one.said.empty());
  const model::Mapping& m = *one.mapping;
  CHECK_FALSE(m.case_sensitive);
  CHECK(m.method == "POST");
  CHECK(m.host == "web.example.com:8443");
  CHECK(m.precedence == -3);
  CHECK(m.weight == 20);
  CHECK(m.rewrite == "");
  CHECK(m.host_rewrite == "other.example");
  CHECK(m.auto_host_rewrite);
  CHECK(m.allow_upgrade == std::vector<std::string>{"websocket", "spdy/3.1"});
  REQUIRE(m.add_request_headers);
  REQUIRE(m.add_request_headers->size() == 3);
  CHECK((*m.add_request_headers)[0].name == "X-A");
  CHECK((*m.add_request_headers)[0].append);
  CHECK((*m.add_request_headers)[1].value == "50%");
  CHECK_FALSE((*m.add_request_headers)[1].append);
  CHECK((*m.add_request_headers)[2].value == "true");
  REQUIRE(m.add_response_headers);
  CHECK(m.add_response_headers->empty());
  CHECK(m.remove_request_headers == std::vector<std::string>{"x-d"});
  CHECK(m.remove_response_headers == std::vector<std::string>{"x-e", "x-f"});
  CHECK(m.timeout_ms == 0);
  CHECK(m.idle_timeout_ms == 500);
  CHECK(m.connect_timeout_ms == 10);
  CHECK(m.cluster_idle_timeout_ms == 20);
  REQUIRE(m.circuit_breaker);
  CHECK(m.circuit_breaker->max_connections == 7);
  CHECK(m.circuit_breaker->max_pending_requests == 1024);
  CHECK(m.bypass_auth);
}

struct Case {
  const char* more;
  const char* said;  // part of a diagnostic
};

TEST_CASE("errors cost the document, and say where") {
  const Case cases[] = {
      {"timeout_ms: soon", "t.yaml:6:13: error: Mapping m: 'timeout_ms' must be a whole number, not 'soon'"},
      {"timeout_ms: -1", "'timeout_ms' must be between 0 and"},
      {"timeout_ms: 99999999999", "'timeout_ms' must be between 0 and"},
      {"connect_timeout_ms: 0", "'connect_timeout_ms' must be between 1 and"},
      {"case_sensitive: perhaps", "'case_sensitive' must be true or false"},
      {"rewrite: '/a b'", "'rewrite' holds a blank"},
      {"rewrite: \"/a\\tb\"", "'rewrite' holds a blank"},
      {"rewrite: /caf\xc3\xa9", "'rewrite' holds a blank"},
      {"rewrite: \"/a\\nb\"", "'rewrite' holds a CR, LF or NUL: '/a\\n"},
      {"host_rewrite: \"a\\0b\"", "'host_rewrite' holds a CR, LF or NUL"},
      {"method: [GET]", "'method' must be a text, not a list"},
      {"method: GET, POST", "'method' is not a method"},
      {"host: a/b", "is not a host"},
      {"add_request_headers: {x-a: \"b\\r\\nc\"}", "in the value of 'x-a'"},
      {"add_request_headers: {'x a': b}", "which is not a field name"},
      {"add_request_headers: {':path': b}", "which is not a field name"},
      {"add_request_headers: {x-a: {append: true}}", "'add_request_headers.x-a.value' is missing"},
      {"add_request_headers: [x]", "must be a mapping of names to values"},
      {"remove_request_headers: {a: b}", "must be a list of texts, not a mapping"},
      {"allow_upgrade: ['web socket']", "which is not the name of a protocol"},
      {"circuit_breakers: 7", "'circuit_breakers' must be a mapping, not a text"},
      {"circuit_breakers: [{max_connections: many}]", "'circuit_breakers.max_connections' must be a whole number"},
      {"circuit_breakers: [{priority: low}]", "'circuit_breakers.priority' must be one of default, high"},
      {"load_balancer: {policy: rr}", "'load_balancer.policy' must be one of"},
      {"load_balancer: {policy: ring_hash, header: a, source_ip: true}", "needs exactly one of"},
      {"load_balancer: {policy: least_request, cookie: {name: a}}", "takes none of"},
      {"retry_policy: {retry_on: sometimes}", "'retry_policy.retry_on' is not known"},
      {"retry_policy: {}", "'retry_policy.retry_on' is missing"},
      {"cors: {methods: GET}", "'cors.origins' is missing"},
      {"headers: [a]", "'headers' must be a mapping"},
      {"priority: urgent", "'priority' must be one of"},
  };
  for (const Case& entry : cases) {
    CAPTURE(std::string(entry.more));
    const OneMapping one = read_mapping_text(mapping_text(entry.more));
    CHECK_FALSE(one.mapping);
    CHECK(one.fate == model::Fate::rejected);
    CHECK(one.content.diagnostics.errors() >= 1);
    CAPTURE(one.said);
    CHECK(contains(one.said, entry.said));
  }
}

TEST_CASE("missing fields") {
  const char* head = "apiVersion: getambassador.io/v2\nkind: Mapping\nname: m\n";
  CHECK(contains(read_mapping_text(std::string(head) + "prefix: /p/\n").said, "error: Mapping m: the field 'service' is missing"));
  CHECK(contains(read_mapping_text(std::string(head) + "service: web\n").said, "error: Mapping m: the field 'prefix' is missing"));
  CHECK(contains(read_mapping_text(std::string(head) + "prefix: ''\nservice: web\n").said, "'prefix' is empty"));
  CHECK(contains(read_mapping_text(std::string(head) + "prefix:\nservice: web\n").said, "'prefix' is missing"));
  CHECK(contains(read_mapping_text(std::string(head) + "prefix: /\nservice: http://a:80.b\n").said, "the port '80.b'"));
}

TEST_CASE("errors that leave the document in force") {
  const Case cases[] = {
      {"weight: 150", "'weight' must be between 0 and 100; it counts as 100"},
      {"weight: -5", "it counts as 0"},
      {"tls: false\nredirect_response_code: 200", "301 is used"},
      {"outlier_detection: x", "'outlier_detection' is not supported"},
      {"envoy_override: {a: b}", "'envoy_override' is not supported"},
      {"add_request_headers: {x-a: '%NO_SUCH_THING%'}", "is not known; the field 'x-a' is left out"},
      {"remove_request_headers: ['a b']", "not a field name and has no effect"},
  };
  for (const Case& entry : cases) {
    CAPTURE(std::string(entry.more));
    const OneMapping one = read_mapping_text(mapping_text(entry.more));
    CHECK(one.mapping);
    CHECK(one.content.diagnostics.errors() == 1);
    CHECK(contains(one.said, entry.said));
  }
  CHECK(read_mapping_text(mapping_text("weight: 150")).mapping->weight == 100);
  CHECK(read_mapping_text(mapping_text("weight: -5")).mapping->weight == 0);
}

TEST_CASE("conditions that are not served leave the Mapping out") {
  for (const char* more :
       {"prefix_regex: true", "prefix_exact: true", "method: GET|HEAD\nmethod_regex: true", "host: a.*\nhost_regex: true",
        "hostname: '*.example.com'", "host: 'www.*'", "headers: {x-a: b}", "regex_headers: {x-a: b}", "query_parameters: {a: b}",
        "regex_query_parameters: {a: b}", "shadow: true", "host_redirect: true", "regex_rewrite: {pattern: a, substitution: b}"}) {
    CAPTURE(std::string(more));
    const OneMapping one = read_mapping_text(mapping_text(more));
    CHECK_FALSE(one.mapping);
    CHECK(one.fate == model::Fate::not_served);
    CHECK(one.content.diagnostics.errors() == 0);
    CHECK(contains(one.said, "is not served by this version; the Mapping is left out"));
    CHECK(contains(one.said, "t.yaml:6") != contains(one.said, "t.yaml:7"));
  }
}

TEST_CASE("what equals the default needs no word") {
  for (const char* more :
       {"prefix_regex: false", "headers: {}", "host_redirect: no", "tls: false", "grpc: false", "hostname: '*'", "host: '*'",
        "shadow: false", "priority: default", "dns_type: strict_dns", "load_balancer: {policy: round_robin}",
        "resolver: kubernetes-service", "enable_ipv4: true", "host: _skip_mapping_with_empty_host_", "v2ExplicitTLS: {serviceScheme: http}",
        "docs: {path: /a}", "generation: 3"}) {
    CAPTURE(std::string(more));
    const OneMapping one = read_mapping_text(mapping_text(more));
    REQUIRE(one.mapping);
    CHECK(one.said.empty());
    CHECK(one.mapping->host.empty());
    CHECK(one.mapping->service.usable);
  }
}

TEST_CASE("notices leave the Mapping in force") {
  const Case cases[] = {
      {"prefx: a", "t.yaml:6:1: notice: Mapping m: unknown field 'prefx'; did you mean 'prefix'?"},
      {"Weight: 1", "did you mean 'weight'?"},
      {"timeout_ms:", "'timeout_ms' has no value and counts as absent"},
      {"method: get", "methods are upper case"},
      {"cors: {origins: '*'}", "'cors' is not served by this version; it has no effect"},
      {"retry_policy: {retry_on: 5xx}", "'retry_policy' is not served"},
      {"load_balancer: {policy: maglev, header: a}", "'load_balancer' is not served"},
      {"rate_limits: [{}]", "'rate_limits' is not served"},
      {"labels: {ambassador: [{a: [b]}]}", "'labels' is not served"},
      {"path_redirect: /x", "'path_redirect' is not served"},
      {"circuit_breaker: a", "'circuit_breaker' has no effect"},
      {"circuit_breakers: [{priority: high, max_connections: 1}]", "the priority 'high' is not served"},
      {"circuit_breakers: [{max_requests: 1}]", "'circuit_breakers.max_requests' is not served"},
      {"resolver: endpoint", "the name is resolved by DNS"},
      {"add_request_headers: {x-a: '%REQ(X-B?X-C):10%'}", "the variable '%REQ(X-B?X-C):10%' is not served by this version"},
      {"add_request_headers: {x-a: '50% off'}", "write '%%'"},
      {"add_request_headers: {Host: a}", "nuncio writes it itself"},
      {"remove_response_headers: [Content-Length]", "cannot be removed"},
      {"allow_upgrade: [CONNECT]", "CONNECT is not served"},
      {"host: a.example\nhostname: b.example", "'hostname' takes the place of 'host'"},
      {"circuit_breakers: [{max_conections: 1}]", "unknown field 'circuit_breakers.max_conections'; did you mean 'max_connections'?"},
  };
  for (const Case& entry : cases) {
    CAPTURE(std::string(entry.more));
    const OneMapping one = read_mapping_text(mapping_text(entry.more));
    CHECK(one.mapping);
    CHECK(one.content.diagnostics.errors() == 0);
    CHECK(one.content.diagnostics.notices() == 1);
    CAPTURE(one.said);
    CHECK(contains(one.said, entry.said));
  }
  CHECK(read_mapping_text(mapping_text("add_request_headers: {x-a: '%PROTOCOL%'}")).mapping->add_request_headers->empty());
  CHECK(read_mapping_text(mapping_text("add_request_headers: {x-a: 'a%b'}")).mapping->add_request_headers->front().value == "a%b");
  CHECK(read_mapping_text(mapping_text("host: a.example\nhostname: b.example")).mapping->host == "b.example");
}

TEST_CASE("prefixes that no request can fit") {
  for (const char* prefix : {"p/", "'/a b'", "/a?b", "/caf\xc3\xa9"}) {
    CAPTURE(std::string(prefix));
    const OneMapping one =
        read_mapping_text("apiVersion: getambassador.io/v2\nkind: Mapping\nname: m\nservice: web\nprefix: " + std::string(prefix));
    CHECK(one.mapping);
    CHECK(one.content.diagnostics.errors() == 0);
    CHECK(contains(one.said, "no request can fit"));
  }
}

TEST_CASE("services that this version cannot speak to answer 503") {
  struct Upstream {
    const char* service;
    const char* more;
    int port;
    bool tls;
    const char* context;
    std::size_t errors;
  };
  const Upstream cases[] = {{"https://web", "", 443, true, "", 0},          {"https://web:8443", "tls: ctx", 8443, true, "ctx", 0},
                            {"web", "tls: true", 443, true, "", 0},         {"web", "tls: 'true'", 443, true, "true", 0},
                            {"http://web", "tls: true", 443, true, "", 1},  {"web:81", "grpc: true", 81, false, "", 0},
                            {"https://web", "tls: false", 443, true, "", 0}};
  for (const Upstream& entry : cases) {
    CAPTURE(std::string(entry.service));
    CAPTURE(std::string(entry.more));
    const OneMapping one =
        read_mapping_text("apiVersion: ambassador/v1\nkind: Mapping\nname: m\nprefix: /p/\nservice: " + std::string(entry.service) + "\n" +
                          entry.more + "\n");
    REQUIRE(one.mapping);
    CHECK_FALSE(one.mapping->service.usable);
    CHECK(one.mapping->service.tls == entry.tls);
    CHECK(one.mapping->service.tls_context == entry.context);
    CHECK(one.mapping->service.port == entry.port);
    CHECK(one.content.diagnostics.errors() == entry.errors);
    CHECK(one.content.diagnostics.notices() == 1);
    CHECK(contains(one.said, "is not served by this version; the Mapping answers 503"));
  }
}

TEST_CASE("a document full of unknown fields is named for some of them") {
  std::string more;
  for (int i = 0; i < 1000; ++i) more += "odd" + std::to_string(i) + ": 1\n";
  const OneMapping one = read_mapping_text(mapping_text(more + std::string(500, 'x') + ": 1\n"));
  CHECK(one.mapping);
  CHECK(one.content.diagnostics.notices() == 20);
  CHECK(contains(one.said, "further ones are not listed"));
}

TEST_CASE("errors in fields that are not served are errors all the same") {
  const OneMapping one = read_mapping_text(mapping_text("cors: {origins: ['*'], credentials: maybe}"));
  CHECK_FALSE(one.mapping);
  CHECK(contains(one.said, "'cors.credentials' must be true or false"));
}

}  // namespace
}  // namespace nuncio::config
