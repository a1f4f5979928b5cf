// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "base/text.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

using namespace nuncio;
using namespace std::literals;

TEST_SUITE("text") {
  TEST_CASE("character classes hold what the grammars name") {
    CHECK(is_token("!#$%&'*+-.^_`|~09azAZ"));
    for (const char c : "\"(),/:;<=>?@[\\]{} \t\x7f\r\n"s) CHECK_FALSE(is_char(c, kTokenChar));
    CHECK_FALSE(is_token(""));
    CHECK_FALSE(is_token("\xc3\xa4"));

    CHECK(is_field_value("a\tb \x80\xff~"));
    for (int c = 0; c < 0x20; ++c) CHECK(is_char(static_cast<char>(c), kFieldValueChar) == (c == '\t'));
    CHECK_FALSE(is_char('\x7f', kFieldValueChar));

    for (int c = 0; c < 256; ++c) CHECK(is_char(static_cast<char>(c), kTargetChar) == (c > 0x20 && c < 0x7f && c != '#'));
    CHECK(all_chars("09afAF", kHexChar));
    CHECK_FALSE(is_char('g', kHexChar));
    CHECK(all_chars("az-._~09", kUnreservedChar));
    CHECK_FALSE(is_char('%', kUnreservedChar));
  }

  TEST_CASE("letter case is ASCII only") {
    CHECK(lower_case("AbC-\xc4Z[") == "abc-\xc4z[");
    CHECK(equals_ignore_case("Transfer-Encoding", "tRANSFER-eNCODING"));
    CHECK_FALSE(equals_ignore_case("abc", "abcd"));
    CHECK_FALSE(equals_ignore_case("@", "`"));  // differ in the case bit, but are no letters
    CHECK_FALSE(equals_ignore_case("\xe4", "\xc4"));
    CHECK(starts_with_ignore_case("X-Envoy-Foo", "x-envoy-"));
    CHECK_FALSE(starts_with_ignore_case("X-Env", "x-envoy-"));
  }

  TEST_CASE("decimal numbers are whole, and bounded") {
    struct Case {
      std::string_view text;
      std::optional<std::uint64_t> value;
    };
    const Case cases[] = {
        {"0", 0},
        {"007", 7},
        {"18446744073709551615", 18446744073709551615U},
        {"18446744073709551616", {}},
        {"99999999999999999999999", {}},
        {"000000000000000000000000000012", 12},
        {"", {}},
        {"+1", {}},
        {"-1", {}},
        {" 1", {}},
        {"1 ", {}},
        {"0x1", {}},
        {"1e3", {}},
        {"\xd9\xa1", {}},
    };
    for (const auto& [text, value] : cases) {
      CAPTURE(text);
      CHECK(parse_decimal(text) == value);
    }
    CHECK(parse_decimal("65535", 65535) == 65535);
    CHECK_FALSE(parse_decimal("65536", 65535));
    CHECK(parse_decimal("0", 3) == 0);
    CHECK_FALSE(parse_decimal("9", 3));
  }

  TEST_CASE("hexadecimal numbers are whole, and bounded") {
    CHECK(parse_hex("fFfFfFfFfFfFfFfF") == 0xffffffffffffffffU);
    CHECK_FALSE(parse_hex("10000000000000000"));
    CHECK(parse_hex("00000000000000000001a") == 26);
    for (const auto text : {"", "0x1", "g", " 1", "-1", "1h"}) CHECK_FALSE(parse_hex(text));
    CHECK(parse_hex("7f", 127) == 127);
    CHECK_FALSE(parse_hex("80", 127));
    for (int c = 0; c < 256; ++c) CHECK((hex_digit(static_cast<char>(c)) >= 0) == is_char(static_cast<char>(c), kHexChar));
  }

  TEST_CASE("numbers become digits") {
    CHECK(DecimalText(0).view() == "0");
    CHECK(DecimalText(1024).view() == "1024");
    CHECK(DecimalText(18446744073709551615U).view() == "18446744073709551615");
  }

  TEST_CASE("lists are split at commas") {
    const auto split = [](std::string_view list) {
      std::vector<std::string> elements;
      while (const auto element = take_list_element(list)) elements.emplace_back(*element);
      return elements;
    };
    using Elements = std::vector<std::string>;
    CHECK(split("a, b\t,c") == Elements{"a", "b", "c"});
    CHECK(split(",a,,") == Elements{"", "a", "", ""});
    CHECK(split("") == Elements{""});
    CHECK(split("  ") == Elements{""});

    Elements seen;
    const bool whole = for_each_list_element(" ,x,, y z ,stop,w", [&](std::string_view element) {
      seen.emplace_back(element);
      return element != "stop";
    });
    CHECK_FALSE(whole);
    CHECK(seen == Elements{"x", "y z", "stop"});
    CHECK(trim_ows(" \t a b\t ") == "a b");
    CHECK(trim_ows("\r\n") == "\r\n");
  }

  TEST_CASE("edit distance") {
    CHECK(edit_distance("", "") == 0);
    CHECK(edit_distance("", "abc") == 3);
    CHECK(edit_distance("prefix", "prefix") == 0);
    CHECK(edit_distance("Prefix", "prefix") == 0);
    CHECK(edit_distance("prefx", "prefix") == 1);
    CHECK(edit_distance("perfix", "prefix") == 1);  // neighbours swapped
    CHECK(edit_distance("kitten", "sitting") == 3);
  }

  TEST_CASE("the nearest known word") {
    constexpr std::array known = {"prefix"sv, "prefix_regex"sv, "service"sv, "host"sv, "host_rewrite"sv, "rewrite"sv, "tls"sv};
    const auto nearest = [&](std::string_view word) { return nearest_word(word, known).value_or("-"); };
    CHECK(nearest("prefx") == "prefix");
    CHECK(nearest("srevice") == "service");
    CHECK(nearest("hots") == "host");
    CHECK(nearest("host_rewrites") == "host_rewrite");
    CHECK(nearest("tsl") == "tls");
    CHECK(nearest("timeout") == "-");
    CHECK(nearest("x") == "-");
    CHECK(nearest("") == "-");
    CHECK(nearest_word("prefix", {}) == std::nullopt);
  }
}
