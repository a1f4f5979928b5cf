// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors

#include "config/http_fields.h"

#include <algorithm>

#include "base/text.h"
#include "config/words.h"

namespace nuncio::config {

namespace {

bool belongs_to_nuncio(std::string_view name) {
  static constexpr std::string_view kNames[] = {"host", "content-length", "transfer-encoding", "connection", "keep-alive", "upgrade",
                                                "te",   "trailer",        "proxy-connection"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

bool is_variable_byte(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// length of a variable such as %REQ(X-A?X-B):10% at the beginning of `text`, or 0
std::size_t variable_length(std::string_view text) {
  std::size_t at = 1;
  while (at < text.size() && is_variable_byte(text[at])) ++at;
  if (at == 1 || at == text.size()) return 0;
  if (text[at] == '(') {
    at = text.find(')', at);
    if (at == std::string_view::npos) return 0;
    ++at;
  }
  if (at < text.size() && text[at] == ':') {
    at = std::min(text.find_first_not_of("0123456789", at + 1), text.size());
  }
  return at < text.size() && text[at] == '%' ? at + 1 : 0;
}

bool is_known_variable(std::string_view name) {
  static constexpr std::string_view kNames[] = {"PROTOCOL", "REQ", "START_TIME", "HOSTNAME", "RESPONSE_FLAGS", "RESPONSE_CODE_DETAILS"};
  if (name.starts_with("DOWNSTREAM_") || name.starts_with("UPSTREAM_")) return true;
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

class ValueReader {
 public:
  ValueReader(const Node& name, const Node& value, Report& report) : name_(name), value_(value), report_(report) {}

  // nothing: the field is left out, and the report says why
  std::optional<std::string> run() {
    std::string out;
    const std::string_view text = value_.text;
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (text[at] != '%') {
        out += text[at];
        continue;
      }
      if (text.substr(at).starts_with("%%")) {
        ++at;
      } else if (const std::size_t length = variable_length(text.substr(at)); length > 0) {
        variable(text.substr(at, length));
        return std::nullopt;
      } else {
        report_.notice(value_, "a single '%' in the value of " + quote(name_.text) + " is taken as it is", "write '%%'");
      }
      out += '%';
    }
    return out;
  }

 private:
  void variable(std::string_view text) {
    const std::string_view name = text.substr(1, text.find_first_of("(:%", 1) - 1);
    if (is_known_variable(name)) {
      report_.notice(value_,
                     "the variable " + quote(text) + " is not served by this version; the field " + quote(name_.text) + " is left out");
    } else {
      report_.error(value_, "the variable " + quote(text) + " is not known; the field " + quote(name_.text) + " is left out");
    }
  }

  const Node& name_;
  const Node& value_;
  Report& report_;
};

void add_field(const Node& name, const Node& value, std::vector<model::FieldValue>& out, Report& report) {
  if (belongs_to_nuncio(lower_case(name.text))) {
    report.notice(name, "the field " + quote(name.text) + " is left out: nuncio writes it itself");
    return;
  }
  const Node& text = value.is_mapping() ? *value.find("value") : value;
  const Node* append = value.is_mapping() ? value.find("append") : nullptr;
  auto read = ValueReader(name, text, report).run();
  if (!read) return;
  const bool appends = !append || to_flag(append->text).value_or(true);
  out.push_back({name.text, std::string(trim(*read)), appends});
}

void merge_breaker(const Node& entry, model::CircuitBreaker& out, Report& report) {
  const Node* priority = entry.find("priority");
  if (priority && !priority->is_null() && !equals_ignore_case(priority->text, "default")) {
    report.notice(*priority, "the priority " + quote(priority->text) + " is not served by this version; its limits have no effect");
    return;
  }
  const auto take = [&entry](const char* name, std::uint32_t fallback) {
    const Node* value = entry.find(name);
    return value ? static_cast<std::uint32_t>(to_integer(value->text).value_or(fallback)) : fallback;
  };
  out.max_connections = take("max_connections", 1024);
  out.max_pending_requests = take("max_pending_requests", 1024);
}

}  // namespace

std::optional<std::vector<model::FieldValue>> fields_to_add(const Fields& fields, std::string_view name, Report& report) {
  const Node* map = fields.find(name);
  if (!map) return std::nullopt;
  std::vector<model::FieldValue> out;
  for (std::size_t i = 0; i + 1 < map->children.size(); i += 2) add_field(map->children[i], map->children[i + 1], out, report);
  return out;
}

std::optional<std::vector<std::string>> fields_to_remove(const Fields& fields, std::string_view name, Report& report) {
  const Node* list = fields.find(name);
  if (!list) return std::nullopt;
  std::vector<std::string> out;
  for (const std::string& text : comma_texts_of(*list)) {
    std::string lower = lower_case(text);
    if (!is_token(lower)) {
      report.error(*list, "'" + std::string(name) + "' holds " + quote(text) + ", which is not a field name and has no effect");
    } else if (belongs_to_nuncio(lower)) {
      report.notice(*list, "the field " + quote(text) + " cannot be removed");
    } else if (std::find(out.begin(), out.end(), lower) == out.end()) {
      out.push_back(std::move(lower));
    }
  }
  return out;
}

std::optional<model::CircuitBreaker> circuit_breaker(const Fields& fields, Report& report) {
  const Node* list = fields.find("circuit_breakers");
  if (!list) return std::nullopt;
  model::CircuitBreaker out;
  if (list->is_mapping()) {
    merge_breaker(*list, out, report);
  } else {
    for (const Node& entry : list->children) merge_breaker(entry, out, report);
  }
  return out;
}

}  // namespace nuncio::config
