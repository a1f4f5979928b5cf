// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "http/host.h"

#include <doctest/doctest.h>

#include <string>

using namespace nuncio;
using namespace std::literals;

TEST_SUITE("host") {
  TEST_CASE("valid authorities") {
    struct Case {
      std::string_view text;
      std::string_view host;
      std::optional<std::uint16_t> port;
    };
    const Case cases[] = {
        {"a", "a", {}},
        {"Example.COM:8080", "Example.COM", 8080},
        {"example.com.", "example.com.", {}},
        {"under_score-and~tilde.example", "under_score-and~tilde.example", {}},
        {"a:", "a", {}},
        {"a:0", "a", 0},
        {"a:65535", "a", 65535},
        {"a:00080", "a", 80},
        {"127.0.0.1:80", "127.0.0.1", 80},
        {"[::1]", "[::1]", {}},
        {"[2001:DB8::1]:443", "[2001:DB8::1]", 443},
        {"[::ffff:192.0.2.1]:", "[::ffff:192.0.2.1]", {}},
    };
    for (const auto& c : cases) {
      CAPTURE(c.text);
      const auto authority = parse_authority(c.text);
      REQUIRE(authority);
      CHECK(authority->host == c.host);
      CHECK(authority->port == c.port);
    }
    CHECK(parse_authority(std::string(255, 'a')));
  }

  TEST_CASE("what is no authority") {
    for (const auto text : {"",
                            ":",
                            ":80",
                            "a b",
                            " a",
                            "a ",
                            "a,b",
                            "a;b",
                            "a/b",
                            "a?b",
                            "a#b",
                            "a@b",
                            "@a",
                            "a\\b",
                            "a%61",
                            "a%",
                            "a!b",
                            "a*b",
                            "*",
                            "a:b",
                            "a:-1",
                            "a:+1",
                            "a:8 0",
                            "a:65536",
                            "a:99999999999999999999",
                            "a:80:80",
                            "::1",
                            "[]",
                            "[",
                            "]",
                            "[::1",
                            "[::1]a",
                            "[::1]]",
                            "[[::1]]",
                            "[::g]",
                            "[1.2.3.4]",
                            "[::1%25eth0]",
                            "[::1%eth0]",
                            "[v1.a]",
                            "[a]",
                            "[:::]",
                            "[::1]:x",
                            "\xc3\xa4",
                            "a\x01",
                            "a\x7f",
                            "http://a"}) {
      CAPTURE(text);
      CHECK_FALSE(parse_authority(text));
    }
    CHECK_FALSE(parse_authority("a\0b"sv));
    CHECK_FALSE(parse_authority("[::1\0]"sv));
    CHECK_FALSE(parse_authority(std::string(256, 'a')));
    CHECK_FALSE(parse_authority("[" + std::string(300, ':') + "]"));
  }
}
