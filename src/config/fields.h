// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Compares a mapping of a document with the rows of the schema table: types, ranges, required and unknown fields, fields that this
// version does not serve. What passes can be read from the result by name; every value there has the type that the table promises.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/report.h"
#include "config/schema.h"
#include "config/yaml.h"

namespace nuncio::config {

class Fields {
 public:
  // the value of a field, or null when it is absent, empty (null) or was refused
  const Node* find(std::string_view name) const;

  std::optional<std::string> text(std::string_view name) const;
  std::optional<int> integer(std::string_view name) const;
  std::optional<bool> flag(std::string_view name) const;
  bool flag_or(std::string_view name, bool fallback) const { return flag(name).value_or(fallback); }

  bool broken() const { return broken_; }      // a field is missing or of a wrong type
  bool left_out() const { return left_out_; }  // Effect::left_out
  bool unusable() const { return unusable_; }  // Effect::unusable
  // name of the first field with Effect::closed that was given, well-formed or not; empty: none
  const std::string& closed() const { return closed_; }

 private:
  friend class FieldChecker;
  std::vector<std::pair<const Field*, const Node*>> present_;
  bool broken_ = false;
  bool left_out_ = false;
  bool unusable_ = false;
  std::string closed_;
};

struct FieldRules {
  std::span<const Field> fields;
  std::span<const Field> also = {};  // accepted beside them, and not in the result
  std::string what = {};             // "Mapping", for messages
  bool strict = false;               // unknown fields are errors
  bool silent = false;               // the whole is not served: say nothing about effects of its parts
};

Fields check_fields(const Node& object, const FieldRules& rules, Report& report);

// texts of a Type::texts or Type::comma_texts value
std::vector<std::string> texts_of(const Node& value);
std::vector<std::string> comma_texts_of(const Node& value);

}  // namespace nuncio::config
