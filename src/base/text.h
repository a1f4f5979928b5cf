// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Small functions over text. Letter case means ASCII only, whatever the locale says: protocol elements and configuration words are ASCII.
// Character classes are one table of bits, because the parsers of src/http ask about every byte of every head. Numbers are parsed
// whole or not at all: digits only, no sign, no white space, no overflow.
//
// THREAD: any; pure functions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace nuncio {

enum CharClass : std::uint8_t {
  kTokenChar = 1,       // RFC 9110 §5.6.2 tchar
  kFieldValueChar = 2,  // RFC 9110 §5.5: HTAB, SP, VCHAR, obs-text
  kTargetChar = 4,      // what a request target may hold: VCHAR but '#' (http-rules 10)
  kDigitChar = 8,
  kHexChar = 16,
  kUnreservedChar = 32,  // RFC 3986 §2.3
};

namespace detail {

constexpr std::uint8_t char_class_of(unsigned c) {
  const bool digit = c >= '0' && c <= '9';
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  const bool hex = digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  constexpr std::string_view kTokenMarks = "!#$%&'*+-.^_`|~";
  constexpr std::string_view kUnreservedMarks = "-._~";
  const auto in = [c](std::string_view set) { return c < 128 && set.find(static_cast<char>(c)) != std::string_view::npos; };
  unsigned bits = 0;
  if (digit || letter || in(kTokenMarks)) bits |= kTokenChar;
  if (c == '\t' || (c >= 0x20 && c != 0x7f)) bits |= kFieldValueChar;
  if (c > 0x20 && c < 0x7f && c != '#') bits |= kTargetChar;
  if (digit) bits |= kDigitChar;
  if (hex) bits |= kHexChar;
  if (digit || letter || in(kUnreservedMarks)) bits |= kUnreservedChar;
  return static_cast<std::uint8_t>(bits);
}

constexpr std::array<std::uint8_t, 256> char_classes() {
  std::array<std::uint8_t, 256> table{};
  for (unsigned c = 0; c < 256; ++c) table[c] = char_class_of(c);
  return table;
}

}  // namespace detail

inline constexpr std::array<std::uint8_t, 256> kCharClasses = detail::char_classes();

constexpr bool is_char(char c, CharClass which) {
  return (kCharClasses[static_cast<unsigned char>(c)] & which) != 0;
}

// every character is of the class; true for the empty text
constexpr bool all_chars(std::string_view text, CharClass which) {
  for (const char c : text) {
    if (!is_char(c, which)) return false;
  }
  return true;
}

constexpr bool is_token(std::string_view text) {
  return !text.empty() && all_chars(text, kTokenChar);
}
constexpr bool is_field_value(std::string_view text) {
  return all_chars(text, kFieldValueChar);
}

constexpr char lower_case(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
std::string lower_case(std::string_view text);

constexpr bool equals_ignore_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && lower_case(a[i]) != lower_case(b[i])) return false;
  }
  return true;
}
constexpr bool starts_with_ignore_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && equals_ignore_case(text.substr(0, prefix.size()), prefix);
}

// 0–15, or -1
constexpr int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char low = static_cast<char>(c | 0x20);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

// Leading zeros are decimal (http-rules 2). Nothing for the empty text, another character, or a value above `max`.
std::optional<std::uint64_t> parse_decimal(std::string_view text, std::uint64_t max = std::numeric_limits<std::uint64_t>::max());
std::optional<std::uint64_t> parse_hex(std::string_view text, std::uint64_t max = std::numeric_limits<std::uint64_t>::max());

// The decimal digits of a number, without heap
class DecimalText {
 public:
  explicit DecimalText(std::uint64_t value);
  std::string_view view() const { return {digits_.data() + begin_, digits_.size() - begin_}; }

 private:
  std::array<char, 20> digits_;
  std::size_t begin_ = 20;
};

// without optional white space (SP, HTAB) around it; RFC 9110 §5.6.3
constexpr std::string_view trim_ows(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes the next element off a comma-separated list, trimmed; empty elements come out as empty text. Nothing when the list is used up.
// Knows nothing of quoted strings: for lists of tokens (RFC 9110 §5.6.1).
std::optional<std::string_view> take_list_element(std::string_view& list);

// Calls visit(element) for every non-empty element of a comma-separated list; stops, and returns false, when visit returns false.
template <class Visit>
bool for_each_list_element(std::string_view list, Visit visit) {
  while (const auto element = take_list_element(list)) {
    if (!element->empty() && !visit(*element)) return false;
  }
  return true;
}

// Number of insertions, deletions, replacements and swaps of neighbours between two words, without regard to case.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The known word that is nearest to a mistyped one ("did you mean"), or nothing when none is near: a distance of at most a third of
// the word's length, and at least 1. The earlier of two equally near ones wins.
std::optional<std::string_view> nearest_word(std::string_view word, std::span<const std::string_view> known);

}  // namespace nuncio
