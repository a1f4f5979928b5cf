// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Documents to snapshot: defaults, clusters, refusals.
#include <doctest/doctest.h>

#include "documents.h"

using namespace nuncio;
using namespace nuncio::route;
using namespace nuncio::route::test;

namespace {

const Route& only_route(const Snapshot& snapshot) {
  REQUIRE(snapshot.routes->routes().size() == 1);
  return *snapshot.routes->routes()[0];
}

}  // namespace

TEST_CASE("defaults without a Module") {
  const auto snapshot = compile_documents({mapping("m", "/m/")});
  CHECK(snapshot->generation == 7);
  const Route& route = only_route(*snapshot);
  CHECK(route.timeout_ms == 3000);
  CHECK(route.timeout_text == "3000");
  CHECK(route.idle_timeout_ms == 300000);
  CHECK(route.rewrite == "/");
  CHECK(route.host_rewrite.empty());
  CHECK(route.refuse == CloseReason::completed);
  CHECK(route.request_fields().empty());
  const ClusterSpec& cluster = snapshot->clusters.at(route.cluster);
  CHECK(cluster.label == "origin:80");
  CHECK(cluster.names == std::vector<std::string>{"origin"});
  CHECK(cluster.connect_timeout_ms == 3000);
  CHECK(cluster.idle_timeout_ms == 3600000);
  CHECK(cluster.max_connections == 1024);
  CHECK(cluster.max_pending == 1024);
  CHECK(snapshot->http.server_name == "nuncio");
  CHECK(snapshot->http.max_head_bytes == 60U * 1024);
  CHECK(snapshot->http.client_idle_timeout_ms == 3600000);
}

TEST_CASE("defaults of the Module, and the Mapping's own values") {
  model::Module module;
  module.cluster_request_timeout_ms = 900;
  module.cluster_idle_timeout_ms = 800;
  module.circuit_breaker = {.max_connections = 7, .max_pending_requests = 6};
  const auto defaults = compile_documents({mapping("m", "/m/")}, module);
  CHECK(only_route(*defaults).timeout_text == "900");
  CHECK(defaults->clusters[0].idle_timeout_ms == 800);
  CHECK(defaults->clusters[0].max_connections == 7);
  CHECK(defaults->clusters[0].max_pending == 6);

  const auto own = compile_documents({mapping("m", "/m/",
                                              [](model::Mapping& m) {
                                                m.timeout_ms = 0;
                                                m.idle_timeout_ms = 0;
                                                m.connect_timeout_ms = 50;
                                                m.cluster_idle_timeout_ms = 0;
                                                m.circuit_breaker = {.max_connections = 2, .max_pending_requests = 1};
                                              })},
                                     module);
  CHECK(only_route(*own).timeout_ms == 0);
  CHECK(only_route(*own).timeout_text.empty());
  CHECK(only_route(*own).idle_timeout_ms == 0);
  CHECK(own->clusters[0].connect_timeout_ms == 50);
  CHECK(own->clusters[0].idle_timeout_ms == 0);
  CHECK(own->clusters[0].max_connections == 2);
  CHECK(own->clusters[0].max_pending == 1);
}

TEST_CASE("settings of the Module") {
  model::Module module;
  module.server_name = "";
  module.via = false;
  module.use_remote_address = false;
  module.xff_num_trusted_hops = 2;
  module.preserve_external_request_id = true;
  module.suppress_envoy_headers = true;
  module.enable_http10 = false;
  module.merge_slashes = true;
  module.reject_requests_with_escaped_slashes = true;
  module.headers_with_underscores = model::UnderscoreAction::drop_header;
  module.max_request_headers_kb = 96;
  module.listener_idle_timeout_ms = 0;
  module.liveness_probe = false;
  module.readiness_probe = false;
  const HttpSettings http = compile_documents({}, module)->http;
  CHECK(http.server_name.empty());
  CHECK_FALSE(http.via);
  CHECK_FALSE(http.use_remote_address);
  CHECK(http.trusted_hops == 2);
  CHECK(http.preserve_external_request_id);
  CHECK(http.suppress_envoy_headers);
  CHECK_FALSE(http.enable_http10);
  CHECK(http.merge_slashes);
  CHECK(http.reject_escaped_slashes);
  CHECK(http.underscores == model::UnderscoreAction::drop_header);
  CHECK(http.max_head_bytes == 96U * 1024);
  CHECK(http.client_idle_timeout_ms == 0);
  CHECK_FALSE(http.liveness_probe);
  CHECK_FALSE(http.readiness_probe);
}

