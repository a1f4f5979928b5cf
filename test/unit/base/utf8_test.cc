// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "base/utf8.h"

#include <doctest/doctest.h>

#include <string>

using namespace nuncio;
using namespace std::string_view_literals;

TEST_CASE("utf8: well-formed sequences (RFC 3629 §4)") {
  struct Case {
    std::string_view text;
    std::size_t length;
    char32_t character;
  };
  const Case cases[] = {
      {"a", 1, 'a'},
      {"\0"sv, 1, 0},
      {"\xc2\x80", 2, 0x80},
      {"\xdf\xbf", 2, 0x7ff},
      {"\xe0\xa0\x80", 3, 0x800},
      {"\xed\x9f\xbf", 3, 0xd7ff},
      {"\xef\xbf\xbd", 3, 0xfffd},
      {"\xe2\x80\xa8", 3, 0x2028},
      {"\xf0\x90\x80\x80", 4, 0x10000},
      {"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
  };
  for (const Case& c : cases) {
    REQUIRE(utf8_sequence(c.text) == c.length);
    CHECK(utf8_sequence(std::string(c.text) + "z") == c.length);
    CHECK(utf8_character(c.text) == c.character);
  }
}

TEST_CASE("utf8: what is not well formed") {
  const std::string_view cases[] = {
      "",
      "\x80",              // a tail alone
      "\xc0\x80",          // overlong
      "\xc1\xbf",          // overlong
      "\xe0\x9f\xbf",      // overlong
      "\xf0\x8f\xbf\xbf",  // overlong
      "\xed\xa0\x80",      // surrogate
      "\xf4\x90\x80\x80",  // above U+10FFFF
      "\xf5\x80\x80\x80",
      "\xff",
      "\xc2",          // cut
      "\xe2\x80",      // cut
      "\xf0\x90\x80",  // cut
      "\xc2x",         // no tail
      "\xe2\x80x",     // no tail
  };
  for (const std::string_view text : cases) CHECK(utf8_sequence(text) == 0);
}

TEST_CASE("utf8: characters that end lines or steer terminals") {
  for (const char32_t c : {0x00, 0x0a, 0x0d, 0x1b, 0x1f, 0x7f, 0x85, 0x9b, 0x9f, 0x2028, 0x2029}) CHECK(is_unprintable(c));
  for (const char32_t c : {0x20, 0x7e, 0xa0, 0xe9, 0x20ac, 0x1f600}) CHECK_FALSE(is_unprintable(c));
}
