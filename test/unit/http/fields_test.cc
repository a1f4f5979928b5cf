// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "http/fields.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "unit/http/parser_fixture.h"

using namespace nuncio;
using namespace nuncio::test;
using namespace std::literals;

namespace {

std::string names_of(const FieldList& fields) {
  std::string names;
  for (const Field& field : fields.all()) names.append(field.name).append(" ");
  return names;
}

template <class Head>
std::string written(const Head& head) {
  std::array<char, 4096> out;
  if constexpr (std::is_same_v<Head, RequestHead>) {
    return {out.data(), write_request_head(head, out)};
  } else {
    return {out.data(), write_response_head(head, out)};
  }
}

}  // namespace

TEST_SUITE("fields") {
  TEST_CASE("14: hop-by-hop fields are removed, and what Connection names") {
    struct Case {
      std::string_view lines;
      std::string_view left;
    };
    const Case cases[] = {
        {"A: b\r\n", "A "},
        {"Connection: close\r\nA: b\r\n", "A "},
        {"Keep-Alive: 5\r\nPROXY-connection: x\r\nTE: trailers\r\nUpgrade: h2c\r\nA: b\r\n", "A "},
        {"Connection: x-secret\r\nX-Secret: 1\r\nA: b\r\nx-SECRET: 2\r\n", "A "},
        {"Connection: A, ,B\r\nconnection: c\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n", "D "},
        {"Connection: close, nothing-like-it\r\nA: b\r\n", "A "},
        {"Connection: keep-alive\r\nKeep-Alive: 1\r\n", ""},
        {"Connection: Content-Length, Transfer-Encoding, Host\r\nContent-Length: 1\r\n", "Content-Length "},
        {"Connection: X-Forwarded-For, x-forwarded-proto, x-forwarded-anything\r\nX-Forwarded-For: 1\r\nX-Forwarded-Proto: 1\r\n"
         "X-Forwarded-Anything: 1\r\n",
         "X-Forwarded-For X-Forwarded-Proto X-Forwarded-Anything "},
        {"Connection: x-request-id, x-envoy-internal, X-Envoy-Foo, via\r\nX-Request-Id: 1\r\nX-Envoy-Internal: 1\r\nX-Envoy-Foo: 1\r\nVia: "
         "1\r\n",
         "X-Request-Id X-Envoy-Internal X-Envoy-Foo Via "},
        {"Connection: Authorization, cookie, cache-control, x-forwarded-client-cert\r\nAuthorization: 1\r\nCookie: 1\r\nCache-Control: "
         "1\r\n"
         "X-Forwarded-Client-Cert: 1\r\n",
         "Authorization Cookie Cache-Control X-Forwarded-Client-Cert "},
        {"Connection: close\r\nClose: 1\r\nTrailer: x\r\n", "Close Trailer "},
        {"Connection: trailer, user-agent, http2-settings\r\nTrailer: x\r\nUser-Agent: x\r\nHTTP2-Settings: x\r\n", ""},
        {"Connection: \"quoted\", a b\r\nA: 1\r\n", "A "},
    };
    for (const auto& [lines, left] : cases) {
      CAPTURE(lines);
      Request request("POST / HTTP/1.1\r\nHost: a\r\n" + std::string(lines) + "\r\n");
      REQUIRE(request.word() == "ok");
      remove_hop_by_hop(request.head.fields);
      CHECK(names_of(request.head.fields) == "Host " + std::string(left));

      Response response("HTTP/1.1 200 OK\r\n" + std::string(lines) + "\r\n");
      REQUIRE(response.word() == "ok");
      remove_hop_by_hop(response.head.fields);
      CHECK(names_of(response.head.fields) == left);
    }
  }

  TEST_CASE("14: as many options as the parser lets through are obeyed") {
    std::string lines = "Connection: a0";
    for (std::size_t i = 1; i < kMaxConnectionOptions; ++i) lines += ",a" + std::to_string(i);
    lines += "\r\nA0: x\r\nA" + std::to_string(kMaxConnectionOptions - 1) + ": x\r\n";
    Request request("GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n");
    REQUIRE(request.word() == "ok");
    remove_hop_by_hop(request.head.fields);
    CHECK(names_of(request.head.fields) == "Host ");
  }

  TEST_CASE("a Connection option is found in any field and letter case") {
    const Request request("GET / HTTP/1.1\r\nHost: a\r\nConnection: foo\r\nCONNECTION: x,, Upgrade\r\nUpgraded: close\r\n\r\n");
    CHECK(has_connection_option(request.head.fields, "upgrade"));
    CHECK(has_connection_option(request.head.fields, "FOO"));
    CHECK_FALSE(has_connection_option(request.head.fields, "close"));
    CHECK_FALSE(has_connection_option(request.head.fields, "fo"));
  }

  TEST_CASE("1: requests are written with nuncio's framing") {
    struct Case {
      std::string_view head;
      std::string_view written;
    };
    const Case cases[] = {
        {"GET /a?b HTTP/1.1\r\nHoSt:a\r\nX-A:  b \r\n\r\n", "GET /a?b HTTP/1.1\r\nHoSt: a\r\nX-A: b\r\n\r\n"},
        {"GET /a HTTP/1.0\r\n\r\n", "GET /a HTTP/1.1\r\n\r\n"},
        {"GET http://b/c?d HTTP/1.1\r\nHost: a\r\n\r\n", "GET /c?d HTTP/1.1\r\nHost: b\r\n\r\n"},
        {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-LENGTH: 007\r\nX: y\r\n\r\n",
         "POST / HTTP/1.1\r\nHost: a\r\nContent-LENGTH: 7\r\nX: y\r\n\r\n"},
        {"POST / HTTP/1.1\r\nContent-Length: 7, 7\r\nHost: a\r\nContent-Length: 7\r\n\r\n",
         "POST / HTTP/1.1\r\nContent-Length: 7\r\nHost: a\r\n\r\n"},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\nTransfer-Encoding: ,CHUNKED\r\n\r\n",
         "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"},
    };
    for (const auto& c : cases) {
      CAPTURE(c.head);
      const Request request(c.head);
      REQUIRE(request.word() == "ok");
      CHECK(written(request.head) == c.written);
    }
  }

  TEST_CASE("1: framing fields follow the framing, whatever the list says") {
    Request request("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\n");
    request.head.framing = Framing::chunked;
    CHECK(written(request.head) == "POST /x HTTP/1.1\r\nHost: a\r\ntransfer-encoding: chunked\r\n\r\n");
    request.head.framing = Framing::none;
    CHECK(written(request.head) == "POST /x HTTP/1.1\r\nHost: a\r\n\r\n");
    request.head.fields.remove(FieldId::content_length);
    request.head.framing = Framing::length;
    CHECK(written(request.head) == "POST /x HTTP/1.1\r\nHost: a\r\ncontent-length: 7\r\n\r\n");
    request.head.fields.add("transfer-encoding", "gzip", FieldId::transfer_encoding);
    CHECK(written(request.head) == "POST /x HTTP/1.1\r\nHost: a\r\ncontent-length: 7\r\n\r\n");
    request.head.path = "/new";
    request.head.query = "?q";
    CHECK(written(request.head).starts_with("POST /new?q HTTP/1.1\r\n"));
    request.head.path = {};
    CHECK(written(request.head).starts_with("POST /x HTTP/1.1\r\n"));
  }

  TEST_CASE("responses") {
    struct Case {
      std::string_view method;
      std::string_view head;
      std::string_view written;
    };
    const Case cases[] = {
        {"GET", "HTTP/1.0 200 Fine\r\nA:b\r\n\r\n", "HTTP/1.1 200 Fine\r\nA: b\r\n\r\n"},
        {"GET", "HTTP/1.1 200\r\nContent-Length: 05\r\n\r\n", "HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\n"},
        {"GET", "HTTP/1.1 200 OK\r\nTRANSFER-encoding: Chunked\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\n",
         "HTTP/1.1 200 OK\r\nTRANSFER-encoding: chunked\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\n"},
        {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"},
        {"HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"},
        {"HEAD", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"},
        {"GET", "HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n"},
        {"GET", "HTTP/1.1 204 x\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 204 x\r\n\r\n"},
        {"GET", "HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 204 x\r\n\r\n"},
        {"GET", "HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n"},
    };
    for (const auto& c : cases) {
      CAPTURE(c.head);
      const Response response(c.head, c.method);
      REQUIRE(response.word() == "ok");
      CHECK(written(response.head) == c.written);
    }
    Response response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: a\r\n\r\n");
    response.head.framing = Framing::until_close;
    CHECK(written(response.head) == "HTTP/1.1 200 OK\r\nContent-Type: a\r\n\r\n");
  }

  TEST_CASE("a buffer that is too small is left alone, and pieces of every length arrive whole") {
    for (std::size_t size = 0; size < 80; ++size) {
      std::string value;
      for (std::size_t i = 0; i < size; ++i) value += static_cast<char>('a' + i % 26);
      const std::string head = "HTTP/1.1 200 OK\r\nA: " + value + "\r\n\r\n";
      const Response response(head);
      REQUIRE(response.word() == "ok");
      std::string out(head.size(), '~');
      REQUIRE(write_response_head(response.head, out) == head.size());
      CHECK(out == head);
      std::string small(head.size() - 1, '~');
      CHECK(write_response_head(response.head, small) == head.size());
      CHECK(small == std::string(head.size() - 1, '~'));
    }
  }
}
