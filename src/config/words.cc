// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors

#include "config/words.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace nuncio::config {

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::vector<std::string_view> split_at(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    const std::string_view part = trim(text.substr(begin, end - begin));
    if (!part.empty()) out.push_back(part);
    begin = end + 1;
  }
  return out;
}

std::optional<std::int64_t> to_integer(std::string_view text) {
  text = trim(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<bool> to_flag(std::string_view text) {
  const std::string word = lower_case(trim(text));
  if (word == "true" || word == "yes" || word == "on") return true;
  if (word == "false" || word == "no" || word == "off") return false;
  return std::nullopt;
}

bool has_line_break_or_nul(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

bool is_visible_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

std::string quote(std::string_view text) {
  static constexpr std::size_t kLongest = 100;
  std::string out = "'";
  std::size_t shown = std::min(text.size(), kLongest);
  while (shown < text.size() && shown > 0 && (static_cast<unsigned char>(text[shown]) & 0xc0) == 0x80) --shown;
  for (const char c : text.substr(0, shown)) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\0') {
      out += "\\0";
    } else {
      out += c;
    }
  }
  return out + (shown < text.size() ? "…'" : "'");
}

std::string nearest_hint(std::string_view word, std::span<const std::string_view> known) {
  static constexpr std::size_t kLongestWord = 64;  // nobody mistypes more, and the search costs time
  const auto nearest = word.size() > kLongestWord ? std::nullopt : nearest_word(word, known);
  return nearest ? "did you mean " + quote(*nearest) + "?" : std::string();
}

}  // namespace nuncio::config
