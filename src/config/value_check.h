// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Does a value have the type that its row of the schema table asks for? The obvious is accepted: numeric text for numbers, "true" for
// true, one text for a list of one (spec: ambassador.md 7). Every refusal is an error that names the field; no text but Type::lines
// may hold CR, LF or NUL (spec: http-rules 31).
#pragma once

#include <string>

#include "config/fields.h"
#include "config/report.h"
#include "config/schema.h"
#include "config/yaml.h"

namespace nuncio::config {

struct ValueRules {
  std::string name;     // for messages
  bool strict = false;  // unknown members are errors
  bool silent = false;  // nothing is said about effects of members
};

bool check_value(const Field& field, const Node& value, const ValueRules& rules, Report& report);

// members of an object; `path` stands before their names in messages
bool check_members(const Node& object, const FieldRules& rules, const std::string& path, Report& report);

}  // namespace nuncio::config
