// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "http/field_lines.h"

#include <cstring>

#include "http/byte_scan.h"

namespace nuncio {

namespace {

bool is_ows(char c) {
  return c == ' ' || c == '\t';
}

std::string_view text_between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

bool at_line_end(const char* at, const char* end) {
  return end - at >= 2 && std::memcmp(at, "\r\n", 2) == 0;
}

// The beginning of the next line, or null when this is not a field line
const char* parse_field_line(const char* at, const char* end, FieldList& fields) {
  const char* colon = scan::skip_token(at, end);
  if (colon == at || colon == end || *colon != ':') return nullptr;
  const char* value = colon + 1;
  if (value != end && *value == ' ') ++value;  // nearly always
  while (value != end && is_ows(*value)) ++value;
  const char* line_end = scan::skip_field_value(value, end);
  if (!at_line_end(line_end, end)) return nullptr;
  const char* value_end = line_end;
  while (value_end != value && is_ows(value_end[-1])) --value_end;
  const std::string_view name = text_between(at, colon);
  fields.add(name, text_between(value, value_end), field_id(name));
  return line_end + 2;
}

}  // namespace

FieldLines parse_field_lines(std::string_view section, FieldList& fields) {
  const char* at = section.data();
  const char* const end = at + section.size();
  const std::size_t most = fields.size() + kMaxFields;
  while (!at_line_end(at, end)) {
    if (fields.size() == most) return FieldLines::too_many;
    at = parse_field_line(at, end, fields);
    if (at == nullptr) return FieldLines::malformed;
  }
  return at + 2 == end ? FieldLines::ok : FieldLines::malformed;
}

}  // namespace nuncio
