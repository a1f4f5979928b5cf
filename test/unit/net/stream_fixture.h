// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// A stream on one end of a connection, and a plain non-blocking socket in the test's hands on the other; coroutines that use a stream
// and note what they have come to.
#pragma once

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/stream.h"
#include "unit/net/loop_guard.h"

namespace nuncio::test {

enum class Kind { unix_pair, tcp };

struct Ends {
  Fd stream;
  Fd peer;
};

inline Ends make_ends(Kind kind) {
  Ends ends;
  if (kind == Kind::unix_pair) {
    int pair[2] = {-1, -1};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0);
    ends.stream = Fd(pair[0]);
    ends.peer = Fd(pair[1]);
    return ends;
  }
  const auto listening = listen_on(*Address::parse("127.0.0.1:0"), {});
  REQUIRE(listening.has_value());
  auto connecting = start_connect(local_address(listening->get()));
  REQUIRE(connecting.has_value());
  while (!ends.stream) ends.stream = Fd(::accept4(listening->get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  ends.peer = std::move(*connecting);
  return ends;
}

class StreamFixture {
 public:
  explicit StreamFixture(Kind kind = Kind::unix_pair, Side side = Side::client) {
    Ends ends = make_ends(kind);
    peer = std::move(ends.peer);
    stream = std::make_unique<Stream>(loop, std::move(ends.stream), side);
  }

  // the peer's side: how many bytes the socket took
  std::size_t send(std::string_view bytes) const {
    const ssize_t sent = ::send(peer.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }
  // at most `most` bytes of what has come
  std::string receive(std::size_t most) const {
    std::string all;
    std::array<char, 16 * 1024> buffer;
    while (all.size() < most) {
      const ssize_t got = ::recv(peer.get(), buffer.data(), std::min(buffer.size(), most - all.size()), 0);
      if (got <= 0) break;
      all.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return all;
  }
  // The peer's end of the stream: 0 after a FIN, -1 while nothing is there, the errno otherwise
  int receive_end() const {
    char byte = 0;
    const ssize_t got = ::recv(peer.get(), &byte, 1, 0);
    if (got == 0) return 0;
    return got < 0 && errno != EAGAIN ? errno : -1;
  }

  // Runs the loop until `condition` holds, which is looked at every few milliseconds.
  void run_until(const std::function<bool()>& condition) {
    const Guard guard(loop);
    Poll poll{*this, condition, Deadline(loop.deadlines(), look, &poll)};
    poll.deadline.set(loop.now_ms());
    loop.run();
    REQUIRE_FALSE(guard.late());
  }
  // two turns: every event that is there has been seen
  void settle() {
    for (int i = 0; i < 2; ++i) {
      bool ran = false;
      loop.post([&ran] { ran = true; });
      run_until([&ran] { return ran; });
    }
  }
  void run_for(std::uint64_t ms) {
    const std::uint64_t end = loop.now_ms() + ms;
    run_until([this, end] { return loop.now_ms() >= end; });
  }

  Loop loop;
  Fd peer;
  std::unique_ptr<Stream> stream;

 private:
  struct Poll {
    StreamFixture& fixture;
    const std::function<bool()>& condition;
    Deadline deadline;
  };
  static void look(void* self) {
    auto& poll = *static_cast<Poll*>(self);
    if (poll.condition()) return poll.fixture.loop.stop();
    poll.deadline.set(poll.fixture.loop.now_ms() + 4);
  }
};

inline constexpr Limit kForever{};
inline constexpr Error kStop{CloseReason::drained, Side::self, Retry::never, 0};

// What a test coroutine has come to.
struct Seen {
  std::string bytes;
  std::vector<std::size_t> reads;
  std::optional<Error> error;
  bool end = false;

  std::string word() const { return error ? std::string(info(error->reason).word) : end ? "end" : "going on"; }
};

// reads until the end or an error
inline Task<> read_all(Stream& stream, Seen& seen, Limit limit) {
  for (;;) {
    const auto got = co_await stream.read(limit);
    if (!got) {
      seen.error = got.error();
      co_return;
    }
    if (*got == 0) break;
    seen.reads.push_back(*got);
    seen.bytes += stream.input();
    stream.consume(stream.input().size());
  }
  seen.end = true;
}

inline Task<> read_once(Stream& stream, Seen& seen, Limit limit) {
  const auto got = co_await stream.read(limit);
  if (!got) {
    seen.error = got.error();
  } else {
    seen.reads.push_back(*got);
    seen.end = *got == 0;
  }
}

inline Task<> write_all(Stream& stream, std::string_view bytes, Seen& seen, Limit limit) {
  std::string copy(bytes);
  iovec part{copy.data(), copy.size()};
  const auto sent = co_await stream.write(std::span(&part, 1), limit);
  if (!sent) {
    seen.error = sent.error();
  } else {
    seen.end = true;
  }
}

inline std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  std::uint32_t state = 1;
  for (char& c : text) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  return text;
}

}  // namespace nuncio::test
