// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "base/text.h"
#include "unit/http/parser_fixture.h"

using namespace nuncio;
using namespace nuncio::test;
using namespace std::literals;

namespace {

std::string scan_whole(HeadScan::Kind kind, std::string_view bytes, HeadLimits limits = {}) {
  HeadScan scan(kind, limits);
  return scan_in_pieces(bytes, scan, bytes.size() + 1);
}

// The rules of HeadScan, one byte after the other: what the fast one is compared with
std::string reference(HeadScan::Kind kind, std::string_view bytes, HeadLimits limits) {
  const bool request = kind == HeadScan::Kind::request;
  const std::string malformed = request ? "refused: malformed_request" : "refused: upstream_malformed";
  std::size_t begin = 0;
  while (request && bytes.substr(begin).starts_with("\r\n")) {
    if (begin == 2 * kMaxEmptyLines) return malformed;
    begin += 2;
  }
  if (bytes.substr(begin) == "\r" && request) return "";
  std::size_t line_end = 0;
  std::size_t last_end = 0;
  for (std::size_t i = begin; i < bytes.size(); ++i) {
    const std::size_t at = i - begin;
    const char c = bytes[i];
    if (at == 0 && !is_char(c, kTokenChar)) return malformed;
    if (!request && at < 7 && c != "HTTP/1."[at]) return malformed;
    if (line_end == 0 && at >= std::min(limits.line_bytes, limits.head_bytes)) {
      return request ? "refused: target_too_long" : "refused: upstream_head_too_large";
    }
    if (at >= limits.head_bytes) return request ? "refused: head_too_large" : "refused: upstream_head_too_large";
    const bool after_cr = i > begin && bytes[i - 1] == '\r';
    if (c == '\0' || (c == '\n') != after_cr) return malformed;
    if (c != '\n') continue;
    if (line_end == 0) {
      line_end = i + 1;
      const std::string line(bytes.substr(begin, at - 1));
      if (request) {
        const bool version = line.size() >= 9 && line.substr(line.size() - 9, 6) == " HTTP/" && isdigit(line[line.size() - 3]) != 0 &&
                             line[line.size() - 2] == '.' && isdigit(line[line.size() - 1]) != 0;
        if (!version) return malformed;
      }
    } else if (i - last_end == 1) {
      return "ends at " + std::to_string(i + 1);
    }
    last_end = i + 1;
  }
  return "";
}

}  // namespace

