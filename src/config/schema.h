// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The one table of kinds and fields. It drives the reading of documents (types, ranges, required fields), the diagnostics of unknown
// fields with the nearest known name, what is said about fields that this version does not serve, and the field list of
// nuncio-mapping(5). A field that is not in the table does not exist (spec: ambassador-mapping.md, -module.md, -services.md,
// -tls-host.md).
//
// The rows stand in schema_mapping.cc, schema_module.cc, schema_services.cc and schema_tls.cc. Everything here is constant.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace nuncio::config {

enum class Type : std::uint8_t {
  text,          // one line
  lines,         // text that may hold line breaks
  word,          // one of `words`, in any letter case
  flag,          // boolean
  integer,       // within [least, most]
  number,        // decimal fraction
  duration,      // "250ms", "1s"
  service,       // spec: ambassador.md 6
  texts,         // list of texts; one text stands for a list of one
  comma_texts,   // list of texts, or one text with commas
  text_map,      // name → text
  match_map,     // name → text, or true for "present"
  field_map,     // name → text, boolean or {value, append}: fields of HTTP messages
  flag_or_text,  // boolean or a name
  object,        // `members`
  objects,       // list of `members`; one object stands for a list of one
  object_map,    // name → `members`
  any,
};

// What becomes of a field, or of a document of a kind. Except for `served`, only a value that differs from the default counts.
enum class Effect : std::uint8_t {
  served,
  unserved,  // not served by this version: a notice, the rest works
  left_out,  // not served, and without it requests would go astray: the document is left out, with a notice
  unusable,  // not served, and without it the upstream would be spoken to wrongly: the service answers 503, with a notice
  closed,    // not served, and it decides who may be served: what it protects answers 500, with a notice
  unused,    // never had an effect, or none here: silence
  noted,     // has no effect: a notice
  refused,   // has no effect and is missed: an error, the rest works
};

inline constexpr std::int64_t kMostMilliseconds = std::numeric_limits<std::int32_t>::max();

struct Field {
  std::string_view name;
  Type type = Type::text;
  Effect effect = Effect::served;
  bool required = false;
  std::int64_t least = std::numeric_limits<std::int32_t>::min();
  std::int64_t most = std::numeric_limits<std::int32_t>::max();
  std::string_view words = {};  // of Type::word, with blanks between them
  std::span<const Field> members = {};
  std::string_view fallback = {};  // the default, as the manual prints it
  std::string_view sentence = {};  // for the manual
};

struct Kind {
  std::string_view name;  // "Mapping"; "Module tls" for the configuration of a Module of that name
  Effect effect = Effect::served;
  bool strict = false;  // an unknown field is an error (spec README "nuncio check")
  std::span<const Field> fields = {};
  std::string_view sentence = {};  // what the kind is for; for a kind that is not served, said in its notice too
};

std::span<const Kind> kinds();
// any letter case; a leading "Ambassador" is dropped (spec: ambassador.md 3); null when unknown
const Kind* find_kind(std::string_view name);
const Field* find_field(std::span<const Field> fields, std::string_view name);
// what every document may carry beside its own fields: name, namespace, ambassador_id …
std::span<const Field> common_fields();

std::span<const Field> mapping_fields();
std::span<const Field> module_fields();
std::span<const Field> module_tls_fields();
std::span<const Field> module_authentication_fields();
std::span<const Field> tcp_mapping_fields();
std::span<const Field> auth_service_fields();
std::span<const Field> rate_limit_service_fields();
std::span<const Field> tracing_service_fields();
std::span<const Field> log_service_fields();
std::span<const Field> tls_context_fields();
std::span<const Field> host_fields();
std::span<const Field> listener_fields();
std::span<const Field> consul_resolver_fields();

// members that several kinds share
std::span<const Field> circuit_breaker_fields();
std::span<const Field> keepalive_fields();
std::span<const Field> retry_policy_fields();
std::span<const Field> load_balancer_fields();
std::span<const Field> cors_fields();
std::span<const Field> error_override_fields();

}  // namespace nuncio::config
