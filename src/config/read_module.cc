// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors

#include "config/read_module.h"

#include <utility>

#include "base/text.h"
#include "config/cross_field.h"
#include "config/fields.h"
#include "config/http_fields.h"
#include "config/schema.h"
#include "config/value_check.h"
#include "config/words.h"

namespace nuncio::config {

namespace {

constexpr Field kOwnFields[] = {{.name = "config", .type = Type::any}};

// Members of an object whose findings have been reported before
Fields members_of(const Node& object, std::span<const Field> members) {
  Diagnostics known;
  Report report({}, known);
  return check_fields(object, {.fields = members, .silent = true}, report);
}

bool probe_enabled(const Fields& fields, std::string_view name) {
  const Node* probe = fields.find(name);
  const Node* enabled = probe ? probe->find("enabled") : nullptr;
  return !enabled || to_flag(enabled->text).value_or(true);
}

class ModuleReader {
 public:
  ModuleReader(const Fields& fields, Report& report) : fields_(fields), report_(report) {}

  model::Module run() {
    limits();
    switches();
    texts();
    out_.liveness_probe = probe_enabled(fields_, "liveness_probe");
    out_.readiness_probe = probe_enabled(fields_, "readiness_probe");
    out_.unserved_policy = fields_.closed();
    check_load_balancer(fields_.find("load_balancer"), report_);
    check_retry_policy(fields_.find("retry_policy"), report_);
    if (const Node* defaults = fields_.find("defaults")) take_defaults(*defaults);
    return std::move(out_);
  }

 private:
  void limits() {
    out_.cluster_request_timeout_ms = fields_.integer("cluster_request_timeout_ms");
    out_.cluster_idle_timeout_ms = fields_.integer("cluster_idle_timeout_ms");
    out_.listener_idle_timeout_ms = fields_.integer("listener_idle_timeout_ms");
    out_.circuit_breaker = circuit_breaker(fields_, report_);
    out_.max_request_headers_kb = fields_.integer("max_request_headers_kb");
    out_.xff_num_trusted_hops = fields_.integer("xff_num_trusted_hops").value_or(0);
  }

  void switches() {
    static constexpr std::pair<const char*, bool model::Module::*> kSwitches[] = {
        {"use_remote_address", &model::Module::use_remote_address},
        {"preserve_external_request_id", &model::Module::preserve_external_request_id},
        {"suppress_envoy_headers", &model::Module::suppress_envoy_headers},
        {"via", &model::Module::via},
        {"enable_http10", &model::Module::enable_http10},
        {"merge_slashes", &model::Module::merge_slashes},
        {"reject_requests_with_escaped_slashes", &model::Module::reject_requests_with_escaped_slashes},
        {"use_ambassador_namespace_for_service_resolution", &model::Module::use_ambassador_namespace_for_service_resolution},
    };
    for (const auto& [name, member] : kSwitches) out_.*member = fields_.flag_or(name, out_.*member);
  }

  void texts() {
    if (const Node* name = fields_.find("server_name")) {
      if (is_field_value(name->text)) {
        out_.server_name = trim(name->text);
      } else {
        report_.error(*name, "'server_name' holds a control character; the default is used");
      }
    }
    const auto action = fields_.text("headers_with_underscores_action");
    if (!action) return;
    if (equals_ignore_case(*action, "REJECT_REQUEST")) out_.headers_with_underscores = model::UnderscoreAction::reject_request;
    if (equals_ignore_case(*action, "DROP_HEADER")) out_.headers_with_underscores = model::UnderscoreAction::drop_header;
  }

  // `httpmapping` counts before what stands beside it (spec: ambassador-mapping.md 2.4)
  void take_defaults(const Node& node) {
    const Field& row = *find_field(module_fields(), "defaults");
    const Fields outer = members_of(node, row.members);
    take_edits(outer);
    if (const Node* inner = outer.find("httpmapping")) take_edits(members_of(*inner, find_field(row.members, "httpmapping")->members));
  }

  void take_edits(const Fields& fields) {
    const auto take = [](auto& slot, auto value) {
      if (value) slot = std::move(value);
    };
    take(out_.add_request_headers, fields_to_add(fields, "add_request_headers", report_));
    take(out_.add_response_headers, fields_to_add(fields, "add_response_headers", report_));
    take(out_.remove_request_headers, fields_to_remove(fields, "remove_request_headers", report_));
    take(out_.remove_response_headers, fields_to_remove(fields, "remove_response_headers", report_));
  }

  const Fields& fields_;
  Report& report_;
  model::Module out_;
};

void say_not_served(const Node& root, const Kind& kind, Report& report) {
  report.notice(root, "this Module is not served by this version; " + std::string(kind.sentence));
}

void read_ambassador(const Node& root, const Node& config, ModuleReading& out, Report& report) {
  const FieldRules rules{.fields = module_fields(), .what = "Module"};
  const Fields fields = check_fields(config, rules, report);
  model::Module module = ModuleReader(fields, report).run();
  module.place = report.place(root);
  out.module = std::make_shared<const model::Module>(std::move(module));
}

bool demands_certificates(const Node& config) {
  const Node* client = config.find("client");
  const Node* required = client ? client->find("cert_required") : nullptr;
  const Node* enabled = client ? client->find("enabled") : nullptr;
  const bool on = !enabled || to_flag(enabled->text).value_or(true);
  return on && required && to_flag(required->text).value_or(false);
}

void read_tls(const Node& root, const Node& config, ModuleReading& out, Report& report) {
  out.fate = model::Fate::not_served;
  bool good = check_value(module_tls_fields()[0], config, {.name = "config", .silent = true}, report);
  for (std::size_t i = 0; i + 1 < config.children.size(); i += 2) {
    if (config.children[i + 1].is_mapping()) good = check_tls_settings(config.children[i + 1], false, report) && good;
  }
  if (!good) out.fate = model::Fate::rejected;
  if (demands_certificates(config)) out.unserved_policy = "cert_required";
  say_not_served(root, *find_kind("Module tls"), report);
}

void read_authentication(const Node& root, const Node& config, ModuleReading& out, Report& report) {
  out.fate = model::Fate::not_served;
  out.demands_auth = true;
  const FieldRules rules{.fields = module_authentication_fields(), .what = "Module", .silent = true};
  if (check_fields(config, rules, report).broken()) out.fate = model::Fate::rejected;
  say_not_served(root, *find_kind("Module authentication"), report);
}

}  // namespace

ModuleReading read_module(const Node& root, const Envelope& envelope, Report& report) {
  ModuleReading out;
  static const Node kEmpty{.kind = Node::Kind::mapping};
  const Node* config = nullptr;
  if (envelope.body) {
    check_fields(*envelope.body, {.fields = kOwnFields, .also = common_fields(), .what = "Module"}, report);
    config = envelope.body->find("config");
  }
  if (config && !config->is_null() && !config->is_mapping()) {
    report.error(*config, "'config' must be a mapping; it counts as empty");
    config = nullptr;
  }
  if (!config || config->is_null()) config = &kEmpty;
  if (envelope.name == "ambassador") {
    read_ambassador(root, *config, out, report);
  } else if (envelope.name == "tls") {
    read_tls(root, *config, out, report);
  } else if (envelope.name == "authentication") {
    read_authentication(root, *config, out, report);
  } else {
    out.fate = model::Fate::ignored;
    report.notice(root, "a Module of this name has no effect", "known are ambassador, tls and authentication");
  }
  return out;
}

}  // namespace nuncio::config
