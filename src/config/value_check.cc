// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors

#include "config/value_check.h"

#include <algorithm>
#include <cstdlib>

#include "base/text.h"
#include "config/service_name.h"
#include "config/words.h"

namespace nuncio::config {

namespace {

class ValueChecker {
 public:
  ValueChecker(const Field& field, const ValueRules& rules, Report& report) : field_(field), rules_(rules), report_(report) {}

  bool check(const Node& value) {
    switch (field_.type) {
      case Type::text:
        return scalar(value, "a text") && one_line(value);
      case Type::lines:
        return scalar(value, "a text") && no_nul(value);
      case Type::word:
        return scalar(value, "a text") && word(value);
      case Type::flag:
        return scalar(value, "true or false") && (to_flag(value.text) || refuse(value, "must be true or false, not " + quote(value.text)));
      case Type::integer:
        return scalar(value, "a number") && integer(value);
      case Type::number:
        return scalar(value, "a number") && number(value);
      case Type::duration:
        return scalar(value, "a duration such as 250ms") && duration(value);
      case Type::service:
        return scalar(value, "a text") && one_line(value) && service(value);
      case Type::texts:
      case Type::comma_texts:
        return texts(value);
      case Type::text_map:
      case Type::match_map:
        return text_map(value);
      case Type::field_map:
        return field_map(value);
      case Type::flag_or_text:
        return scalar(value, "true, false or a name") && one_line(value);
      case Type::object:
        return object(value, field_.members);
      case Type::objects:
        return objects(value);
      case Type::object_map:
        return object_map(value);
      case Type::any:
        return true;
    }
    return true;
  }

 private:
  bool refuse(const Node& at, const std::string& what) {
    report_.error(at, "'" + rules_.name + "' " + what);
    return false;
  }

  bool scalar(const Node& value, const char* wanted) {
    if (value.is_scalar() && !value.is_null()) return true;
    const char* found = value.is_scalar() ? "nothing" : value.is_sequence() ? "a list" : "a mapping";
    return refuse(value, std::string("must be ") + wanted + ", not " + found);
  }

  bool one_line(const Node& value) {
    return !has_line_break_or_nul(value.text) || refuse(value, "holds a CR, LF or NUL: " + quote(value.text));
  }

  bool no_nul(const Node& value) { return value.text.find('\0') == std::string::npos || refuse(value, "holds a NUL"); }

  bool word(const Node& value) {
    std::string list;
    for (const std::string_view word : split_at(field_.words, ' ')) {
      if (equals_ignore_case(word, value.text)) return true;
      list += (list.empty() ? "" : ", ") + std::string(word);
    }
    return refuse(value, "must be one of " + list + ", not " + quote(value.text));
  }

  bool integer(const Node& value) {
    const auto number = to_integer(value.text);
    if (!number) return refuse(value, "must be a whole number, not " + quote(value.text));
    if (*number >= field_.least && *number <= field_.most) return true;
    return refuse(value,
                  "must be between " + std::to_string(field_.least) + " and " + std::to_string(field_.most) + ", not " + quote(value.text));
  }

  bool number(const Node& value) {
    char* end = nullptr;
    std::strtod(value.text.c_str(), &end);
    return (!value.text.empty() && *end == '\0') || refuse(value, "must be a number, not " + quote(value.text));
  }

  bool duration(const Node& value) {
    const std::string_view text = value.text;
    const std::size_t unit = std::min(text.find_first_not_of("0123456789."), text.size());
    static constexpr std::string_view kUnits[] = {"ns", "us", "ms", "s", "m", "h"};
    const bool known = std::find(std::begin(kUnits), std::end(kUnits), text.substr(unit)) != std::end(kUnits);
    return (unit > 0 && known) || refuse(value, "must be a duration such as 250ms or 1s, not " + quote(text));
  }

  bool service(const Node& value) {
    const ServiceName name = parse_service(value.text);
    for (const std::string& mistake : name.mistakes) report_.error(value, mistake);
    if (name.problem.empty()) return true;
    report_.error(value, name.problem);
    return false;
  }

  bool texts(const Node& value) {
    if (value.is_scalar()) return scalar(value, "a list of texts") && one_line(value);
    if (!value.is_sequence()) return refuse(value, "must be a list of texts, not a mapping");
    bool good = true;
    for (const Node& item : value.children) good = scalar(item, "a list of texts") && one_line(item) && good;
    return good;
  }

  bool mapping(const Node& value) { return value.is_mapping() || refuse(value, "must be a mapping of names to values"); }

  bool text_map(const Node& value) {
    if (!mapping(value)) return false;
    bool good = true;
    for (std::size_t i = 0; i + 1 < value.children.size(); i += 2) {
      good = one_line(value.children[i]) && good;
      good = scalar(value.children[i + 1], "a mapping of names to texts") && one_line(value.children[i + 1]) && good;
    }
    return good;
  }

  bool field_map(const Node& value) {
    if (!mapping(value)) return false;
    bool good = true;
    for (std::size_t i = 0; i + 1 < value.children.size(); i += 2) good = http_field(value.children[i], value.children[i + 1]) && good;
    return good;
  }

  bool http_field(const Node& name, const Node& value) {
    if (!is_token(name.text)) return refuse(name, "holds " + quote(name.text) + ", which is not a field name");
    const Node* text = &value;
    if (value.is_mapping()) {
      static constexpr Field kMembers[] = {{.name = "value", .required = true}, {.name = "append", .type = Type::flag}};
      const std::string path = rules_.name + "." + name.text;
      if (!check_members(value, {.fields = kMembers, .strict = rules_.strict}, path, report_)) return false;
      text = value.find("value");
    }
    if (!scalar(*text, "a mapping of field names to texts")) return false;
    return is_field_value(text->text) || refuse(*text, "has a CR, LF, NUL or other control character in the value of " + quote(name.text));
  }

  bool object(const Node& value, std::span<const Field> members) {
    if (!value.is_mapping()) return refuse(value, std::string("must be a mapping, not ") + (value.is_scalar() ? "a text" : "a list"));
    const FieldRules rules{.fields = members, .what = "document", .strict = rules_.strict, .silent = rules_.silent};
    return check_members(value, rules, rules_.name, report_);
  }

  bool objects(const Node& value) {
    if (!value.is_sequence()) return object(value, field_.members);
    bool good = true;
    for (const Node& item : value.children) good = object(item, field_.members) && good;
    return good;
  }

  bool object_map(const Node& value) {
    if (!mapping(value)) return false;
    bool good = true;
    for (std::size_t i = 0; i + 1 < value.children.size(); i += 2) good = object(value.children[i + 1], field_.members) && good;
    return good;
  }

  const Field& field_;
  const ValueRules& rules_;
  Report& report_;
};

}  // namespace

bool check_value(const Field& field, const Node& value, const ValueRules& rules, Report& report) {
  return ValueChecker(field, rules, report).check(value);
}

}  // namespace nuncio::config
