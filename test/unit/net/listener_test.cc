// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "net/listener.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "unit/net/loop_guard.h"

namespace nuncio {

namespace {

class Fixture : public Listener::Owner {
 public:
  explicit Fixture(const std::string& where = "127.0.0.1:0") {
    auto socket = listen_on(*Address::parse(where), {});
    REQUIRE(socket.has_value());
    address = local_address(socket->get());
    listener.emplace(loop, std::move(*socket), *this);
  }

  void accepted(Fd connection, const Address& peer) override {
    connections.push_back(std::move(connection));
    peers.push_back(peer);
    if (on_accept) on_accept();
  }
  void accepting_paused(int code) override {
    pauses.push_back(code);
    if (on_pause) on_pause();
  }
  bool take_place() override {
    if (connections.size() >= limit) return false;
    ++places;
    return true;
  }
  void give_place_back() override { --places; }
  std::size_t places = 0;

  void connect(int count) {
    for (int i = 0; i < count; ++i) {
      auto fd = start_connect(address);
      REQUIRE(fd.has_value());
      clients.push_back(std::move(*fd));
    }
  }

  void run_until(const std::function<bool()>& condition) {
    const test::Guard guard(loop);
    struct Poll {
      Loop& loop;
      const std::function<bool()>& condition;
      Deadline deadline;
    } poll{loop,
           condition,
           {loop.deadlines(),
            [](void* self) {
              auto& poll_now = *static_cast<Poll*>(self);
              if (poll_now.condition()) return poll_now.loop.stop();
              poll_now.deadline.set(poll_now.loop.now_ms() + 4);
            },
            &poll}};
    poll.deadline.set(loop.now_ms());
    loop.run();
    REQUIRE_FALSE(guard.late());
  }

  Loop loop;
  Address address;
  std::optional<Listener> listener;
  std::size_t limit = 1000;
  std::vector<Fd> connections;
  std::vector<Address> peers;
  std::vector<int> pauses;
  std::vector<Fd> clients;
  std::function<void()> on_accept;
  std::function<void()> on_pause;
};

TEST_CASE("listener: hands over each connection with its peer") {
  Fixture f;
  f.connect(100);
  f.run_until([&f] { return f.connections.size() == 100; });
  for (const Address& peer : f.peers) CHECK(peer.host_text() == "127.0.0.1");
  for (const Fd& fd : f.connections) {
    CHECK((::fcntl(fd.get(), F_GETFL) & O_NONBLOCK) != 0);
    CHECK((::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
  }
  CHECK(f.pauses.empty());
}

TEST_CASE("listener: the owner's limit pauses, and accepting goes on when there is room") {
  Fixture f;
  f.limit = 3;
  f.connect(5);
  f.run_until([&f] { return f.connections.size() == 3; });
  const std::uint64_t turns = f.loop.turn();
  bool ran = false;
  f.loop.post([&ran] { ran = true; });
  f.run_until([&ran] { return ran; });
  CHECK(f.connections.size() == 3);
  CHECK(f.loop.turn() - turns < 50);
  f.limit = 5;
  f.run_until([&f] { return f.connections.size() == 5; });
  CHECK(f.pauses.empty());
}

TEST_CASE("listener: without descriptors it pauses instead of spinning, and goes on") {
  Fixture f;
  f.connect(2);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(::dup(0));
  ::close(static_cast<int>(none.rlim_cur));
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  f.run_until([&f] { return f.pauses.size() == 2; });
  const std::size_t while_full = f.connections.size();
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(while_full == 0);
  CHECK(f.pauses == std::vector<int>{EMFILE, EMFILE});
  f.run_until([&f] { return f.connections.size() == 2; });
  CHECK(f.places == f.connections.size());  // a place that nobody came for was given back
}

TEST_CASE("listener: closing takes what has come in already") {
  Fixture f;
  f.connect(50);
  CHECK(f.listener->open());
  f.listener->close();
  CHECK_FALSE(f.listener->open());
  CHECK(f.connections.size() == 50);
  f.listener->close();
  const auto refused = start_connect(f.address);
  if (refused) {
    pollfd ready{refused->get(), POLLOUT, 0};
    REQUIRE(::poll(&ready, 1, 60'000) == 1);
    CHECK((ready.revents & (POLLERR | POLLHUP)) != 0);
  }
}

TEST_CASE("listener: closed by its owner while it accepts") {
  for (const std::size_t limit : {std::size_t{1}, std::size_t{1000}}) {
    CAPTURE(limit);
    Fixture f;
    f.limit = limit;
    f.on_accept = [&f] { f.listener->close(); };
    f.connect(3);
    f.run_until([&f] { return !f.listener->open(); });
    CHECK(f.connections.size() >= 1);
    bool ran = false;
    f.loop.post([&ran] { ran = true; });
    f.run_until([&ran] { return ran; });
  }
}

TEST_CASE("listener: closed while it pauses") {
  Fixture f;
  f.limit = 1;
  f.connect(2);
  f.run_until([&f] { return f.connections.size() == 1; });
  f.listener->close();
  f.limit = 2;
  bool ran = false;
  f.loop.post([&ran] { ran = true; });
  f.run_until([&ran] { return ran; });
  CHECK(f.connections.size() == 1);
  f.listener.reset();
}

}  // namespace

}  // namespace nuncio
