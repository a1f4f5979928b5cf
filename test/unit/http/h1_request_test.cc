// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Request heads, rule by rule (numbers: http-rules).
#include <doctest/doctest.h>

#include <string>

#include "http/field_lines.h"
#include "http/fields.h"
#include "unit/http/parser_fixture.h"

using namespace nuncio;
using namespace nuncio::test;
using namespace std::literals;

namespace {

std::string with_fields(std::string_view fields, std::string_view version = "1.1", std::string_view method = "POST") {
  return std::string(method) + " / HTTP/" + std::string(version) + "\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

}  // namespace

TEST_SUITE("h1_request") {
  TEST_CASE("an ordinary head") {
    const Request request(
        "GET /a/b?x=1?y HTTP/1.1\r\nhOsT: Example.com:8080\r\nACCEPT:*/*\r\nX-Empty:\r\nX-Space: \t a \t b\t \r\nX-Obs: \xe4\xff\r\n\r\n");
    REQUIRE(request.word() == "ok");
    const RequestHead& head = request.head;
    CHECK(head.method == "GET");
    CHECK(head.target == "/a/b?x=1?y");
    CHECK(head.path == "/a/b");
    CHECK(head.query == "?x=1?y");
    CHECK(head.authority == "Example.com:8080");
    CHECK(head.minor_version == 1);
    CHECK(head.framing == Framing::none);
    CHECK(head.keep_alive);
    CHECK_FALSE(head.expects_continue);
    CHECK(head.upgrade.empty());
    REQUIRE(head.fields.size() == 5);
    const auto fields = head.fields.all();
    CHECK(fields[0].name == "hOsT");
    CHECK(fields[0].id == FieldId::host);
    CHECK(fields[1].value == "*/*");
    CHECK(fields[2].value.empty());
    CHECK(fields[3].value == "a \t b");
    CHECK(fields[4].value == "\xe4\xff");
  }

  TEST_CASE("10: request lines") {
    struct Case {
      std::string_view line;
      std::string_view word;
    };
    const Case cases[] = {
        {"GET / HTTP/1.1", "ok"},
        {"GET / HTTP/1.0", "ok"},
        {"M-SEARCH!#$%&'*+-.^_`|~ / HTTP/1.1", "ok"},
        {"get / HTTP/1.1", "ok"},
        {"GET /a\\b|c^d`e{f}\"<>%zz HTTP/1.1", "ok"},
        {"GET //a HTTP/1.1", "ok"},
        {"GET / HTTP/2.0", "unsupported_version"},
        {"GET / HTTP/0.9", "unsupported_version"},
        {"GET / HTTP/1.2", "unsupported_version"},
        {"PRI * HTTP/2.0", "unsupported_version"},
        {"GET / HTTP/1.10", "malformed_request"},
        {"GET / HTTP/11", "malformed_request"},
        {"GET / HTTP/1", "malformed_request"},
        {"GET / HTTP/1,1", "malformed_request"},
        {"GET / HTTP/x.1", "malformed_request"},
        {"GET / http/1.1", "malformed_request"},
        {"GET / HTTPS/1.1", "malformed_request"},
        {"GET / HTTP/1.1 ", "malformed_request"},
        {"GET /  HTTP/1.1", "malformed_request"},
        {"GET /", "bad_path"},
        {"GET", "malformed_request"},
        {"", "malformed_request"},
        {" GET / HTTP/1.1", "malformed_request"},
        {"GET\t/ HTTP/1.1", "malformed_request"},
        {"GET /\tHTTP/1.1", "bad_path"},
        {"GET  / HTTP/1.1", "malformed_request"},
        {"GET /a b HTTP/1.1", "malformed_request"},
        {"G(T / HTTP/1.1", "malformed_request"},
        {"G\xc3\xa4T / HTTP/1.1", "malformed_request"},
        {"GET /\x7f HTTP/1.1", "bad_path"},
        {"GET /\x01 HTTP/1.1", "bad_path"},
        {"GET /\xc3\xa4 HTTP/1.1", "bad_path"},
        {"GET /abcdefghijklmnopqrstuvwxyz\xc3\xa4 HTTP/1.1", "bad_path"},
        {"GET /a#b HTTP/1.1", "bad_path"},
        {"GET /?a=1#b HTTP/1.1", "bad_path"},
        {"GET a HTTP/1.1", "bad_path"},
        {"GET ?a HTTP/1.1", "bad_path"},
        {"GET * HTTP/1.1", "bad_path"},
        {"OPTIONS * HTTP/1.1", "ok"},
        {"OPTIONS *? HTTP/1.1", "bad_path"},
        {"OPTIONS ** HTTP/1.1", "bad_path"},
        {"GET example.com:80 HTTP/1.1", "bad_path"},
        {"CONNECT example.com:443 HTTP/1.1", "connect_refused_here"},
        {"CONNECT / HTTP/1.1", "connect_refused_here"},
        {"GET / HTTP/1.1\r", "malformed_request"},
        {"GET /\r\n HTTP/1.1", "bad_path"},
        {"GET / HTTP/1.1\0"sv, "malformed_request"},
        {"GET /\0 HTTP/1.1"sv, "bad_path"},
    };
    for (const auto& [line, word] : cases) {
      CAPTURE(line);
      const std::string bytes = std::string(line) + "\r\nHost: a\r\n\r\n";
      const Request request(bytes);
      CHECK(request.word() == word);
      if (!request.verdict) CHECK(request.verdict.error().side == Side::client);
      if (!request.verdict) CHECK(request.verdict.error().retry == Retry::never);
    }
  }

  TEST_CASE("11: absolute-form replaces Host") {
    struct Case {
      std::string_view start;  // method and target
      std::string_view word;
      std::string_view authority;
      std::string_view path;
      std::string_view query;
    };
    const Case cases[] = {
        {"GET http://b/", "ok", "b", "/", ""},
        {"GET HTTP://b:81/x?y", "ok", "b:81", "/x", "?y"},
        {"GET https://b/x", "ok", "b", "/x", ""},
        {"GET http://b", "ok", "b", "/", ""},
        {"GET http://b?y=1", "ok", "b", "/", "?y=1"},
        {"OPTIONS http://b", "ok", "b", "*", ""},
        {"OPTIONS http://b?y", "ok", "b", "/", "?y"},
        {"OPTIONS http://b/", "ok", "b", "/", ""},
        {"GET http://[::1]:80/", "ok", "[::1]:80", "/", ""},
        {"GET http://u@b/", "bad_host", "", "", ""},
        {"GET http://u:p@b/", "bad_host", "", "", ""},
        {"GET http:///x", "bad_host", "", "", ""},
        {"GET http://", "bad_host", "", "", ""},
        {"GET http://:80/", "bad_host", "", "", ""},
        {"GET http://b:99999/", "bad_host", "", "", ""},
        {"GET http://b\\c/", "bad_host", "", "", ""},
        {"GET http:/b/", "bad_path", "", "", ""},
        {"GET http:b", "bad_path", "", "", ""},
        {"GET ftp://b/", "bad_path", "", "", ""},
        {"GET ws://b/", "bad_path", "", "", ""},
        {"GET httpx://b/", "bad_path", "", "", ""},
        {"GET http://b/#f", "bad_path", "", "", ""},
    };
    for (const auto& c : cases) {
      CAPTURE(c.start);
      const Request request(std::string(c.start) + " HTTP/1.1\r\nX: y\r\nHost: a\r\n\r\n");
      REQUIRE(request.word() == c.word);
      if (!request.verdict) continue;
      CHECK(request.head.authority == c.authority);
      CHECK(request.head.path == c.path);
      CHECK(request.head.query == c.query);
      REQUIRE(request.head.fields.count(FieldId::host) == 1);
      CHECK(request.head.fields.find(FieldId::host)->value == c.authority);
    }
    CHECK(Request("GET http://b/ HTTP/1.1\r\n\r\n").word() == "bad_host");
    CHECK(Request("GET http://b/ HTTP/1.1\r\nHost: a b\r\n\r\n").word() == "bad_host");
    const Request old("GET http://b/ HTTP/1.0\r\n\r\n");
    REQUIRE(old.word() == "ok");
    CHECK(old.head.fields.find(FieldId::host)->value == "b");
  }

  TEST_CASE("11: Host") {
    struct Case {
      std::string_view fields;
      std::string_view in_11;
      std::string_view in_10;
    };
    const Case cases[] = {
        {"Host: a\r\n", "ok", "ok"},
        {"", "bad_host", "ok"},
        {"Host:\r\n", "bad_host", "bad_host"},
        {"Host: \r\n", "bad_host", "bad_host"},
        {"Host: a\r\nHost: a\r\n", "bad_host", "bad_host"},
        {"Host: a\r\nhost: b\r\n", "bad_host", "bad_host"},
        {"Host: a, b\r\n", "bad_host", "bad_host"},
        {"Host: a,b\r\n", "bad_host", "bad_host"},
        {"Host: a/b\r\n", "bad_host", "bad_host"},
        {"Host: a@b\r\n", "bad_host", "bad_host"},
        {"Host: http://a\r\n", "bad_host", "bad_host"},
        {"Host: a:80\r\n", "ok", "ok"},
        {"Host: a:b\r\n", "bad_host", "bad_host"},
        {"Host: a:80:80\r\n", "bad_host", "bad_host"},
        {"Host : a\r\n", "malformed_request", "malformed_request"},
        {"Hos: a\r\n", "bad_host", "ok"},
    };
    for (const auto& c : cases) {
      CAPTURE(c.fields);
      CHECK(Request("GET / HTTP/1.1\r\n" + std::string(c.fields) + "\r\n").word() == c.in_11);
      CHECK(Request("GET / HTTP/1.0\r\n" + std::string(c.fields) + "\r\n").word() == c.in_10);
    }
    CHECK(Request("GET / HTTP/1.0\r\n\r\n").head.authority.empty());
  }

  TEST_CASE("8, 9: field lines") {
    struct Case {
      std::string_view lines;
      std::string_view word;
    };
    const Case cases[] = {
        {"A: b\r\n", "ok"},
        {"A:b\r\n", "ok"},
        {"A:\r\n", "ok"},
        {"A: \t \r\n", "ok"},
        {"!#$%&'*+-.^_`|~9: x\r\n", "ok"},
        {"A-name-with-more-than-sixteen-bytes_and.marks: x\r\n", "ok"},
        {"A: tab\tinside\r\n", "ok"},
        {"A: b:c:d\r\n", "ok"},
        {"A : b\r\n", "malformed_request"},
        {"A\t: b\r\n", "malformed_request"},
        {" A: b\r\n", "malformed_request"},
        {"A: b\r\n c\r\n", "malformed_request"},
        {"A: b\r\n\tc\r\n", "malformed_request"},
        {"A: b\r\n \r\n", "malformed_request"},
        {": b\r\n", "malformed_request"},
        {"A\r\n", "malformed_request"},
        {"A b: c\r\n", "malformed_request"},
        {"A(: c\r\n", "malformed_request"},
        {"A\"B: c\r\n", "malformed_request"},
        {"A/B: c\r\n", "malformed_request"},
        {"\xc3\xa4: c\r\n", "malformed_request"},
        {"A\x80: c\r\n", "malformed_request"},
        {"A: b\x01\r\n", "malformed_request"},
        {"A: b\x7f\r\n", "malformed_request"},
        {"A: a value of more than sixteen bytes \x1f\r\n", "malformed_request"},
        {"A: a value of more than sixteen bytes \x7f and so on\r\n", "malformed_request"},
        {"A: \0\r\n"sv, "malformed_request"},
        {"A\0: b\r\n"sv, "malformed_request"},
        {"A: b\rc\r\n", "malformed_request"},
        {"A: b\nc\r\n", "malformed_request"},
        {"A: b\n", "malformed_request"},
        {"A: b\r", "malformed_request"},
        {"A: b\r\r\n", "malformed_request"},
        {"\r\nA: b\r\n", "malformed_request"},  // the head ended before
    };
    for (const auto& [lines, word] : cases) {
      CAPTURE(lines);
      CHECK(Request(with_fields(lines)).word() == word);
      CHECK(Request("GET / HTTP/1.1\r\n" + std::string(lines) + "Host: a\r\n\r\n").word() == word);
    }
    CHECK(Request("GET / HTTP/1.1\r\nHost: a\r\n").word() == "malformed_request");
    CHECK(Request("GET / HTTP/1.1\r\nHost: a\r\n\r\nx").word() == "malformed_request");
    CHECK(Request("GET / HTTP/1.1\r\n Host: a\r\n\r\n").word() == "malformed_request");
  }

  TEST_CASE("13: the number of fields is bounded") {
    const auto with = [](std::size_t count) {
      std::string lines;
      for (std::size_t i = 1; i < count; ++i) lines += "A: b\r\n";
      return with_fields(lines);
    };
    CHECK(Request(with(90)).word() == "ok");
    CHECK(Request(with(kMaxFields)).word() == "ok");
    CHECK(Request(with(kMaxFields + 1)).word() == "head_too_large");
  }

  TEST_CASE("2: Content-Length") {
    struct Case {
      std::string_view lines;
      std::string_view word;
      std::uint64_t length = 0;
    };
    const Case cases[] = {
        {"Content-Length: 0\r\n", "ok", 0},
        {"Content-Length: 5\r\n", "ok", 5},
        {"content-length:5\r\n", "ok", 5},
        {"Content-Length: 010\r\n", "ok", 10},
        {"Content-Length: 9223372036854775807\r\n", "ok", 9223372036854775807U},
        {"Content-Length: 5\r\nContent-Length: 5\r\n", "ok", 5},
        {"Content-Length: 5, 5\r\n", "ok", 5},
        {"Content-Length: 5,5 ,\t5\r\nContent-Length: 5\r\n", "ok", 5},
        {"Content-Length: 9223372036854775808\r\n", "bad_framing"},
        {"Content-Length: 18446744073709551616\r\n", "bad_framing"},
        {"Content-Length: 18446744073709551621\r\n", "bad_framing"},
        {"Content-Length: 5\r\nContent-Length: 6\r\n", "bad_framing"},
        {"Content-Length: 5\r\nContent-Length: 05\r\n", "bad_framing"},
        {"Content-Length: 5, 6\r\n", "bad_framing"},
        {"Content-Length: 5,\r\n", "bad_framing"},
        {"Content-Length: ,5\r\n", "bad_framing"},
        {"Content-Length: 5,,5\r\n", "bad_framing"},
        {"Content-Length: 5\r\nContent-Length:\r\n", "bad_framing"},
        {"Content-Length:\r\nContent-Length: 5\r\n", "bad_framing"},
        {"Content-Length:\r\n", "bad_framing"},
        {"Content-Length: ,\r\n", "bad_framing"},
        {"Content-Length: +5\r\n", "bad_framing"},
        {"Content-Length: -5\r\n", "bad_framing"},
        {"Content-Length: 0x5\r\n", "bad_framing"},
        {"Content-Length: 5 5\r\n", "bad_framing"},
        {"Content-Length: 5;\r\n", "bad_framing"},
        {"Content-Length: \"5\"\r\n", "bad_framing"},
        {"Content-Length: 5.0\r\n", "bad_framing"},
        {"Content-Length: five\r\n", "bad_framing"},
        {"Content-Length: 5\xa0\r\n", "bad_framing"},
    };
    for (const auto& c : cases) {
      CAPTURE(c.lines);
      for (const auto method : {"GET", "POST", "HEAD", "DELETE", "TRACE"}) {  // 7: every method keeps its framing
        const Request request(with_fields(c.lines, "1.1", method));
        REQUIRE(request.word() == c.word);
        if (!request.verdict) continue;
        CHECK(request.head.framing == Framing::length);
        CHECK(request.head.content_length == c.length);
      }
      CHECK(Request(with_fields(c.lines, "1.0")).word() == c.word);
    }
  }

  TEST_CASE("3, 4: Transfer-Encoding") {
    struct Case {
      std::string_view lines;
      std::string_view word;
    };
    const Case cases[] = {
        {"Transfer-Encoding: chunked\r\n", "ok"},
        {"transfer-encoding:CHUNKED\r\n", "ok"},
        {"Transfer-Encoding: \t chunked \t\r\n", "ok"},
        {"Transfer-Encoding: , chunked,,\r\n", "ok"},
        {"Transfer-Encoding:\r\nTransfer-Encoding: chunked\r\n", "ok"},
        {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "bad_framing"},
        {"Transfer-Encoding: chunked, chunked\r\n", "bad_framing"},
        {"Transfer-Encoding: chunked, gzip\r\n", "bad_framing"},
        {"Transfer-Encoding: chunked, identity\r\n", "bad_framing"},
        {"Transfer-Encoding: chunked;q=1\r\n", "bad_framing"},
        {"Transfer-Encoding: \"chunked\"\r\n", "bad_framing"},
        {"Transfer-Encoding: chunked chunked\r\n", "bad_framing"},
        {"Transfer-Encoding: chunked\xa0\r\n", "bad_framing"},
        {"Transfer-Encoding: chun ked\r\n", "bad_framing"},
        {"Transfer-Encoding:\r\n", "bad_framing"},
        {"Transfer-Encoding: ,\r\n", "bad_framing"},
        {"Transfer-Encoding: gzip;x, chunked\r\n", "bad_framing"},
        {"Transfer-Encoding: gzip, chunked\r\n", "unknown_coding"},
        {"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", "unknown_coding"},
        {"Transfer-Encoding: gzip\r\n", "unknown_coding"},
        {"Transfer-Encoding: identity\r\n", "unknown_coding"},
        {"Transfer-Encoding: xchunked\r\n", "unknown_coding"},
        {"Transfer-Encoding: chunkedx\r\n", "unknown_coding"},
        {"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "bad_framing"},
        {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "bad_framing"},
        {"Content-Length: 0\r\nTransfer-Encoding: identity\r\n", "bad_framing"},
        {"Content-Length:\r\nTransfer-Encoding: chunked\r\n", "bad_framing"},
        {"Transfer-Encoding : chunked\r\n", "malformed_request"},
        {"Transfer-Encoding:\x0b"
         "chunked\r\n",
         "malformed_request"},
        {"Transfer-Encoding\r\n : chunked\r\n", "malformed_request"},
        {"X: y\r\n Transfer-Encoding: chunked\r\n", "malformed_request"},
    };
    for (const auto& [lines, word] : cases) {
      CAPTURE(lines);
      for (const auto method : {"GET", "POST", "HEAD"}) {
        const Request request(with_fields(lines, "1.1", method));
        REQUIRE(request.word() == word);
        if (request.verdict) CHECK(request.head.framing == Framing::chunked);
      }
      CHECK(Request(with_fields(lines, "1.0")).word() == (word == "malformed_request" ? word : "bad_framing"));
    }
  }

  TEST_CASE("16: Expect") {
    struct Case {
      std::string_view lines;
      std::string_view word;
      bool expects;
    };
    const Case cases[] = {
        {"Content-Length: 5\r\nExpect: 100-continue\r\n", "ok", true},
        {"Expect: 100-Continue\r\nTransfer-Encoding: chunked\r\n", "ok", true},
        {"Content-Length: 5\r\nExpect: 100-continue, 100-continue\r\n", "ok", true},
        {"Content-Length: 5\r\nExpect:\r\n", "ok", false},
        {"Content-Length: 0\r\nExpect: 100-continue\r\n", "ok", false},
        {"Expect: 100-continue\r\n", "ok", false},
        {"Content-Length: 5\r\nExpect: 100-continue, x\r\n", "expectation_failed", false},
        {"Content-Length: 5\r\nExpect: x, 100-continue\r\n", "expectation_failed", false},
        {"Content-Length: 5\r\nExpect: 100-continue\r\nExpect: x=y\r\n", "expectation_failed", false},
        {"Expect: 200-ok\r\n", "expectation_failed", false},
    };
    for (const auto& c : cases) {
      CAPTURE(c.lines);
      const Request request(with_fields(c.lines));
      CHECK(request.word() == c.word);
      CHECK(request.head.expects_continue == c.expects);
      if (request.verdict) CHECK((request.head.fields.find(FieldId::expect) != nullptr) == c.expects);
    }
    const Request old(with_fields("Content-Length: 5\r\nExpect: 100-continue, x\r\n", "1.0"));
    CHECK(old.word() == "ok");
    CHECK_FALSE(old.head.expects_continue);
    CHECK(old.head.fields.find(FieldId::expect) == nullptr);  // it would mean something in the 1.1 that goes to the origin
  }

  TEST_CASE("17: keep-alive") {
    struct Case {
      std::string_view lines;
      bool in_11;
      bool in_10;
    };
    const Case cases[] = {
        {"", true, false},
        {"Connection: close\r\n", false, false},
        {"Connection: CLOSE\r\n", false, false},
        {"Connection: keep-alive\r\n", true, true},
        {"Connection: foo, Keep-Alive\r\n", true, true},
        {"Connection: keep-alive\r\nConnection: x,, close\r\n", false, false},
        {"Connection: closed\r\n", true, false},
        {"Connection:\r\n", true, false},
        {"Proxy-Connection: keep-alive\r\n", true, false},
        {"Keep-Alive: timeout=5\r\n", true, false},
    };
    for (const auto& c : cases) {
      CAPTURE(c.lines);
      CHECK(Request(with_fields(c.lines)).head.keep_alive == c.in_11);
      CHECK(Request(with_fields(c.lines, "1.0")).head.keep_alive == c.in_10);
    }
    std::string many = "Connection: a";
    for (std::size_t i = 1; i < kMaxConnectionOptions; ++i) many += ",a";
    CHECK(Request(with_fields(many + "\r\n")).word() == "ok");
    CHECK(Request(with_fields(many + ",a\r\n")).word() == "head_too_large");
  }

  TEST_CASE("22: an upgrade counts only when it was asked for properly") {
    CHECK(Request(with_fields("Connection: Upgrade\r\nUpgrade: websocket\r\n")).head.upgrade == "websocket");
    CHECK(Request(with_fields("Upgrade: a\r\nConnection: keep-alive, upgrade\r\nContent-Length: 0\r\n")).head.upgrade == "a");
    CHECK(Request(with_fields("Upgrade: websocket\r\n")).head.upgrade.empty());
    CHECK(Request(with_fields("Connection: upgrade\r\n")).head.upgrade.empty());
    CHECK(Request(with_fields("Connection: Upgrade\r\nUpgrade: a\r\nUpgrade: b\r\n")).head.upgrade.empty());
    CHECK(Request(with_fields("Connection: Upgrade\r\nUpgrade: a\r\nContent-Length: 3\r\n")).head.upgrade.empty());
    CHECK(Request(with_fields("Connection: Upgrade\r\nUpgrade: a\r\nTransfer-Encoding: chunked\r\n")).head.upgrade.empty());
    CHECK(Request(with_fields("Connection: Upgrade\r\nUpgrade: a\r\n", "1.0")).head.upgrade.empty());
  }

  TEST_CASE("1: the verdict on a request does not depend on its segments") {
    const std::string_view requests[] = {
        "GET /a/b?c HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Long-Name-To-Cross-A-Block: abcdefghijklmnopqrstuvwxyz\r\n\r\n",
        "\r\n\r\nPOST http://b/ HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\n\r\n",
        "GET / HTTP/1.1\r\nA: b\r\n c: d\r\n\r\n",
        "GET / HTTP/3.1\r\n\r\n",
        "GET /\r\n\r\n",
        "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\nHost: a\r\n\r\n",
    };
    const auto verdict = [](std::string_view bytes, std::size_t piece) {
      HeadScan scan(HeadScan::Kind::request);
      const std::string scanned = scan_in_pieces(bytes, scan, piece);
      if (!scanned.starts_with("ends")) return scanned;
      const Request request(bytes.substr(scan.begin(), std::stoul(scanned.substr(8)) - scan.begin()));
      return scanned + request.word() + text_of(request.head.fields);
    };
    for (const std::string_view bytes : requests) {
      CAPTURE(bytes);
      const std::string whole = verdict(bytes, bytes.size());
      for (std::size_t piece = 1; piece < bytes.size(); ++piece) REQUIRE(verdict(bytes, piece) == whole);
    }
  }
}
