// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors

#include "config/document.h"

#include <algorithm>

#include "config/words.h"

namespace nuncio::config {

namespace {

constexpr std::string_view kCurrent = "v3alpha1";
constexpr std::string_view kIdPrefix = "--apiVersion-v3alpha1-only--";  // residue of a converter (spec: ambassador.md 3.2)

std::string scalar_text(const Node* parent, std::string_view key) {
  const Node* node = parent ? parent->find(key) : nullptr;
  return node && node->is_scalar() && !node->is_null() ? node->text : std::string();
}

bool is_kubernetes_group(std::string_view group) {
  return group.find('.') == std::string_view::npos || group.ends_with(".k8s.io") || group == "networking.internal.knative.dev";
}

void take_version(Envelope& out) {
  if (out.api_version.empty()) return;
  const std::string_view text = out.api_version;
  const std::size_t slash = text.find('/');
  const std::string_view group = slash == std::string_view::npos ? std::string_view() : text.substr(0, slash);
  if (group == "ambassador" || group == "getambassador.io" || group == "x.getambassador.io" || group == "nuncio") {
    out.group = Group::ours;
    out.version = group == "nuncio" ? kCurrent : text.substr(slash + 1);
    return;
  }
  out.group = is_kubernetes_group(group) ? Group::kubernetes : Group::foreign;
}

bool names_id(const Node& list, std::string_view id) {
  const auto texts = [&list](auto&& visit) {
    if (list.is_scalar()) return visit(list);
    return std::any_of(list.children.begin(), list.children.end(), visit);
  };
  return texts([id](const Node& item) {
    std::string_view text = item.text;
    if (text.starts_with(kIdPrefix)) text.remove_prefix(kIdPrefix.size());
    return text == id;
  });
}

// Missing and empty both mean `default`.
bool is_for(const Node* id, const DocumentContext& context) {
  static constexpr std::string_view kEverybody = "_automatic_";
  const bool empty = !id || id->is_null() || (id->is_scalar() ? id->text.empty() : id->children.empty());
  if (empty) return context.ambassador_id == "default";
  if (id->is_mapping()) return true;
  const bool single = id->is_scalar() || id->children.size() == 1;
  return names_id(*id, context.ambassador_id) || (single && names_id(*id, kEverybody));
}

const Node* id_node(const Node* body) {
  if (!body) return nullptr;
  const Node* id = body->find("ambassador_id");
  return id ? id : body->find("ambassadorId");
}

bool is_text(const Node* parent, std::string_view key) {
  const Node* node = parent ? parent->find(key) : nullptr;
  return node && node->is_scalar() && !node->is_null() && !node->text.empty() && !has_line_break_or_nul(node->text);
}

bool require(const Node& root, const Node* parent, std::string_view key, Report& report) {
  if (is_text(parent, key)) return true;
  const Node* node = parent ? parent->find(key) : nullptr;
  if (node && !node->is_null()) {
    report.error(*node, "'" + std::string(key) + "' must be a text of one line that is not empty");
  } else {
    report.error(root, "the field '" + std::string(key) + "' is missing");
  }
  return false;
}

bool check_ids(const Envelope& envelope, Report& report) {
  const Node* id = id_node(envelope.body);
  if (!id || !id->is_mapping()) return true;
  report.error(*id, "'ambassador_id' must be a list of texts, not a mapping");
  return false;
}

bool check_namespace(const Node* parent, Report& report) {
  const Node* ns = parent ? parent->find("namespace") : nullptr;
  if (!ns || ns->is_null() || is_text(parent, "namespace")) return true;
  report.error(*ns, "'namespace' must be a text of one line that is not empty");
  return false;
}

void check_object_keys(const Node& root, const Envelope& envelope, Report& report) {
  static constexpr std::string_view kKeys[] = {"apiVersion", "kind", "metadata", "spec", "status"};
  for (std::size_t i = 0; i + 1 < root.children.size(); i += 2) {
    const Node& key = root.children[i];
    if (std::find(std::begin(kKeys), std::end(kKeys), key.text) != std::end(kKeys)) continue;
    const bool misplaced = find_field(envelope.known->fields, key.text) != nullptr;
    report.notice(key, "unknown field " + quote(key.text), misplaced ? "it belongs under 'spec'" : nearest_hint(key.text, kKeys));
  }
}

}  // namespace

Envelope open_envelope(const Node& root, const DocumentContext& context) {
  Envelope out;
  out.api_version = scalar_text(&root, "apiVersion");
  take_version(out);
  out.kind = scalar_text(&root, "kind");
  out.known = find_kind(out.kind);
  if (out.known) out.kind = out.known->name;
  const Node* metadata = root.find("metadata");
  out.object = metadata && metadata->is_mapping();
  out.metadata = out.object ? metadata : nullptr;
  out.body = out.object ? root.find("spec") : &root;
  if (out.body && out.body->is_null()) out.body = nullptr;
  const Node* carries_name = out.object ? metadata : &root;
  out.name = scalar_text(carries_name, "name");
  out.ns = scalar_text(carries_name, "namespace");
  if (out.ns == "_automatic_") out.ns = context.own_ns;
  if (out.ns.empty()) out.ns = context.ns;
  out.for_us = is_for(id_node(out.body), context);
  return out;
}

bool check_envelope(const Node& root, const Envelope& envelope, Report& report) {
  const Node* carries_name = envelope.object ? envelope.metadata : &root;
  bool good = require(root, &root, "apiVersion", report);
  good = require(root, carries_name, "name", report) && good;
  good = check_namespace(carries_name, report) && good;
  good = check_ids(envelope, report) && good;
  if (envelope.object) check_object_keys(root, envelope, report);
  if (envelope.body && !envelope.body->is_mapping()) {
    report.error(*envelope.body, "'spec' must be a mapping");
    good = false;
  }
  if (envelope.group == Group::kubernetes || envelope.group == Group::foreign) {
    report.error(root, "apiVersion " + quote(envelope.api_version) + " has no kind " + envelope.kind, "write getambassador.io/v3alpha1");
    good = false;
  }
  const std::string_view v = envelope.version;
  if (envelope.group == Group::ours && v != "v0" && v != "v1" && v != "v2" && v != kCurrent) {
    report.notice(root, "apiVersion " + quote(envelope.api_version) + " is not known and is taken for getambassador.io/v3alpha1");
  }
  return good;
}

std::string subject_of(const Envelope& envelope, const DocumentContext& context) {
  if (envelope.kind.empty()) return {};
  std::string out = envelope.kind;
  if (!envelope.name.empty()) out += ' ' + envelope.name;
  if (envelope.ns != context.own_ns) out += " (" + envelope.ns + ')';
  return out;
}

}  // namespace nuncio::config