TEST_SUITE("h1_scan") {
  TEST_CASE("requests") {
    struct Case {
      std::string_view bytes;
      std::string_view verdict;
    };
    const Case cases[] = {
        {"", ""},
        {"G", ""},
        {"GET / HTTP/1.1\r\n\r\n", "ends at 18"},
        {"GET / HTTP/1.1\r\n\r\nGET /next", "ends at 18"},
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\nbody", "ends at 27"},
        {"GET / HTTP/1.1\r\nHost: a\r\n", ""},
        {"GET / HTTP/1.1\r\nHost: a\r\n\r", ""},
        {"GET / HTTP/9.9\r\n\r\n", "ends at 18"},  // which version is the parser's question
        {"\r\n\r\nGET / HTTP/1.1\r\n\r\n", "ends at 22"},
        {"\r", ""},
        {"\r\n", ""},
        {"\n", "refused: malformed_request"},
        {"\rG", "refused: malformed_request"},
        {"\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n", "ends at 34"},
        {"\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n", "refused: malformed_request"},
        {"\x16\x03\x01\x02", "refused: malformed_request"},  // a TLS client's hello
        {" GET / HTTP/1.1\r\n\r\n", "refused: malformed_request"},
        {"\x80", "refused: malformed_request"},
        {"GET /\r\n", "refused: malformed_request"},  // HTTP/0.9
        {"GET / HTTP/1.1 \r\n", "refused: malformed_request"},
        {"GET / http/1.1\r\n", "refused: malformed_request"},
        {"GET / HTTP/1.1\n", "refused: malformed_request"},
        {"GET / HTTP/1.1\r\nA: b\nC: d", "refused: malformed_request"},
        {"GET / HTTP/1.1\r\nA: b\rC", "refused: malformed_request"},
        {"GET / HTTP/1.1\r\r\n\r\n", "refused: malformed_request"},
        {"GET / HTTP/1.1\r\n\n", "refused: malformed_request"},
        {"GET / HTTP/1.1\r\nA: b\r\n\n", "refused: malformed_request"},
        {"GET / HTTP/1.1\r\nA: \0"sv, "refused: malformed_request"},
    };
    for (const auto& [bytes, verdict] : cases) {
      CAPTURE(bytes);
      CHECK(scan_whole(HeadScan::Kind::request, bytes) == verdict);
    }
  }

  TEST_CASE("responses") {
    struct Case {
      std::string_view bytes;
      std::string_view verdict;
    };
    const Case cases[] = {
        {"H", ""},
        {"HTTP/1.", ""},
        {"HTTP/1.1 200 OK\r\n\r\n", "ends at 19"},
        {"HTTP/1.1 200 OK\r\nA: b\r\n\r\nHTTP/1.1", "ends at 25"},
        {"\r\nHTTP/1.1 200 OK\r\n\r\n", "refused: upstream_malformed"},
        {"<", "refused: upstream_malformed"},  // HTTP/0.9
        {"HTTP/2.0 200", "refused: upstream_malformed"},
        {"HTTX", "refused: upstream_malformed"},
        {"http/1.1", "refused: upstream_malformed"},
        {"HTTP/1.1 200 OK\n", "refused: upstream_malformed"},
        {"HTTP/1.1 200 OK\r\nA: \0"sv, "refused: upstream_malformed"},
    };
    for (const auto& [bytes, verdict] : cases) {
      CAPTURE(bytes);
      CHECK(scan_whole(HeadScan::Kind::response, bytes) == verdict);
    }
  }

  TEST_CASE("limits count exactly") {
    const auto request = [](std::size_t line, std::size_t head) {
      std::string text = "GET /";
      text.append(line - text.size() - " HTTP/1.1\r\n"s.size(), 'a').append(" HTTP/1.1\r\n");
      if (head > line) text.append("A: ").append(head - line - 7, 'b').append("\r\n\r\n");
      return text;
    };
    const HeadLimits limits{.line_bytes = 100, .head_bytes = 300};
    const auto verdict = [&](std::string_view bytes) { return scan_whole(HeadScan::Kind::request, bytes, limits); };
    CHECK(verdict(request(100, 300)) == "ends at 300");
    CHECK(verdict(request(100, 301)) == "refused: head_too_large");
    CHECK(verdict(request(101, 300)) == "refused: target_too_long");
    CHECK(verdict(request(100, 100)) == "");
    CHECK(verdict("\r\n\r\n" + request(100, 300)) == "ends at 304");
    CHECK(verdict("\r\n\r\n" + request(100, 301)) == "refused: head_too_large");
    CHECK(verdict("GET /" + std::string(95, 'a')) == "");
    CHECK(verdict("GET /" + std::string(96, 'a')) == "refused: target_too_long");
    CHECK(verdict("GET /" + std::string(94, 'a') + "\n") == "refused: malformed_request");
    CHECK(verdict("GET /" + std::string(95, 'a') + "\n") == "refused: target_too_long");

    const std::string answer = "HTTP/1.1 200 OK\r\nA: " + std::string(400, 'a') + "\r\n\r\n";
    CHECK(scan_whole(HeadScan::Kind::response, answer, limits) == "refused: upstream_head_too_large");
    CHECK(scan_whole(HeadScan::Kind::response, "HTTP/1.1 200 " + std::string(100, 'a'), limits) == "refused: upstream_head_too_large");

    // a target of 8,000 bytes and 90 fields work (http-rules 13)
    std::string large = "GET /" + std::string(8000, 'x') + " HTTP/1.1\r\nHost: a\r\n";
    for (int i = 0; i < 89; ++i) large += "X-Field-" + std::to_string(i) + ": " + std::string(100, 'v') + "\r\n";
    large += "\r\n";
    CHECK(scan_whole(HeadScan::Kind::request, large) == "ends at " + std::to_string(large.size()));
    CHECK(Request(large).word() == "ok");
  }

  TEST_CASE("what has begun") {
    HeadScan scan(HeadScan::Kind::request);
    CHECK_FALSE(scan.started());
    CHECK(scan.scan("\r\n").value() == 0);
    CHECK_FALSE(scan.started());
    CHECK(scan.scan("\r\nG").value() == 0);
    CHECK(scan.started());
    CHECK(scan.begin() == 2);
    scan.reset();
    CHECK_FALSE(scan.started());
    CHECK(scan.scan("GET / HTTP/1.1\r\n\r\n").value() == 18);
    CHECK(scan.begin() == 0);
  }

  TEST_CASE("the verdict is that of a machine that looks at one byte after the other, however the bytes come") {
    std::mt19937 random(20261124);
    const std::vector<std::string> parts = {"GET / HTTP/1.1\r\n",
                                            "\r\n",
                                            "\r\n\r\n",
                                            "\r",
                                            "\n",
                                            "\0"s,
                                            "A: b\r\n",
                                            "HTTP/1.1 200 OK\r\n",
                                            "x",
                                            " ",
                                            "Host: example.com\r\n",
                                            "\n\r",
                                            "POST /a/b/c HTTP/1.0\r\n",
                                            "\x16",
                                            "HTTP/",
                                            "Cookie: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"};
    for (int round = 0; round < 4000; ++round) {
      const auto kind = round % 2 == 0 ? HeadScan::Kind::request : HeadScan::Kind::response;
      std::string bytes;
      if (random() % 4 != 0) bytes = kind == HeadScan::Kind::request ? parts[0] : parts[7];
      for (auto count = random() % 8; count > 0; --count) bytes += parts[random() % parts.size()];
      if (random() % 2 == 0) bytes += "\r\n\r\n";
      const HeadLimits limits{.line_bytes = random() % 3 == 0 ? random() % 40 + 1 : 200,
                              .head_bytes = random() % 3 == 0 ? random() % 200 + 1 : 400};
      const std::string expected = reference(kind, bytes, limits);
      CAPTURE(bytes);
      CAPTURE(limits.line_bytes);
      CAPTURE(limits.head_bytes);
      for (const std::size_t piece :
           {bytes.size() + 1, std::size_t{1}, std::size_t{3}, std::size_t{63}, std::size_t{64}, std::size_t{65}}) {
        CAPTURE(piece);
        HeadScan scan(kind, limits);
        REQUIRE(scan_in_pieces(bytes, scan, piece) == expected);
      }
    }
  }
}
