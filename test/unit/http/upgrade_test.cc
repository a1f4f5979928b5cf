// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "http/upgrade.h"

#include <doctest/doctest.h>

#include <string>

#include "unit/http/parser_fixture.h"

using namespace nuncio;
using namespace nuncio::test;
using namespace std::literals;

namespace {

constexpr std::string_view kKey = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";  // RFC 6455 §1.3
constexpr std::string_view kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
constexpr std::string_view kVersion = "Sec-WebSocket-Version: 13\r\n";
constexpr std::string_view kUpgrade = "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n";

std::string request(std::initializer_list<std::string_view> lines, std::string_view start = "GET / HTTP/1.1") {
  std::string text = std::string(start) + "\r\nHost: a\r\n";
  for (const std::string_view line : lines) text += line;
  return text + "\r\n";
}

std::string answer(std::string_view protocol, std::string_view lines, std::string_view status = "101") {
  return "HTTP/1.1 " + std::string(status) + " x\r\nConnection: upgrade\r\nUpgrade: " + std::string(protocol) + "\r\n" +
         std::string(lines) + "\r\n";
}

}  // namespace

TEST_SUITE("upgrade") {
  TEST_CASE("what a request asks for") {
    struct Case {
      std::string bytes;
      UpgradeKind kind;
    };
    using enum UpgradeKind;
    const Case cases[] = {
        {request({}), none},
        {request({kUpgrade, kKey, kVersion}), websocket},
        {request({kUpgrade, kKey, kVersion}, "GET / HTTP/1.0"), none},
        {request({"Upgrade: websocket\r\n", kKey, kVersion}), none},
        {request({"Connection: upgrade\r\n", kKey, kVersion}), none},
        {request({kUpgrade, kKey, kVersion, "Content-Length: 1\r\n"}), none},
        {request({kUpgrade, kKey, kVersion}, "POST / HTTP/1.1"), bad_websocket},
        {request({kUpgrade, kKey}), bad_websocket},
        {request({kUpgrade, kVersion}), bad_websocket},
        {request({kUpgrade, kKey, kKey, kVersion}), bad_websocket},
        {request({kUpgrade, kKey, kVersion, kVersion}), bad_websocket},
        {request({kUpgrade, kKey, "Sec-WebSocket-Version: 8\r\n"}), bad_websocket},
        {request({kUpgrade, kKey, "Sec-WebSocket-Version: 013\r\n"}), bad_websocket},
        {request({kUpgrade, "Sec-WebSocket-Key: \r\n", kVersion}), bad_websocket},
        {request({kUpgrade, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\r\n", kVersion}), bad_websocket},
        {request({kUpgrade, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ\r\n", kVersion}), bad_websocket},
        {request({kUpgrade, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQo=\r\n", kVersion}), bad_websocket},
        {request({kUpgrade, "Sec-WebSocket-Key: dGhlIHNhbXBs ZSBub25jZ==\r\n", kVersion}), bad_websocket},
        {request({kUpgrade, "Sec-WebSocket-Key: dGhlIHNhbXBs=SBub25jZQ==\r\n", kVersion}), bad_websocket},
        {request({"Connection: upgrade\r\nUpgrade: spdy/3.1\r\n"}, "POST / HTTP/1.1"), other},
        {request({"Connection: upgrade\r\nUpgrade: h2c\r\n"}), other},
        {request({"Connection: upgrade\r\nUpgrade: websocket, h2c\r\n", kKey, kVersion}), none},
        {request({"Connection: upgrade\r\nUpgrade: h2c\r\nUpgrade: websocket\r\n", kKey, kVersion}), none},
        {request({"Connection: upgrade\r\nUpgrade: a b\r\n"}), none},
        {request({"Connection: upgrade\r\nUpgrade: a/\r\n"}), none},
        {request({"Connection: upgrade\r\nUpgrade: a/b/c\r\n"}), none},
        {request({"Connection: upgrade\r\nUpgrade:\r\n"}), none},
    };
    for (const auto& c : cases) {
      CAPTURE(c.bytes);
      const Request parsed(c.bytes);
      REQUIRE(parsed.word() == "ok");
      CHECK(upgrade_kind(parsed.head) == c.kind);
      CHECK(upgrade_protocol(parsed.head).empty() == (c.kind == none));
    }
  }

  TEST_CASE("Sec-WebSocket-Accept") {
    const auto accept = websocket_accept("dGhlIHNhbXBsZSBub25jZQ==");
    CHECK(std::string_view(accept.data(), accept.size()) == kAccept);
  }

  TEST_CASE("a 101 makes a tunnel only when it answers what was asked") {
    const Request websocket(request({kUpgrade, kKey, kVersion}));
    const std::string accept = "Sec-WebSocket-Accept: " + std::string(kAccept) + "\r\n";
    const auto matches = [&](const std::string& bytes) {
      const Response response(bytes);
      REQUIRE(response.word() == "ok");
      return upgrade_matches(websocket.head, upgrade_protocol(websocket.head), response.head);
    };
    CHECK(matches(answer("websocket", accept)));
    CHECK(matches(answer("WEBSOCKET", accept)));
    CHECK_FALSE(matches(answer("websocket", "")));
    CHECK_FALSE(matches(answer("websocket", accept + accept)));
    CHECK_FALSE(matches(answer("websocket", "Sec-WebSocket-Accept: " + std::string(28, 'x') + "\r\n")));
    CHECK_FALSE(matches(answer("h2c", accept)));
    CHECK_FALSE(matches(answer("websocket, h2c", accept)));
    CHECK_FALSE(matches(answer("websocket", accept + "Content-Length: 0\r\n", "200")));
    CHECK_FALSE(matches("HTTP/1.1 101 x\r\nUpgrade: websocket\r\n" + accept + "\r\n"));
    CHECK_FALSE(matches("HTTP/1.0 101 x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n" + accept + "\r\n"));

    const Request spdy(request({"Connection: upgrade\r\nUpgrade: SPDY/3.1\r\n"}));
    CHECK(upgrade_matches(spdy.head, upgrade_protocol(spdy.head), Response(answer("spdy/3.1", "")).head));
    CHECK_FALSE(upgrade_matches(spdy.head, upgrade_protocol(spdy.head), Response(answer("websocket", accept)).head));
    const Request plain(request({}));
    CHECK_FALSE(upgrade_matches(plain.head, upgrade_protocol(plain.head), Response(answer("websocket", accept)).head));
  }
}
