// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Which Mappings form a group and what they share: spec routing 3.2, scopes of ambassador-mapping.md.
#include <doctest/doctest.h>

#include "documents.h"

using namespace nuncio;
using namespace nuncio::route;
using namespace nuncio::route::test;

namespace {

std::size_t group_count(const Snapshot& snapshot) {
  return snapshot.routes->groups().size();
}

std::string added(const FieldEdits& edits) {
  std::string text;
  for (const FieldToAdd& field : edits.add) text += field.name + (field.append ? "+=" : "=") + field.value + ";";
  return text;
}

Edit adding(std::vector<model::FieldValue> fields) {
  return [fields](model::Mapping& m) { m.add_request_headers = fields; };
}

}  // namespace

TEST_CASE("equal conditions are one group, any difference makes two") {
  const auto groups = [](const Edit& edit) { return group_count(*compile_documents({mapping("a", "/p/"), mapping("b", "/p/", edit)})); };
  CHECK(groups({}) == 1);
  CHECK(groups(with_rewrite("/z/")) == 1);
  CHECK(groups(with_weight(10)) == 1);
  CHECK(groups([](model::Mapping& m) { m.timeout_ms = 1; }) == 1);
  CHECK(groups([](model::Mapping& m) { m.service.host = "other"; }) == 1);
  CHECK(groups(with_host("a.test")) == 2);
  CHECK(groups(with_method("GET")) == 2);
  CHECK(groups(with_precedence(1)) == 2);
  CHECK(groups([](model::Mapping& m) { m.case_sensitive = false; }) == 2);
  CHECK(groups([](model::Mapping& m) { m.prefix = "/p"; }) == 2);
}

TEST_CASE("a Mapping that differs in a K field from the first member is left out") {
  struct Row {
    std::string field;
    Edit edit;
  };
  const Row rows[] = {
      {"connect_timeout_ms", [](model::Mapping& m) { m.connect_timeout_ms = 500; }},
      {"cluster_idle_timeout_ms", [](model::Mapping& m) { m.cluster_idle_timeout_ms = 500; }},
      {"bypass_auth", [](model::Mapping& m) { m.bypass_auth = true; }},
      {"circuit_breakers.max_connections", [](model::Mapping& m) { m.circuit_breaker = {.max_connections = 5}; }},
      {"circuit_breakers.max_pending_requests", [](model::Mapping& m) { m.circuit_breaker = {.max_pending_requests = 5}; }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.field);
    const auto snapshot = compile_documents({mapping("a", "/p/"), mapping("b", "/p/", row.edit), mapping("c", "/p/")});
    CHECK(order(*snapshot) == std::vector<std::string>{"a", "c"});
    REQUIRE(snapshot->diagnostics.errors() == 1);
    CHECK(count_messages(snapshot->diagnostics, Severity::error, row.field + " is ") == 1);
    CHECK(count_messages(snapshot->diagnostics, Severity::error, "Mapping default/a") == 1);
    CHECK(snapshot->documents[1].fate == model::Fate::rejected);
    CHECK(snapshot->documents[0].fate == model::Fate::applied);
  }
}

TEST_CASE("K fields agree when their effective values do") {
  model::Module module;
  module.cluster_idle_timeout_ms = 700;
  const auto snapshot = compile_documents({mapping("a", "/p/", [](model::Mapping& m) { m.connect_timeout_ms = 3000; }),
                                           mapping("b", "/p/", [](model::Mapping& m) { m.cluster_idle_timeout_ms = 700; })},
                                          module);
  CHECK(snapshot->diagnostics.errors() == 0);
  CHECK(order(*snapshot).size() == 2);
}

TEST_CASE("G fields: the last member that sets one decides for all") {
  const auto upgrades = [](std::vector<std::string> names) { return [names](model::Mapping& m) { m.allow_upgrade = names; }; };
  const auto snapshot =
      compile_documents({mapping("a", "/p/", upgrades({"websocket"})), mapping("b", "/p/", upgrades({"spdy"})), mapping("c", "/p/")});
  for (const auto& route : snapshot->routes->routes()) CHECK(route->allow_upgrade() == std::vector<std::string>{"spdy"});
  CHECK(count_messages(snapshot->diagnostics, Severity::notice, "allow_upgrade differs") == 1);

  const auto removing = [](std::vector<std::string> names) { return [names](model::Mapping& m) { m.remove_response_headers = names; }; };
  const auto agreed = compile_documents({mapping("a", "/p/", removing({"x-a"})), mapping("b", "/p/", with_weight(10))});
  for (const auto& route : agreed->routes->routes()) CHECK(route->response_fields().remove == std::vector<std::string>{"x-a"});
  CHECK(count_messages(agreed->diagnostics, Severity::notice, "differs") == 0);
}

TEST_CASE("G+ fields are united") {
  const auto snapshot = compile_documents({
      mapping("a", "/p/", adding({{"x-a", "1", true}, {"X-Both", "first", true}})),
      mapping("b", "/p/", adding({{"x-b", "2", false}, {"x-both", "second", false}})),
  });
  for (const auto& route : snapshot->routes->routes()) CHECK(added(route->request_fields()) == "x-a+=1;x-both=second;x-b=2;");
  CHECK(count_messages(snapshot->diagnostics, Severity::notice, "add_request_headers differs") == 1);
  CHECK(snapshot->routes->routes()[0]->policy == snapshot->routes->routes()[1]->policy);
}

TEST_CASE("a Mapping's own edits replace the Module's, an empty list switches them off") {
  model::Module module;
  module.add_request_headers = {{"x-default", "d", true}};
  module.add_response_headers = {{"x-out", "o", false}};
  module.remove_request_headers = {"x-gone"};
  module.remove_response_headers = {"x-gone-too"};
  const auto snapshot = compile_documents(
      {
          mapping("a", "/a/"),
          mapping("b", "/b/", adding({{"x-own", "1", true}})),
          mapping("c", "/c/",
                  [](model::Mapping& m) {
                    m.add_request_headers.emplace();
                    m.remove_request_headers.emplace();
                    m.remove_response_headers = {"server"};
                  }),
      },
      module);
  const auto route = [&](std::string path) { return find(*snapshot, {.path = std::move(path)}); };
  CHECK(added(route("/a/")->request_fields()) == "x-default+=d;");
  CHECK(added(route("/a/")->response_fields()) == "x-out=o;");
  CHECK(route("/a/")->request_fields().remove == std::vector<std::string>{"x-gone"});
  CHECK(route("/a/")->response_fields().remove == std::vector<std::string>{"x-gone-too"});
  CHECK(added(route("/b/")->request_fields()) == "x-own+=1;");
  CHECK(added(route("/b/")->response_fields()) == "x-out=o;");
  CHECK(route("/c/")->request_fields().empty());
  CHECK(route("/c/")->response_fields().remove == std::vector<std::string>{"server"});
}

TEST_CASE("fields to add carry their ids") {
  const auto snapshot = compile_documents({mapping("a", "/", adding({{"Host", "h", false}, {"x-a", "1", true}}))});
  const auto& add = snapshot->routes->routes()[0]->request_fields().add;
  CHECK(add[0].id == FieldId::host);
  CHECK(add[1].id == FieldId::other);
}
