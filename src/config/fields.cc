// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors

#include "config/fields.h"

#include <algorithm>

#include "base/text.h"
#include "config/service_name.h"
#include "config/value_check.h"
#include "config/words.h"

namespace nuncio::config {

namespace {

constexpr int kMostUnknown = 20;  // in one object; a thousand of them say no more

// A value that says what holds anyway changes nothing, so nothing is said about it.
bool differs_from_default(const Field& field, const Node& value) {
  if (field.effect == Effect::closed) return true;
  if (field.type == Type::flag || field.type == Type::flag_or_text) {
    const auto flag = to_flag(value.text);
    return !flag || (field.type == Type::flag_or_text && !value.plain) || *flag != (field.fallback == "true");
  }
  if (value.is_scalar()) return value.text.empty() || !equals_ignore_case(value.text, field.fallback);
  if (field.name == "load_balancer") {
    const Node* policy = value.find("policy");
    return !policy || !equals_ignore_case(policy->text, "round_robin");
  }
  return !value.children.empty();
}

}  // namespace

class FieldChecker {
 public:
  FieldChecker(const FieldRules& rules, Report& report, std::string path) : rules_(rules), report_(report), path_(std::move(path)) {}

  Fields run(const Node& object) {
    for (std::size_t i = 0; i + 1 < object.children.size(); i += 2) take(object.children[i], object.children[i + 1]);
    for (const Field& field : rules_.fields) {
      if (field.required && !seen(field)) missing(object, field);
    }
    return std::move(out_);
  }

 private:
  bool seen(const Field& field) const {
    return std::any_of(seen_.begin(), seen_.end(), [&field](const Field* other) { return other == &field; });
  }

  void missing(const Node& object, const Field& field) {
    out_.broken_ = true;
    report_.error(object, "the field '" + path_ + std::string(field.name) + "' is missing");
  }

  void take(const Node& key, const Node& value) {
    const Field* field = find_field(rules_.fields, key.text);
    if (!field) {
      if (!find_field(rules_.also, key.text)) unknown(key);
      return;
    }
    if (value.is_null() && field->type != Type::any && field->effect != Effect::closed) {
      if (field->required) return;
      report_.notice(key, "'" + name_of(*field) + "' has no value and counts as absent");
      return;
    }
    seen_.push_back(field);
    if (!check(*field, value)) {
      out_.broken_ = true;
      if (field->effect == Effect::closed && out_.closed_.empty()) out_.closed_ = field->name;
      return;
    }
    out_.present_.emplace_back(field, &value);
    if (field->effect != Effect::served && !rules_.silent && differs_from_default(*field, value)) apply(*field, key);
  }

  bool check(const Field& field, const Node& value) {
    const bool silent = rules_.silent || field.effect != Effect::served;
    return check_value(field, value, {name_of(field), rules_.strict, silent}, report_);
  }

  void unknown(const Node& key) {
    if (++unknown_ > kMostUnknown) return;
    std::vector<std::string_view> known;
    for (const Field& field : rules_.fields) known.push_back(field.name);
    for (const Field& field : rules_.also) known.push_back(field.name);
    std::string message = "unknown field " + quote(path_ + key.text);
    if (unknown_ == kMostUnknown) message += "; further ones are not listed";
    if (rules_.strict) {
      report_.error(key, std::move(message), nearest_hint(key.text, known));
    } else {
      report_.notice(key, std::move(message), nearest_hint(key.text, known));
    }
  }

  void apply(const Field& field, const Node& key) {
    const std::string name = "'" + name_of(field) + "'";
    switch (field.effect) {
      case Effect::left_out:
        out_.left_out_ = true;
        return report_.notice(key,
                              name + " is not served by this version; the " + rules_.what + " is left out, so that no request goes astray");
      case Effect::unusable:
        out_.unusable_ = true;
        return report_.notice(key, name + " is not served by this version; the " + rules_.what + " answers 503");
      case Effect::closed:
        if (out_.closed_.empty()) out_.closed_ = field.name;
        return report_.notice(key, name + " is not served by this version; since it decides who may be served, routes answer 500");
      case Effect::noted:
        return report_.notice(key, name + " has no effect");
      case Effect::refused:
        return report_.error(key, name + " is not supported and has no effect");
      case Effect::unserved:
        return report_.notice(key, name + " is not served by this version; it has no effect");
      case Effect::served:
      case Effect::unused:
        return;
    }
  }

  std::string name_of(const Field& field) const { return path_ + std::string(field.name); }

  const FieldRules& rules_;
  Report& report_;
  std::string path_;
  std::vector<const Field*> seen_;
  int unknown_ = 0;
  Fields out_;
};

const Node* Fields::find(std::string_view name) const {
  for (const auto& [field, node] : present_) {
    if (field->name == name) return node;
  }
  return nullptr;
}

std::optional<std::string> Fields::text(std::string_view name) const {
  const Node* node = find(name);
  return node ? std::optional(node->text) : std::nullopt;
}

std::optional<int> Fields::integer(std::string_view name) const {
  const Node* node = find(name);
  if (!node) return std::nullopt;
  const auto value = to_integer(node->text);
  return value ? std::optional(static_cast<int>(*value)) : std::nullopt;
}

std::optional<bool> Fields::flag(std::string_view name) const {
  const Node* node = find(name);
  return node ? to_flag(node->text) : std::nullopt;
}

Fields check_fields(const Node& object, const FieldRules& rules, Report& report) {
  return FieldChecker(rules, report, {}).run(object);
}

bool check_members(const Node& object, const FieldRules& rules, const std::string& path, Report& report) {
  return !FieldChecker(rules, report, path + ".").run(object).broken();
}

std::vector<std::string> texts_of(const Node& value) {
  if (value.is_scalar()) return {value.text};
  std::vector<std::string> out;
  for (const Node& item : value.children) out.push_back(item.text);
  return out;
}

std::vector<std::string> comma_texts_of(const Node& value) {
  if (value.is_sequence()) return texts_of(value);
  std::vector<std::string> out;
  for (const std::string_view part : split_at(value.text, ',')) out.emplace_back(part);
  return out;
}

}  // namespace nuncio::config
