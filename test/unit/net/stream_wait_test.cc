// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Streams: how waits end otherwise than with bytes: limits, cancels, resets, connections that are not made, and their owner's end.
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/stream.h"
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

// ---- limits --------------------------------------------------------------------------------------------------------------------------

TEST_CASE("stream: a limit ends the wait with its reason, and the stream stays usable") {
  StreamFixture f;
  Seen first;
  Seen second;
  Scope scope;
  const Limit limit{20, CloseReason::body_timeout};
  scope.start(read_once(*f.stream, first, limit));
  f.run_until([&] { return scope.idle(); });
  REQUIRE(first.error.has_value());
  CHECK(first.word() == "body_timeout");
  CHECK(first.error->side == Side::client);
  CHECK(first.error->system == ETIMEDOUT);
  scope.start(read_once(*f.stream, second, kForever));
  f.settle();
  CHECK_FALSE(scope.idle());
  f.send("x");
  f.run_until([&] { return scope.idle(); });
  CHECK(second.reads == std::vector<std::size_t>{1});
}

TEST_CASE("stream: a limit of a wait that is over does not end the next one") {
  StreamFixture f;
  Seen first;
  Seen second;
  Scope scope;
  const Limit limit{30, CloseReason::body_timeout};
  scope.start(read_once(*f.stream, first, limit));
  f.send("x");
  f.run_until([&] { return scope.idle(); });
  scope.start(read_once(*f.stream, second, kForever));
  f.run_for(80);
  CHECK_FALSE(scope.idle());
  f.send("y");
  f.run_until([&] { return scope.idle(); });
  CHECK(second.word() == "going on");
  CHECK(second.reads.size() == 1);
}

TEST_CASE("stream: the limits of both directions count apart") {
  StreamFixture f;
  const std::string text = pattern(8 * 1024 * 1024);
  Seen reading;
  Seen writing;
  Scope scope;
  scope.start(write_all(*f.stream, text, writing, Limit{120, CloseReason::client_stalled}));
  scope.start(read_once(*f.stream, reading, Limit{30, CloseReason::body_timeout}));
  f.run_until([&] { return reading.error.has_value(); });
  CHECK(reading.word() == "body_timeout");
  f.run_until([&] { return scope.idle(); });
  CHECK(writing.word() == "client_stalled");
}

TEST_CASE("stream: a peer that takes a little now and then keeps a write alive") {
  StreamFixture f;
  const std::string text = pattern(8 * 1024 * 1024);
  Seen writing;
  Scope scope;
  const Limit limit{1000, CloseReason::client_stalled};
  scope.start(write_all(*f.stream, text, writing, limit));
  std::size_t got = 0;
  for (int i = 0; i < 15 && writing.word() == "going on"; ++i) {
    f.run_for(100);
    got += f.receive(128 * 1024).size();
  }
  CHECK(writing.word() == "going on");
  CHECK(got > 0);
  f.run_until([&] { return scope.idle(); });
  CHECK(writing.word() == "client_stalled");
}

// ---- cancelling ----------------------------------------------------------------------------------------------------------------------

TEST_CASE("stream: cancelling one direction leaves the other usable") {
  StreamFixture f;
  Seen reading;
  Seen writing;
  Scope scope;
  scope.start(read_all(*f.stream, reading, kForever));
  f.settle();
  f.stream->cancel_read(kStop);
  CHECK(scope.idle());
  CHECK(reading.word() == "drained");
  scope.start(write_all(*f.stream, "written", writing, kForever));
  CHECK(writing.word() == "end");
  CHECK(f.receive(100) == "written");
  Seen again;
  f.send("too late");
  f.settle();
  scope.start(read_once(*f.stream, again, kForever));
  CHECK(again.word() == "drained");
  f.stream->forget_cancel();
  Seen at_last;
  scope.start(read_all(*f.stream, at_last, kForever));
  f.run_until([&] { return at_last.bytes == "too late"; });
  f.peer.reset();
  f.run_until([&] { return scope.idle(); });
}

