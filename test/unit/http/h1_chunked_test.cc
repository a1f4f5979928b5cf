// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "http/h1_chunked.h"

#include <doctest/doctest.h>

#include <array>
#include <random>
#include <string>

#include "unit/http/parser_fixture.h"

using namespace nuncio;
using namespace nuncio::test;
using namespace std::literals;

namespace {

// content, trailers, what is left, or the refusal: feeds `piece` bytes at a time into a decoder with room for `room` views
std::string decode(std::string_view input, std::size_t piece, std::size_t room = 8, Side side = Side::client) {
  Memory memory;
  FieldList trailers(memory.arena);
  ChunkedDecoder decoder(side, trailers);
  std::array<std::string_view, 64> content;
  std::string text;
  std::size_t used = 0;
  for (std::size_t size = 0; !decoder.done() && size < input.size();) {
    size = std::min(input.size(), size + piece);
    while (used < size && !decoder.done()) {
      const std::string block(input.substr(used, size - used));
      const auto step = decoder.decode(block, std::span(content).first(room));
      if (!step) return outcome(step.error());
      for (std::size_t i = 0; i < step->pieces; ++i) text += content[i];
      used += step->consumed;
    }
  }
  REQUIRE(decoder.content_bytes() == text.size());
  if (!decoder.done()) return "unfinished " + text;
  return text + "|" + text_of(trailers) + "|" + std::string(input.substr(used));
}

std::string whole(std::string_view input) {
  return decode(input, input.size());
}

std::string chunk(std::string_view bytes) {
  std::array<char, kMaxChunkHead> head;
  std::string text(head.data(), write_chunk_head(bytes.size(), head));
  return text.append(bytes).append(kChunkEnd);
}

}  // namespace

