// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Short ways to write documents in tests, and to ask the table that they compile to.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/load.h"
#include "nuncio/snapshot.h"
#include "route/compile.h"
#include "route/table.h"

namespace nuncio::route::test {

using Edit = std::function<void(model::Mapping&)>;

inline std::shared_ptr<model::Mapping> mapping(std::string_view name, std::string_view prefix, const Edit& edit = {}) {
  auto made = std::make_shared<model::Mapping>();
  made->id = {"Mapping", "default", std::string(name)};
  made->place.file = std::make_shared<const std::string>("routes.yaml");
  made->place.line = 1;
  made->prefix = prefix;
  made->service.text = made->service.host = "origin";
  made->service.names = {"origin"};
  if (edit) edit(*made);
  return made;
}

inline Edit with_host(std::string host) {
  return [host](model::Mapping& m) { m.host = host; };
}
inline Edit with_method(std::string method) {
  return [method](model::Mapping& m) { m.method = method; };
}
inline Edit with_precedence(int precedence) {
  return [precedence](model::Mapping& m) { m.precedence = precedence; };
}
inline Edit with_weight(int weight) {
  return [weight](model::Mapping& m) { m.weight = weight; };
}
inline Edit with_rewrite(std::string text) {
  return [text](model::Mapping& m) { m.rewrite = text; };
}

using Mappings = std::vector<std::shared_ptr<const model::Mapping>>;

inline std::shared_ptr<const Snapshot> compile_documents(Mappings mappings, model::Module module = {}) {
  config::Configuration configuration;
  for (const auto& mapping : mappings) configuration.documents.push_back({mapping->id, mapping->place, model::Fate::applied});
  configuration.mappings = std::move(mappings);
  configuration.module = std::move(module);
  return compile(std::move(configuration), 7);
}

class FixedDraw final : public Draw {
 public:
  explicit FixedDraw(double number) : number_(number) {}
  double number() override {
    ++asked;
    return number_;
  }
  int asked = 0;

 private:
  double number_;
};

struct Ask {
  std::string path;
  std::string method = "GET";
  std::string authority = "any.test";
  bool tls = false;
  double draw = 0;
};

inline const Route* find(const Snapshot& snapshot, const Ask& ask) {
  FixedDraw draw(ask.draw);
  return snapshot.routes->find({ask.method, ask.authority, ask.path, ask.tls}, draw);
}

// the name of the Mapping that takes the request, "-" when none does
inline std::string taker(const Snapshot& snapshot, const Ask& ask) {
  const Route* route = find(snapshot, ask);
  return route == nullptr ? "-" : route->id().name;
}

// names of the routes in the order of matching
inline std::vector<std::string> order(const Snapshot& snapshot) {
  std::vector<std::string> names;
  for (const auto& route : snapshot.routes->routes()) names.push_back(route->id().name);
  return names;
}

inline std::size_t count_messages(const Diagnostics& diagnostics, Severity severity, std::string_view part) {
  std::size_t count = 0;
  for (const Diagnostic& entry : diagnostics.entries()) {
    if (entry.severity == severity && entry.message.find(part) != std::string::npos) ++count;
  }
  return count;
}

}  // namespace nuncio::route::test