TEST_CASE("stream: cancelling a write leaves reading usable") {
  StreamFixture f;
  const std::string text = pattern(8 * 1024 * 1024);
  Seen reading;
  Seen writing;
  Scope scope;
  scope.start(write_all(*f.stream, text, writing, kForever));
  scope.start(read_all(*f.stream, reading, kForever));
  f.settle();
  f.stream->cancel_write(kStop);
  CHECK(writing.word() == "drained");
  CHECK_FALSE(scope.idle());
  f.send("read");
  f.run_until([&] { return reading.bytes == "read"; });
  f.peer.reset();
  f.run_until([&] { return scope.idle(); });
}

TEST_CASE("stream: a cancel with nobody waiting is remembered, the first error stays, abort is both") {
  StreamFixture f;
  f.send("x");
  f.settle();
  f.stream->abort(kStop);
  f.stream->cancel_read(Error{CloseReason::client_closed, Side::client, Retry::never, 0});
  Seen reading;
  Seen writing;
  Scope scope;
  scope.start(read_once(*f.stream, reading, kForever));
  scope.start(write_all(*f.stream, "y", writing, kForever));
  CHECK(reading.word() == "drained");
  CHECK(writing.word() == "drained");
  CHECK(f.receive(10).empty());
}

TEST_CASE("stream: abort ends both waits") {
  StreamFixture f;
  const std::string text = pattern(8 * 1024 * 1024);
  Seen reading;
  Seen writing;
  Scope scope;
  scope.start(write_all(*f.stream, text, writing, kForever));
  scope.start(read_all(*f.stream, reading, kForever));
  f.settle();
  f.stream->abort(kStop);
  CHECK(scope.idle());
  CHECK(reading.word() == "drained");
  CHECK(writing.word() == "drained");
}

// ---- resets, watchers ----------------------------------------------------------------------------------------------------------------

void reset_connection(Fd& fd) {
  const linger abortive{1, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &abortive, sizeof abortive);
  fd.reset();
}

TEST_CASE("stream: a reset is an error of its side") {
  struct Case {
    Side side;
    std::string word;
    Retry retry;
  };
  for (const Case& item :
       {Case{Side::client, "client_closed", Retry::never}, Case{Side::upstream, "reset_before_head", Retry::if_reused}}) {
    StreamFixture f(Kind::tcp, item.side);
    Seen seen;
    Scope scope;
    scope.start(read_all(*f.stream, seen, kForever));
    f.send("x");
    f.run_until([&] { return seen.bytes == "x"; });
    reset_connection(f.peer);
    f.run_until([&] { return scope.idle(); });
    CHECK(seen.word() == item.word);
    CHECK(seen.error->retry == item.retry);
    CHECK(seen.error->side == item.side);
    CHECK(seen.error->system == ECONNRESET);
  }
}

TEST_CASE("stream: reset_on_close tells the peer that something is missing") {
  StreamFixture f(Kind::tcp);
  f.stream->reset_on_close();
  f.stream.reset();
  int end = -1;
  f.run_until([&] { return (end = f.receive_end()) != -1; });
  CHECK(end == ECONNRESET);
}

struct Noting final : Stream::Watcher {
  void stream_event() override { ++events; }
  int events = 0;
};

TEST_CASE("stream: a watcher hears of bytes and of the end while nobody reads") {
  for (const Kind kind : {Kind::unix_pair, Kind::tcp}) {
    StreamFixture f(kind);
    Noting noting;
    f.stream->watch(&noting);
    f.settle();
    CHECK(noting.events == 0);
    CHECK_FALSE(f.stream->was_reset());
    f.send("x");
    f.run_until([&] { return noting.events > 0; });
    CHECK_FALSE(f.stream->was_reset());
    noting.events = 0;
    ::shutdown(f.peer.get(), SHUT_WR);
    f.run_until([&] { return noting.events > 0; });
    const auto got = f.stream->try_read();
    REQUIRE(got.has_value());
    CHECK(f.stream->input() == "x");
    CHECK_FALSE(f.stream->was_reset());  // an end is none
    f.stream->watch(nullptr);
  }
}

TEST_CASE("stream: a watcher hears of a reset") {
  StreamFixture f(Kind::tcp);
  Noting noting;
  f.stream->watch(&noting);
  f.settle();
  reset_connection(f.peer);
  f.run_until([&] { return noting.events > 0; });
  CHECK(f.stream->was_reset());
}

