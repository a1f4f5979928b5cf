// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Is this UTF-8? (RFC 3629 §4: no overlong forms, no surrogates, nothing above U+10FFFF.) For logs that quote what peers and documents
// said: what is not UTF-8 is escaped there.
#pragma once

#include <cstddef>
#include <string_view>

namespace nuncio {

// length of the well-formed sequence that `text` begins with: 1 to 4, or 0 when there is none
constexpr std::size_t utf8_sequence(std::string_view text) {
  const auto byte = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto is_tail = [](unsigned b) { return (b & 0xc0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first < 0x80) return text.empty() ? 0 : 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  if (first < 0xe0) return is_tail(byte(1)) ? 2 : 0;
  const unsigned low = first == 0xe0 ? 0xa0U : first == 0xf0 ? 0x90U : 0x80U;
  const unsigned high = first == 0xed ? 0x9fU : first == 0xf4 ? 0x8fU : 0xbfU;
  if (byte(1) < low || byte(1) > high || !is_tail(byte(2))) return 0;
  if (first < 0xf0) return 3;
  return is_tail(byte(3)) ? 4 : 0;
}

// the character of a sequence that utf8_sequence found well formed
constexpr char32_t utf8_character(std::string_view sequence) {
  const auto byte = [sequence](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(sequence[i])); };
  switch (sequence.size()) {
    case 1:
      return byte(0);
    case 2:
      return (byte(0) & 0x1f) << 6 | (byte(1) & 0x3f);
    case 3:
      return (byte(0) & 0x0f) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f);
    default:
      return (byte(0) & 0x07) << 18 | (byte(1) & 0x3f) << 12 | (byte(2) & 0x3f) << 6 | (byte(3) & 0x3f);
  }
}

// Characters that end a line or steer a terminal without looking like it: C0, DEL, C1, and the separators U+2028 and U+2029, at which
// some readers end a line.
constexpr bool is_unprintable(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029;
}

}  // namespace nuncio
