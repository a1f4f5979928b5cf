// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Streams: bytes in both directions. How waits end is stream_wait_test.cc's subject.
#include "net/stream.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "unit/net/stream_fixture.h"

namespace nuncio {

namespace {

using test::kForever;
using test::Kind;
using test::kStop;
using test::pattern;
using test::read_all;
using test::read_once;
using test::Seen;
using test::StreamFixture;
using test::write_all;

// ---- reading -------------------------------------------------------------------------------------------------------------------------

TEST_CASE("stream: bytes that are there, bytes that come later, the end") {
  for (const Kind kind : {Kind::unix_pair, Kind::tcp}) {
    StreamFixture f(kind);
    Seen seen;
    f.send("now ");
    Scope scope;
    scope.start(read_all(*f.stream, seen, kForever));
    f.run_until([&] { return seen.bytes == "now "; });
    f.send("later");
    f.run_until([&] { return seen.bytes == "now later"; });
    f.peer.reset();
    f.run_until([&] { return scope.idle(); });
    CHECK(seen.word() == "end");
    CHECK(f.stream->bytes_in() == 9);
    CHECK(f.stream->input().empty());
  }
}

// With edge triggering and no second recv after a short one, a FIN in the same wakeup would never be seen.
TEST_CASE("stream: data and FIN in one wakeup") {
  for (const Kind kind : {Kind::unix_pair, Kind::tcp}) {
    for (const bool waiting_before : {true, false}) {
      for (const std::size_t size : {std::size_t{1}, std::size_t{100}, ChunkPool::kSmall, ChunkPool::kSmall + 1, 3 * ChunkPool::kSmall}) {
        CAPTURE(waiting_before);
        CAPTURE(size);
        StreamFixture f(kind);
        Seen seen;
        Scope scope;
        if (waiting_before) {
          scope.start(read_all(*f.stream, seen, kForever));
          f.settle();
        }
        const std::string text = pattern(size);
        REQUIRE(f.send(text) == size);
        ::shutdown(f.peer.get(), SHUT_WR);
        if (!waiting_before) {
          f.settle();
          scope.start(read_all(*f.stream, seen, kForever));
        }
        f.run_until([&] { return scope.idle(); });
        CHECK(seen.word() == "end");
        CHECK(seen.bytes == text);
      }
    }
  }
}

TEST_CASE("stream: FIN a while after the data") {
  StreamFixture f(Kind::tcp);
  Seen seen;
  Scope scope;
  scope.start(read_all(*f.stream, seen, kForever));
  f.send("x");
  f.run_until([&] { return seen.bytes == "x"; });
  f.settle();
  ::shutdown(f.peer.get(), SHUT_WR);
  f.run_until([&] { return scope.idle(); });
  CHECK(seen.word() == "end");
}

TEST_CASE("stream: after a short read nothing is there until something comes") {
  StreamFixture f;
  f.send("abc");
  f.settle();
  CHECK(f.stream->may_have_input());
  auto got = f.stream->try_read();
  REQUIRE(got.has_value());
  REQUIRE(got->has_value());
  CHECK(**got == 3);
  CHECK_FALSE(f.stream->may_have_input());
  CHECK_FALSE(f.stream->try_read().has_value());
  f.send("d");
  f.settle();
  got = f.stream->try_read();
  REQUIRE(got.has_value());
  CHECK(**got == 1);
  CHECK(f.stream->input() == "abcd");
  f.stream->consume(1);
  CHECK(f.stream->input() == "bcd");
  f.stream->consume(3);
  CHECK(f.stream->input().empty());
}

TEST_CASE("stream: a read that fills the buffer exactly is followed by what comes after") {
  StreamFixture f;
  Seen seen;
  Scope scope;
  scope.start(read_all(*f.stream, seen, kForever));
  const std::string text = pattern(2 * ChunkPool::kSmall);
  REQUIRE(f.send(text) == text.size());
  f.run_until([&] { return seen.bytes.size() == text.size(); });
  f.send("more");
  f.run_until([&] { return seen.bytes == text + "more"; });
  f.peer.reset();
  f.run_until([&] { return scope.idle(); });
  CHECK(seen.word() == "end");
}

TEST_CASE("stream: what is unread stays, the buffer moves it or grows") {
  StreamFixture f;
  const std::string text = pattern(100'000);
  std::string expected;
  std::size_t sent = 0;
  std::size_t step = 1;
  while (sent < text.size()) {
    const std::size_t size = std::min(step, text.size() - sent);
    REQUIRE(f.send(std::string_view(text).substr(sent, size)) == size);
    expected += text.substr(sent, size);
    sent += size;
    step = step * 3 % 20'011;
    f.settle();
    while (f.stream->may_have_input()) {
      const auto got = f.stream->try_read();
      if (!got) break;
      REQUIRE(got->has_value());
    }
    REQUIRE(f.stream->input() == expected);
    const std::size_t taken = expected.size() / 3;
    f.stream->consume(taken);
    expected.erase(0, taken);
    REQUIRE(f.stream->input() == expected);
  }
}

TEST_CASE("stream: a full buffer says so, and becomes a larger one") {
  StreamFixture f;
  const std::string text = pattern(ChunkPool::kSmall + 10);
  REQUIRE(f.send(text) == text.size());
  f.settle();
  auto got = f.stream->try_read();
  REQUIRE(got.has_value());
  CHECK(**got == ChunkPool::kSmall);
  CHECK(f.stream->input_full());
  got = f.stream->try_read();
  REQUIRE(got.has_value());
  CHECK(**got == 10);
  CHECK_FALSE(f.stream->input_full());
  CHECK(f.stream->input() == text);
}

// ---- the budget ----------------------------------------------------------------------------------------------------------------------

struct Flood {
  StreamFixture& f;
  std::uint64_t wanted;
  std::vector<std::uint64_t> turns = {};  // of each read
  std::vector<std::size_t> sizes = {};
};

// The peer is always faster: it refills the socket before each read.
Task<> read_flood(Flood& flood) {
  const std::string block = pattern(ChunkPool::kLarge);
  while (flood.f.stream->bytes_in() < flood.wanted) {
    while (flood.f.send(block) == block.size()) {
    }
    const auto got = co_await flood.f.stream->read(kForever);
    if (!got) co_return;
    flood.turns.push_back(flood.f.loop.turn());
    flood.sizes.push_back(*got);
    flood.f.stream->consume(flood.f.stream->input().size());
  }
}

TEST_CASE("stream: a fast peer gets a share of each turn") {
  StreamFixture f;
  Flood flood{f, 8 * Stream::kTurnBytes};
  Scope scope;
  scope.start(read_flood(flood));
  f.run_until([&] { return scope.idle(); });
  REQUIRE(f.stream->bytes_in() >= flood.wanted);
  std::size_t in_turn = 0;
  std::size_t most = 0;
  for (std::size_t i = 0; i < flood.turns.size(); ++i) {
    if (i > 0 && flood.turns[i] != flood.turns[i - 1]) in_turn = 0;
    in_turn += flood.sizes[i];
    most = std::max(most, in_turn);
  }
  CHECK(most < Stream::kTurnBytes + ChunkPool::kLarge);
  CHECK(flood.turns.back() - flood.turns.front() >= 6);
}

TEST_CASE("stream: tried again when its share is used up, it goes on in the next turn") {
  StreamFixture f;
  const std::string block = pattern(ChunkPool::kSmall);
  bool used_up = false;
  f.send("x");
  f.settle();
  std::size_t attempts = 0;
  f.loop.post([&] {
    std::size_t had = 0;
    while (had < 2 * Stream::kTurnBytes) {
      while (f.send(block) == block.size()) {
      }
      const auto got = f.stream->try_read();
      if (!got || !*got) break;
      ++attempts;
      had += **got;
      f.stream->consume(**got);
    }
    used_up = had >= Stream::kTurnBytes && had < 2 * Stream::kTurnBytes;
    for (int i = 0; i < 3; ++i) CHECK_FALSE(f.stream->try_read().has_value());
  });
  f.settle();
  CHECK(attempts > 0);
  CHECK(used_up);
  Seen seen;
  Scope scope;
  scope.start(read_once(*f.stream, seen, kForever));
  f.run_until([&] { return scope.idle(); });
  CHECK(seen.reads.size() == 1);
}

// ---- writing -------------------------------------------------------------------------------------------------------------------------

TEST_CASE("stream: several parts, empty ones among them") {
  StreamFixture f;
  std::string a = "head ";
  std::string b = "body";
  iovec parts[] = {{nullptr, 0}, {a.data(), a.size()}, {nullptr, 0}, {nullptr, 0}, {b.data(), b.size()}, {nullptr, 0}};
  std::span<iovec> left(parts);
  auto sent = f.stream->try_write(left);
  REQUIRE(sent.has_value());
  CHECK(sent->has_value());
  CHECK(left.empty());
  CHECK(f.receive(100) == "head body");
  std::span<iovec> none;
  sent = f.stream->try_write(none);
  REQUIRE(sent.has_value());
  CHECK(sent->has_value());
  CHECK(f.stream->bytes_out() == 9);
}

TEST_CASE("stream: more than the socket takes goes on when the peer reads") {
  for (const Kind kind : {Kind::unix_pair, Kind::tcp}) {
    StreamFixture f(kind);
    const std::string text = pattern(8 * 1024 * 1024);
    Seen seen;
    Scope scope;
    scope.start(write_all(*f.stream, text, seen, kForever));
    CHECK_FALSE(scope.idle());
    std::string got;
    f.run_until([&] {
      got += f.receive(1024 * 1024);
      return got.size() >= text.size();
    });
    f.run_until([&] { return scope.idle(); });
    CHECK(seen.word() == "end");
    CHECK(got == text);
    CHECK(f.stream->bytes_out() == text.size());
  }
}

TEST_CASE("stream: a peer that went away: an error, no signal") {
  for (const Kind kind : {Kind::unix_pair, Kind::tcp}) {
    StreamFixture f(kind, Side::upstream);
    f.peer.reset();
    f.settle();
    Seen seen;
    Scope scope;
    const std::string text = pattern(8 * 1024 * 1024);
    scope.start(write_all(*f.stream, text, seen, kForever));
    f.run_until([&] { return scope.idle(); });
    REQUIRE(seen.error.has_value());
    CHECK(seen.error->side == Side::upstream);
    CHECK(seen.error->retry == Retry::if_reused);
    CHECK((seen.error->system == EPIPE || seen.error->system == ECONNRESET));
  }
}

TEST_CASE("stream: half-close leaves the other direction usable") {
  for (const Kind kind : {Kind::unix_pair, Kind::tcp}) {
    StreamFixture f(kind);
    Seen seen;
    Scope scope;
    scope.start(read_all(*f.stream, seen, kForever));
    f.stream->finish_writing();
    f.run_until([&] { return f.receive_end() == 0; });
    f.send("still here");
    f.run_until([&] { return seen.bytes == "still here"; });
    ::shutdown(f.peer.get(), SHUT_WR);
    f.run_until([&] { return scope.idle(); });
    CHECK(seen.word() == "end");
  }
}

TEST_CASE("stream: after the peer's FIN it can be written to") {
  StreamFixture f(Kind::tcp);
  ::shutdown(f.peer.get(), SHUT_WR);
  Seen reading;
  Seen writing;
  Scope scope;
  scope.start(read_all(*f.stream, reading, kForever));
  f.run_until([&] { return reading.end; });
  scope.start(write_all(*f.stream, "an answer", writing, kForever));
  f.run_until([&] { return writing.end; });
  CHECK(f.receive(100) == "an answer");
}

// ---- both directions at once ---------------------------------------------------------------------------------------------------------

Task<> send_back(Stream& stream, bool& done) {
  for (;;) {
    const auto got = co_await stream.read(kForever);
    if (!got || *got == 0) break;
    std::string copy(stream.input());
    stream.consume(copy.size());
    iovec part{copy.data(), copy.size()};
    const auto sent = co_await stream.write(std::span(&part, 1), kForever);
    if (!sent) break;
  }
  stream.finish_writing();
  done = true;
}

Task<> send_and_finish(Stream& stream, std::string_view bytes, Seen& seen) {
  co_await write_all(stream, bytes, seen, kForever);
  stream.finish_writing();
}

TEST_CASE("stream: full duplex between two streams of one loop") {
  for (const Kind kind : {Kind::unix_pair, Kind::tcp}) {
    StreamFixture f(kind);
    Stream other(f.loop, std::move(f.peer), Side::upstream);
    const std::string text = pattern(4 * 1024 * 1024);
    Seen reading;
    Seen writing;
    bool echoed = false;
    Scope scope;
    scope.start(send_back(other, echoed));
    scope.start(read_all(*f.stream, reading, kForever));
    scope.start(send_and_finish(*f.stream, text, writing));
    f.run_until([&] { return scope.idle(); });
    CHECK(echoed);
    CHECK(writing.word() == "end");
    CHECK(reading.word() == "end");
    CHECK(reading.bytes == text);
  }
}

}  // namespace

}  // namespace nuncio