TEST_CASE("stream: bytes that came while nobody watched are still there for the first read") {
  StreamFixture f;
  f.send("early");
  f.settle();
  Seen seen;
  Scope scope;
  scope.start(read_once(*f.stream, seen, kForever));
  CHECK(scope.idle());
  CHECK(f.stream->input() == "early");
}

// ---- connecting ----------------------------------------------------------------------------------------------------------------------

Task<> connect(Stream& stream, Seen& seen, Limit limit) {
  const auto done = co_await stream.connected(limit);
  if (!done) {
    seen.error = done.error();
  } else {
    seen.end = true;
  }
}

TEST_CASE("stream: a connection that is made, and one that is refused") {
  StreamFixture f;
  auto listening = listen_on(*Address::parse("127.0.0.1:0"), {});
  REQUIRE(listening.has_value());
  const Address address = local_address(listening->get());
  const Limit limit{60'000, CloseReason::connect_timeout};
  Scope scope;
  {
    Seen seen;
    auto fd = start_connect(address);
    REQUIRE(fd.has_value());
    Stream stream(f.loop, std::move(*fd), Side::upstream);
    stream.expect_connect();
    scope.start(connect(stream, seen, limit));
    f.run_until([&] { return scope.idle(); });
    CHECK(seen.word() == "end");
  }
  listening->reset();
  auto fd = start_connect(address);
  if (!fd) return;  // a system that says so at once
  Seen seen;
  Stream stream(f.loop, std::move(*fd), Side::upstream);
  stream.expect_connect();
  scope.start(connect(stream, seen, limit));
  f.run_until([&] { return scope.idle(); });
  REQUIRE(seen.error.has_value());
  CHECK(seen.word() == "connect_refused");
  CHECK(seen.error->retry == Retry::yes);
  CHECK(seen.error->side == Side::upstream);
}

TEST_CASE("stream: a connection that is not made within the limit") {
  StreamFixture f;
  // the queue of a listener that never accepts fills up, then connections hang
  const auto listening = listen_on(*Address::parse("127.0.0.1:0"), {.backlog = 1});
  REQUIRE(listening.has_value());
  const Address address = local_address(listening->get());
  std::vector<Fd> waiting;
  for (int i = 0; i < 8; ++i) {
    auto fd = start_connect(address);
    REQUIRE(fd.has_value());
    waiting.push_back(std::move(*fd));
  }
  f.settle();
  auto fd = start_connect(address);
  REQUIRE(fd.has_value());
  pollfd ready{fd->get(), POLLOUT, 0};
  REQUIRE(::poll(&ready, 1, 0) == 0);
  Seen seen;
  Stream stream(f.loop, std::move(*fd), Side::upstream);
  stream.expect_connect();
  Scope scope;
  const Limit limit{30, CloseReason::connect_timeout};
  scope.start(connect(stream, seen, limit));
  f.run_until([&] { return scope.idle(); });
  CHECK(seen.word() == "connect_timeout");
}

// ---- ownership -----------------------------------------------------------------------------------------------------------------------

struct Session {
  std::unique_ptr<Stream> stream;
  bool ended = false;
};

// as a session does: the stream goes with the coroutine that was woken by it
Task<> own_until_end(Session& session) {
  for (;;) {
    const auto got = co_await session.stream->read(kForever);
    if (!got || *got == 0) break;
    session.stream->consume(*got);
  }
  session.stream.reset();
  session.ended = true;
}

TEST_CASE("stream: destroyed by the coroutine that its event woke") {
  for (const bool by_abort : {false, true}) {
    StreamFixture f;
    Session session{std::move(f.stream)};
    Noting noting;
    session.stream->watch(&noting);
    Scope scope;
    scope.start(own_until_end(session));
    f.settle();
    if (by_abort) {
      session.stream->abort(kStop);
    } else {
      f.send("bye");
      f.peer.reset();
    }
    f.run_until([&] { return session.ended; });
    CHECK(scope.idle());
    f.settle();
  }
}

}  // namespace

}  // namespace nuncio