TEST_CASE("equal connection settings share a cluster, any difference makes another") {
  const auto clusters = [](const Edit& edit) {
    return compile_documents({mapping("a", "/a/"), mapping("b", "/b/", edit)})->clusters.size();
  };
  CHECK(clusters({}) == 1);
  CHECK(clusters(with_rewrite("/z")) == 1);
  CHECK(clusters([](model::Mapping& m) { m.timeout_ms = 1; }) == 1);
  CHECK(clusters([](model::Mapping& m) { m.connect_timeout_ms = 3000; }) == 1);
  CHECK(clusters([](model::Mapping& m) { m.service.host = "other"; }) == 2);
  CHECK(clusters([](model::Mapping& m) { m.service.port = 81; }) == 2);
  CHECK(clusters([](model::Mapping& m) { m.service.tls = true; }) == 2);
  CHECK(clusters([](model::Mapping& m) { m.service.names = {"origin.shop", "origin"}; }) == 2);
  CHECK(clusters([](model::Mapping& m) { m.connect_timeout_ms = 1; }) == 2);
  CHECK(clusters([](model::Mapping& m) { m.cluster_idle_timeout_ms = 1; }) == 2);
  CHECK(clusters([](model::Mapping& m) { m.circuit_breaker = {.max_connections = 1}; }) == 2);
  CHECK(clusters([](model::Mapping& m) { m.circuit_breaker = {.max_pending_requests = 1}; }) == 2);
}

TEST_CASE("the key of a cluster is the same in every generation") {
  const auto key = [](Mappings mappings) { return compile_documents(std::move(mappings))->clusters.back().key; };
  CHECK(key({mapping("a", "/a/")}) == key({mapping("z", "/z/", [](model::Mapping& m) { m.service.port = 9; }), mapping("a", "/a/")}));
}

TEST_CASE("members of a group keep their own services") {
  const auto snapshot =
      compile_documents({mapping("a", "/p/", with_weight(10)), mapping("b", "/p/", [](model::Mapping& m) { m.service.host = "other"; })});
  const auto label = [&](double draw) { return snapshot->clusters[find(*snapshot, {.path = "/p/", .draw = draw})->cluster].label; };
  CHECK(label(5) == "origin:80");
  CHECK(label(50) == "other:80");
}

TEST_CASE("Host for the upstream") {
  const auto host = [](const Edit& edit) { return only_route(*compile_documents({mapping("m", "/", edit)})).host_rewrite; };
  CHECK(host({}).empty());
  CHECK(host([](model::Mapping& m) { m.host_rewrite = "h.test:1"; }) == "h.test:1");
  CHECK(host([](model::Mapping& m) {
          m.auto_host_rewrite = true;
          m.service.port = 8080;
        }) == "origin");
  CHECK(host([](model::Mapping& m) {
          m.auto_host_rewrite = true;
          m.host_rewrite = "h.test";
        }) == "h.test");
  CHECK(host([](model::Mapping& m) {
          m.auto_host_rewrite = true;
          m.service.host = "::1";
          m.service.literal = true;
        }) == "[::1]");
}

TEST_CASE("literal IPv6 services are labelled with brackets") {
  const auto snapshot = compile_documents({mapping("m", "/", [](model::Mapping& m) {
    m.service.host = "::1";
    m.service.literal = true;
    m.service.names.clear();
    m.service.port = 9;
  })});
  CHECK(snapshot->clusters[0].label == "[::1]:9");
}

TEST_CASE("routes that must not be served") {
  const auto reason = [](const Edit& edit, bool auth, std::string module_policy = "") {
    config::Configuration configuration;
    configuration.mappings = {mapping("m", "/", edit)};
    configuration.protected_by_auth = auth;
    configuration.module.unserved_policy = std::move(module_policy);
    return compile(std::move(configuration), 1)->routes->routes()[0]->refuse;
  };
  const Edit bypass = [](model::Mapping& m) { m.bypass_auth = true; };
  const Edit policy = [](model::Mapping& m) { m.unserved_policy = "cors"; };
  const Edit tls = [](model::Mapping& m) { m.service.usable = false; };
  CHECK(reason({}, false) == CloseReason::completed);
  CHECK(reason({}, true) == CloseReason::not_protected);
  CHECK(reason(bypass, true) == CloseReason::completed);
  CHECK(reason(policy, false) == CloseReason::not_protected);
  CHECK(reason(bypass, false, "ip_allow") == CloseReason::not_protected);
  CHECK(reason(tls, false) == CloseReason::service_unusable);
  CHECK(reason(tls, true) == CloseReason::not_protected);
}

TEST_CASE("what the loader found is kept") {
  config::Configuration configuration;
  configuration.diagnostics.notice({}, "Mapping m", "something");
  configuration.documents.push_back({{"Mapping", "default", "m"}, {}, model::Fate::not_served});
  const auto snapshot = compile(std::move(configuration), 1);
  CHECK(snapshot->diagnostics.notices() == 1);
  REQUIRE(snapshot->documents.size() == 1);
  CHECK(snapshot->documents[0].fate == model::Fate::not_served);
}