TEST_SUITE("h1_chunked") {
  TEST_CASE("bodies") {
    struct Case {
      std::string_view input;
      std::string_view outcome;
    };
    const std::string_view bad = "refused: bad_body";
    const Case cases[] = {
        {"0\r\n\r\n", "||"},
        {"5\r\nhello\r\n0\r\n\r\n", "hello||"},
        {"5\r\nhello\r\n00000\r\n\r\nGET /", "hello||GET /"},
        {"1\r\na\r\nA\r\n0123456789\r\n0b\r\n0123456789a\r\n0\r\n\r\n", "a01234567890123456789a||"},
        {"2\r\n\r\n\r\n0\r\n\r\n", "\r\n||"},
        {"5;a\r\nhello\r\n0;b=c;d=\"e f\"\r\n\r\n", "hello||"},
        {"5;\r\nhello\r\n0\r\n\r\n", "hello||"},
        {"", "unfinished "},
        {"5\r\nhel", "unfinished hel"},
        {"5\r\nhello\r\n0\r\n", "unfinished hello"},
        {"5\r\nhello\r\n0\r\n\r", "unfinished hello"},
        {"\r\n", bad},
        {"\r\n0\r\n\r\n", bad},
        {";a\r\n", bad},
        {"5\nhello", bad},
        {"5\rhello", bad},
        {"5 \r\nhello\r\n", bad},
        {"5 ;a\r\nhello\r\n", bad},
        {"5\t\r\nhello\r\n", bad},
        {" 5\r\nhello\r\n", bad},
        {"+5\r\nhello\r\n", bad},
        {"-5\r\nhello\r\n", bad},
        {"0x5\r\nhello\r\n", bad},
        {"5h\r\nhello\r\n", bad},
        {"5_0\r\nhello\r\n", bad},
        {"\xef\xbc\x95\r\nhello\r\n", bad},
        {"5\r\nhello0\r\n\r\n", bad},
        {"5\r\nhello\n0\r\n\r\n", bad},
        {"5\r\nhello\r0\r\n\r\n", bad},
        {"5\r\nhelloX\r\n", bad},
        {"5\r\nhello\r\n\r\n0\r\n\r\n", bad},
        {"0\r\n\n", bad},
        {"0\n\r\n", bad},
        {"0\r\n\rX", bad},
        {"5;a\nb\r\nhello\r\n", bad},
        {"5;a\rb\r\nhello\r\n", bad},
        {"5;a\tb\r\nhello\r\n", bad},
        {"5;a\x01\r\nhello\r\n", bad},
        {"5;a\0\r\nhello\r\n"sv, bad},
        {"5;a\x7f\r\nhello\r\n", bad},
        {"8000000000000000\r\n", bad},
        {"ffffffffffffffff\r\n", bad},
        {"10000000000000000\r\n", bad},
        {"fffffffffffffffff5\r\n", bad},
        {"7fffffffffffffff\r\nabc", "unfinished abc"},
        {"1\r\na\r\n7fffffffffffffff\r\n", bad},  // the sum
        {"00000000000000000000005\r\nhello\r\n0\r\n\r\n", "hello||"},
    };
    for (const auto& [input, expected] : cases) {
      CAPTURE(input);
      CHECK(whole(input) == expected);
      for (std::size_t piece = 1; piece < input.size(); ++piece) REQUIRE(decode(input, piece) == expected);
      for (const std::size_t room : {1, 2, 3}) REQUIRE(decode(input, input.size(), room) == expected);
    }
    CHECK(decode("x", 1, 1, Side::upstream) == "refused: upstream_malformed");
  }

  TEST_CASE("6: trailers") {
    struct Case {
      std::string_view section;
      std::string_view outcome;
    };
    const std::string_view bad = "refused: bad_body";
    const Case cases[] = {
        {"A: b\r\n\r\n", "|A=b#0||"},
        {"grpc-status: 0\r\nGrpc-Message:\r\n\r\nrest", "|grpc-status=0#0|Grpc-Message=#0||rest"},
        {"A : b\r\n\r\n", bad},
        {" A: b\r\n\r\n", bad},
        {"A: b\r\n c\r\n\r\n", bad},
        {"A\r\n\r\n", bad},
        {": b\r\n\r\n", bad},
        {"A: b\n\r\n", bad},
        {"A: b\rc\r\n\r\n", bad},
        {"A: b\0\r\n\r\n"sv, bad},
        {"A: b\x01\r\n\r\n", bad},
        {"A: b\r\nContent-Length: 5\r\n\r\n", bad},
        {"Transfer-Encoding: chunked\r\n\r\n", bad},
        {"Host: a\r\n\r\n", bad},
        {"HOST: a\r\n\r\n", bad},
        {"Connection: close\r\n\r\n", bad},
        {"Keep-Alive: a\r\n\r\n", bad},
        {"TE: a\r\n\r\n", bad},
        {"Trailer: a\r\n\r\n", bad},
        {"Upgrade: a\r\n\r\n", bad},
        {"Expect: 100-continue\r\n\r\n", bad},
        {"Max-Forwards: 1\r\n\r\n", bad},
        {"Authorization: a\r\n\r\n", bad},
        {"Cookie: a\r\n\r\n", bad},
        {"set-cookie: a\r\n\r\n", bad},
        {"Content-Type: a\r\n\r\n", bad},
        {"Content-Encoding: a\r\n\r\n", bad},
        {"Content-Range: a\r\n\r\n", bad},
        {"X-Forwarded-For: a\r\n\r\n", bad},
        {"X-Forwarded-Anything: a\r\n\r\n", bad},
        {"X-Envoy-Anything: a\r\n\r\n", bad},
        {"X-Request-Id: a\r\n\r\n", bad},
        {"Forwarded: a\r\n\r\n", bad},
    };
    for (const auto& [section, expected] : cases) {
      CAPTURE(section);
      const std::string input = "0\r\n" + std::string(section);
      CHECK(whole(input) == expected);
      for (std::size_t piece = 1; piece < input.size(); ++piece) REQUIRE(decode(input, piece) == expected);
    }
  }

  TEST_CASE("bounds") {
    const std::string bad = "refused: bad_body";
    const std::string rest = "\r\nhello\r\n0\r\n\r\n";
    CHECK(whole("5;" + std::string(kMaxChunkLine - 1, 'x') + rest) == "hello||");
    CHECK(whole("5;" + std::string(kMaxChunkLine, 'x') + rest) == bad);
    CHECK(whole(std::string(kMaxChunkLine - 1, '0') + "5" + rest) == "hello||");
    CHECK(whole(std::string(kMaxChunkLine, '0') + "5" + rest) == bad);

    // many tiny chunks with large extensions
    std::string wasteful;
    for (std::uint64_t i = 0; i < kMaxExtensionBytes / 1000 + 1; ++i) wasteful += "1;" + std::string(1000, 'x') + "\r\na\r\n";
    CHECK(whole(wasteful + "0\r\n\r\n") == bad);
    // but a long body may have some in every chunk
    std::string signed_chunks;
    for (int i = 0; i < 1000; ++i)
      signed_chunks += "64;signature=0123456789012345678901234567890123456789\r\n" + std::string(100, 'a') + "\r\n";
    CHECK(whole(signed_chunks + "0\r\n\r\n") == std::string(100000, 'a') + "||");

    const std::string value(kMaxTrailerBytes - "A: \r\n\r\n"sv.size(), 'b');
    CHECK(whole("0\r\nA: " + value + "\r\n\r\n") == "|A=" + value + "#0||");
    CHECK(whole("0\r\nA: " + value + "b\r\n\r\n") == bad);
    CHECK(whole("0\r\nA: " + value + value) == bad);  // without an end
    std::string many = "0\r\n";
    for (int i = 0; i < 129; ++i) many += "A: b\r\n";
    CHECK(whole(many + "\r\n") == bad);
  }

  TEST_CASE("many chunks of one buffer come out in one step") {
    const std::string input = chunk("one") + chunk("two") + chunk("three") + std::string(kLastChunk) + "GET";
    Memory memory;
    FieldList trailers(memory.arena);
    ChunkedDecoder decoder(Side::client, trailers);
    std::array<std::string_view, 3> content;
    const auto step = decoder.decode(input, content);
    REQUIRE(step);
    CHECK(step->pieces == 3);
    CHECK(content[2] == "three");
    CHECK(content[2].data() == input.data() + input.find("three"));  // not copied
    CHECK(decoder.done());
    CHECK(input.substr(step->consumed) == "GET");
    CHECK(decoder.decode({}, content)->consumed == 0);
  }

  TEST_CASE("what is encoded can be decoded, in any pieces") {
    std::mt19937 random(7);
    for (int round = 0; round < 300; ++round) {
      std::string body;
      std::string input;
      for (auto count = random() % 6; count > 0; --count) {
        const std::string bytes(random() % 300 + 1, static_cast<char>(random()));
        body += bytes;
        input += chunk(bytes);
      }
      input += kLastChunk;
      REQUIRE(decode(input, random() % input.size() + 1, random() % 3 + 1) == body + "||");
    }
  }

  TEST_CASE("the encoder") {
    std::array<char, kMaxChunkHead> head;
    const auto text = [&](std::uint64_t size) { return std::string(head.data(), write_chunk_head(size, head)); };
    CHECK(text(1) == "1\r\n");
    CHECK(text(16) == "10\r\n");
    CHECK(text(0xabcdef) == "abcdef\r\n");
    CHECK(text(~std::uint64_t{0}) == "ffffffffffffffff\r\n");

    Memory memory;
    FieldList trailers(memory.arena);
    std::array<char, 64> out;
    CHECK(std::string(out.data(), write_last_chunk(trailers, out)) == kLastChunk);
    trailers.add("grpc-status", "0", FieldId::other);
    const std::string expected = "0\r\ngrpc-status: 0\r\n\r\n";
    CHECK(std::string(out.data(), write_last_chunk(trailers, out)) == expected);
    out.fill('~');
    CHECK(write_last_chunk(trailers, std::span(out).first(expected.size() - 1)) == expected.size());
    CHECK(out[0] == '~');
  }
}
