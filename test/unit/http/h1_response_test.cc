// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Response heads, rule by rule (numbers: http-rules).
#include <doctest/doctest.h>

#include <string>

#include "http/field_lines.h"
#include "unit/http/parser_fixture.h"

using namespace nuncio;
using namespace nuncio::test;
using namespace std::literals;

namespace {

std::string answer(std::string_view status, std::string_view fields, std::string_view version = "1.1") {
  return "HTTP/" + std::string(version) + " " + std::string(status) + "\r\n" + std::string(fields) + "\r\n";
}

std::string_view word(Framing framing) {
  switch (framing) {
    case Framing::none:
      return "none";
    case Framing::length:
      return "length";
    case Framing::chunked:
      return "chunked";
    case Framing::until_close:
      return "until_close";
  }
  return "";
}

}  // namespace

TEST_SUITE("h1_response") {
  TEST_CASE("an ordinary head") {
    const Response response("HTTP/1.1 404 Not\tF\xf6und \r\nContent-Length: 3\r\nSet-Cookie: a=b\r\nset-cookie: c=d\r\n\r\n");
    REQUIRE(response.word() == "ok");
    CHECK(response.head.status == 404);
    CHECK(response.head.reason == "Not\tF\xf6und ");
    CHECK(response.head.minor_version == 1);
    CHECK(response.head.framing == Framing::length);
    CHECK(response.head.content_length == 3);
    CHECK(response.head.keep_alive);
    CHECK(response.head.fields.size() == 3);
  }

  TEST_CASE("19: status lines") {
    struct Case {
      std::string_view line;
      int status;  // 0: refused
    };
    const Case cases[] = {
        {"HTTP/1.1 200 OK", 200},
        {"HTTP/1.0 200 OK", 200},
        {"HTTP/1.1 200 ", 200},
        {"HTTP/1.1 200", 200},
        {"HTTP/1.1 599 x", 599},
        {"HTTP/1.1 100 Continue", 100},
        {"HTTP/1.1 200  two spaces", 200},
        {"HTTP/1.1 600 x", 0},
        {"HTTP/1.1 999 x", 0},
        {"HTTP/1.1 099 x", 0},
        {"HTTP/1.1 000 x", 0},
        {"HTTP/1.1 20 OK", 0},
        {"HTTP/1.1 2000 OK", 0},
        {"HTTP/1.1 200OK", 0},
        {"HTTP/1.1 2x0 OK", 0},
        {"HTTP/1.1 -20 OK", 0},
        {"HTTP/1.1 +20 OK", 0},
        {"HTTP/1.1  200 OK", 0},
        {"HTTP/1.1\t200 OK", 0},
        {"HTTP/1.1 200\tOK", 0},
        {"HTTP/1.1200 OK", 0},
        {"HTTP/1.1", 0},
        {"HTTP/1.1 ", 0},
        {"HTTP/1.2 200 OK", 0},
        {"HTTP/2.0 200 OK", 0},
        {"HTTP/0.9 200 OK", 0},
        {"HTTP/1.1x 200 OK", 0},
        {"http/1.1 200 OK", 0},
        {"ICY 200 OK", 0},
        {" HTTP/1.1 200 OK", 0},
        {"HTTP/1.1 200 O\x01K", 0},
        {"HTTP/1.1 200 O\x7fK", 0},
        {"HTTP/1.1 200 O\0K"sv, 0},
        {"HTTP/1.1 200 OK\r", 0},
        {"HTTP/1.1 200 O\nK", 0},
        {"", 0},
    };
    for (const auto& [line, status] : cases) {
      CAPTURE(line);
      const Response response(std::string(line) + "\r\nContent-Length: 0\r\n\r\n");
      REQUIRE(response.word() == (status == 0 ? "upstream_malformed" : "ok"));
      if (response.verdict) CHECK(response.head.status == status);
      if (!response.verdict) CHECK(response.verdict.error().side == Side::upstream);
    }
  }

  TEST_CASE("19: fields") {
    for (const auto lines : {"A : b\r\n", " A: b\r\n", "A: b\r\n c\r\n", ": b\r\n", "A\r\n", "A: b\x01\r\n", "A: b\rc\r\n", "A b: c\r\n"}) {
      CAPTURE(lines);
      CHECK(Response(answer("200 OK", lines)).word() == "upstream_malformed");
    }
    CHECK(Response(answer("200 OK", "A: b\0\r\n"sv)).word() == "upstream_malformed");
    std::string many;
    for (std::size_t i = 0; i < kMaxFields; ++i) many += "A: b\r\n";
    CHECK(Response(answer("200 OK", many)).word() == "ok");
    CHECK(Response(answer("200 OK", many + "A: b\r\n")).word() == "upstream_head_too_large");
  }

  TEST_CASE("19, 20: framing") {
    struct Case {
      std::string_view method;
      std::string_view status;
      std::string_view lines;
      std::string_view framing;  // or "malformed"
      std::uint64_t length = 0;
      bool keep_alive = true;
    };
    const Case cases[] = {
        {"GET", "200", "Content-Length: 5\r\n", "length", 5},
        {"GET", "200", "Content-Length: 0\r\n", "length", 0},
        {"GET", "200", "Content-Length: 5\r\nContent-Length: 5\r\n", "length", 5},
        {"GET", "200", "Content-Length: 5, 5\r\n", "length", 5},
        {"GET", "200", "Content-Length: 5\r\nContent-Length: 6\r\n", "malformed"},
        {"GET", "200", "Content-Length: 5, 6\r\n", "malformed"},
        {"GET", "200", "Content-Length:\r\n", "malformed"},
        {"GET", "200", "Content-Length: -1\r\n", "malformed"},
        {"GET", "200", "Content-Length: 99999999999999999999\r\n", "malformed"},
        {"GET", "200", "Transfer-Encoding: chunked\r\n", "chunked"},
        {"GET", "200", "Transfer-Encoding: , Chunked\r\n", "chunked"},
        {"GET", "200", "Transfer-Encoding: gzip, chunked\r\n", "malformed"},
        {"GET", "200", "Transfer-Encoding: chunked, chunked\r\n", "malformed"},
        {"GET", "200", "Transfer-Encoding: identity\r\n", "malformed"},
        {"GET", "200", "Transfer-Encoding:\r\n", "malformed"},
        {"GET", "200", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "malformed"},
        {"HEAD", "200", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "malformed"},
        {"GET", "304", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "malformed"},
        {"GET", "200", "", "until_close", 0, false},
        {"GET", "200", "Connection: keep-alive\r\n", "until_close", 0, false},
        {"GET", "205", "", "until_close", 0, false},
        {"GET", "500", "Content-Length: 5\r\nConnection: close\r\n", "length", 5, false},
        {"HEAD", "200", "Content-Length: 5\r\n", "none", 5},
        {"HEAD", "200", "Transfer-Encoding: chunked\r\n", "none"},
        {"HEAD", "200", "", "none"},
        {"HEAD", "200", "Content-Length: 5x\r\n", "malformed"},
        {"head", "200", "", "until_close", 0, false},  // methods have letter case
        {"GET", "304", "Content-Length: 5\r\n", "none", 5},
        {"GET", "304", "", "none"},
        {"GET", "204", "", "none"},
        {"GET", "204", "Content-Length: 0\r\n", "none"},
        {"GET", "204", "Content-Length: 5\r\n", "none", 0, false},
        {"GET", "204", "Transfer-Encoding: chunked\r\n", "none", 0, false},
        {"HEAD", "204", "Content-Length: 5\r\n", "none", 0, false},
        {"POST", "100", "", "none"},
        {"POST", "103", "Link: a\r\n", "none"},
        {"POST", "102", "Content-Length: 0\r\n", "none"},
        {"POST", "100", "Content-Length: 5\r\n", "malformed"},
        {"POST", "103", "Transfer-Encoding: chunked\r\n", "malformed"},
        {"GET", "101", "Connection: upgrade\r\nUpgrade: a\r\n", "none", 0, false},
    };
    for (const auto& c : cases) {
      CAPTURE(c.method);
      CAPTURE(c.status);
      CAPTURE(c.lines);
      const Response response(answer(std::string(c.status) + " x", c.lines), c.method);
      if (c.framing == "malformed") {
        CHECK(response.word() == "upstream_malformed");
        continue;
      }
      REQUIRE(response.word() == "ok");
      CHECK(word(response.head.framing) == c.framing);
      CHECK(response.head.content_length == c.length);
      CHECK(response.head.keep_alive == c.keep_alive);
      const bool bodiless = c.status.starts_with('1') || c.status == "204";
      if (bodiless) CHECK(response.head.fields.find(FieldId::content_length) == nullptr);
      if (bodiless) CHECK(response.head.fields.find(FieldId::transfer_encoding) == nullptr);
    }
  }

  TEST_CASE("HTTP/1.0 origins") {
    const Response plain(answer("200 OK", "Content-Length: 5\r\n", "1.0"));
    REQUIRE(plain.word() == "ok");
    CHECK(plain.head.minor_version == 0);
    CHECK_FALSE(plain.head.keep_alive);
    CHECK(Response(answer("200 OK", "Content-Length: 5\r\nConnection: Keep-Alive\r\n", "1.0")).head.keep_alive);
    CHECK_FALSE(Response(answer("200 OK", "Connection: Keep-Alive\r\n", "1.0")).head.keep_alive);
    CHECK(Response(answer("200 OK", "Transfer-Encoding: chunked\r\n", "1.0")).word() == "upstream_malformed");
    CHECK(Response(answer("200 OK", "Transfer-Encoding: chunked\r\n", "1.0"), "HEAD").word() == "upstream_malformed");
  }

  TEST_CASE("22: what a 101 switches to") {
    CHECK(Response(answer("101 x", "Connection: Upgrade\r\nUpgrade: websocket\r\n")).head.upgrade == "websocket");
    CHECK(Response(answer("101 x", "Upgrade: websocket\r\n")).head.upgrade.empty());
    CHECK(Response(answer("101 x", "Connection: Upgrade\r\n")).head.upgrade.empty());
    CHECK(Response(answer("101 x", "Connection: Upgrade\r\nUpgrade: a\r\nUpgrade: a\r\n")).head.upgrade.empty());
    CHECK(Response(answer("101 x", "Connection: Upgrade\r\nUpgrade: a\r\n", "1.0")).head.upgrade.empty());
  }

  TEST_CASE("1: the verdict on a response does not depend on its segments") {
    const std::string_view responses[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nServer: something-with-a-long-name/1.2.3\r\n\r\nabc",
        "HTTP/1.1 200\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/3 200\r\n\r\n",
        "<html>\r\n\r\n",
    };
    const auto verdict = [](std::string_view bytes, std::size_t piece) {
      HeadScan scan(HeadScan::Kind::response);
      const std::string scanned = scan_in_pieces(bytes, scan, piece);
      if (!scanned.starts_with("ends")) return scanned;
      const Response response(bytes.substr(0, std::stoul(scanned.substr(8))));
      return scanned + response.word() + text_of(response.head.fields);
    };
    for (const std::string_view bytes : responses) {
      CAPTURE(bytes);
      const std::string whole = verdict(bytes, bytes.size());
      for (std::size_t piece = 1; piece < bytes.size(); ++piece) REQUIRE(verdict(bytes, piece) == whole);
    }
  }
}
