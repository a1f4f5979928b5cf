// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The outside of a document: flat or Kubernetes shape, version, kind, name, namespace, ambassador_id (spec: ambassador.md 1–5).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/report.h"
#include "config/schema.h"
#include "config/yaml.h"

namespace nuncio::config {

// What a document gets from outside
struct DocumentContext {
  std::string ambassador_id = "default";
  std::string own_ns = "default";
  std::string ns = "default";  // of a document that names none: that of the carrier, or nuncio's own
  bool single_namespace = false;
  bool bare_names = false;  // Module use_ambassador_namespace_for_service_resolution
  bool inside_annotation = false;
};

enum class Group : std::uint8_t { ours, kubernetes, foreign, absent };

struct Envelope {
  Group group = Group::absent;
  std::string version;      // "v0" … "v3alpha1"; of our group only
  std::string api_version;  // as written
  std::string kind;         // the table's spelling when the kind is known
  const Kind* known = nullptr;
  std::string name;
  std::string ns;
  bool object = false;             // Kubernetes shape
  const Node* body = nullptr;      // where the fields stand: the document itself, or `spec` (null when absent)
  const Node* metadata = nullptr;  // of an object
  bool for_us = true;              // ambassador_id
};

// Never fails: what is missing stays empty and is judged by check_envelope.
Envelope open_envelope(const Node& root, const DocumentContext& context);

// Reports what is wrong with it; false: the document is lost.
bool check_envelope(const Node& root, const Envelope& envelope, Report& report);

// "Mapping web", or "Mapping web (shop)" when the namespace is not nuncio's own
std::string subject_of(const Envelope& envelope, const DocumentContext& context);

}  // namespace nuncio::config
