// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "net/socket.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "unit/net/scripted_dns.h"

namespace nuncio {

namespace {

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

int option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  ::getsockopt(fd, level, name, &value, &size);
  return value;
}

TEST_CASE("descriptor: owns, moves and closes") {
  Fd a(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int number = a.get();
  REQUIRE(a);
  Fd b = std::move(a);
  CHECK_FALSE(a);  // NOLINT: what a move leaves behind is part of the contract
  CHECK(b.get() == number);
  a = std::move(b);
  CHECK(a.get() == number);
  Fd& same = a;
  a = std::move(same);
  CHECK(is_open(number));
  a.reset();
  a.reset();
  CHECK_FALSE(is_open(number));
  CHECK_FALSE(Fd());
}

TEST_CASE("address: literals") {
  struct Case {
    std::string text;
    std::string shown;  // empty: none
  };
  const std::vector<Case> cases = {
      {"127.0.0.1", "127.0.0.1:80"},
      {"0.0.0.0", "0.0.0.0:80"},
      {"::1", "[::1]:80"},
      {"2001:DB8::0:1", "[2001:db8::1]:80"},
      {"::ffff:10.0.0.1", "10.0.0.1:80"},
      {"localhost", ""},
      {"", ""},
      {"127.1", ""},
      {"1.2.3.4.5", ""},
      {"256.0.0.1", ""},
      {"[::1]", ""},
      {"127.0.0.1 ", ""},
      {"01.2.3.4", ""},
      {":::", ""},
  };
  for (const Case& item : cases) {
    CAPTURE(item.text);
    const auto address = Address::literal(item.text, 80);
    REQUIRE(address.has_value() == !item.shown.empty());
    if (address) CHECK(address->text() == item.shown);
  }
}

TEST_CASE("address: as options write them") {
  struct Case {
    std::string text;
    std::string shown;
  };
  const std::vector<Case> cases = {
      {"127.0.0.1:8080", "127.0.0.1:8080"},
      {":8080", "0.0.0.0:8080"},
      {"[::]:80", "[::]:80"},
      {"[::1]:0", "[::1]:0"},
      {"localhost:1", "127.0.0.1:1"},
      {"127.0.0.1:65535", "127.0.0.1:65535"},
      {"unix:/run/x", "unix:/run/x"},
      {"unix:x", "unix:x"},
      {"127.0.0.1", ""},
      {"127.0.0.1:", ""},
      {"127.0.0.1:65536", ""},
      {"127.0.0.1:-1", ""},
      {"127.0.0.1:+1", ""},
      {"127.0.0.1: 1", ""},
      {"127.0.0.1:1x", ""},
      {"::1:80", ""},
      {"[::1]", ""},
      {"[::1", ""},
      {"web:80", ""},
      {"unix:", ""},
      {"", ""},
      {":", ""},
      {"[]:80", ""},
      {"unix:" + std::string(107, 'p'), "unix:" + std::string(107, 'p')},
      {"unix:" + std::string(108, 'p'), ""},
  };
  for (const Case& item : cases) {
    CAPTURE(item.text);
    const auto address = Address::parse(item.text);
    REQUIRE(address.has_value() == !item.shown.empty());
    if (address) CHECK(address->text() == item.shown);
  }
}

TEST_CASE("address: parts, ports, equality") {
  Address address = *Address::parse("10.0.0.1:80");
  CHECK(address.host_text() == "10.0.0.1");
  CHECK(address.family() == AF_INET);
  address.set_port(443);
  CHECK(address.port() == 443);
  CHECK(address == *Address::parse("10.0.0.1:443"));
  CHECK_FALSE(address == *Address::parse("10.0.0.1:80"));
  CHECK_FALSE(address == *Address::parse("10.0.0.2:443"));
  CHECK_FALSE(*Address::parse("[::]:1") == *Address::parse("0.0.0.0:1"));
  Address six = *Address::literal("fd00::1", 1);
  six.set_port(2);
  CHECK(six == *Address::literal("fd00::1", 2));
  const Address unix_socket = *Address::parse("unix:/a");
  CHECK(unix_socket.is_unix());
  CHECK(unix_socket.port() == 0);
  CHECK(unix_socket.host_text() == "unix");
  CHECK_FALSE(unix_socket == *Address::parse("unix:/b"));
}

TEST_CASE("address: what is internal") {
  const std::vector<std::pair<std::string, bool>> cases = {
      {"127.0.0.1", true},
      {"127.255.0.1", true},
      {"10.0.0.1", true},
      {"11.0.0.1", false},
      {"172.15.255.255", false},
      {"172.16.0.0", true},
      {"172.31.255.255", true},
      {"172.32.0.0", false},
      {"192.168.1.1", true},
      {"192.169.0.1", false},
      {"8.8.8.8", false},
      {"::1", true},
      {"fd00::1", true},
      {"fc00::1", true},
      {"fe80::1", false},
      {"2001:db8::1", false},
      {"::", false},
      {"::ffff:10.1.2.3", true},
      {"::ffff:8.8.8.8", false},
  };
  for (const auto& [text, internal] : cases) {
    CAPTURE(text);
    CHECK(Address::literal(text, 1)->is_internal() == internal);
  }
  CHECK_FALSE(Address::parse("unix:/x")->is_internal());
}

// the connection stands, or failed: the error of a connect that was begun
int connect_outcome(const Fd& fd) {
  pollfd ready{fd.get(), POLLOUT, 0};
  if (::poll(&ready, 1, 60'000) != 1) return -1;
  return option(fd.get(), SOL_SOCKET, SO_ERROR);
}

TEST_CASE("listen and connect over IPv4, IPv6 and unix") {
  const test::TemporaryFile file("");
  for (const std::string& text : {std::string("127.0.0.1:0"), std::string("[::1]:0"), "unix:" + file.path() + ".socket"}) {
    CAPTURE(text);
    auto listening = listen_on(*Address::parse(text), {});
    if (!listening && listening.error().code == EADDRNOTAVAIL && text.starts_with("[::1]")) continue;  // a host without IPv6
    REQUIRE(listening.has_value());
    const Address address = local_address(listening->get());
    CHECK((address.is_unix() || address.port() != 0));
    const auto connecting = start_connect(address);
    REQUIRE(connecting.has_value());
    CHECK(connect_outcome(*connecting) == 0);
    for (const int fd : {listening->get(), connecting->get()}) {
      CHECK((::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
      CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    }
    if (!address.is_unix()) CHECK(option(connecting->get(), IPPROTO_TCP, TCP_NODELAY) != 0);
  }
}

TEST_CASE("accepted sockets need no call for TCP_NODELAY") {
  const auto listening = listen_on(*Address::parse("127.0.0.1:0"), {});
  REQUIRE(listening.has_value());
  const auto connecting = start_connect(local_address(listening->get()));
  REQUIRE(connecting.has_value());
  pollfd ready{listening->get(), POLLIN, 0};
  REQUIRE(::poll(&ready, 1, 60'000) == 1);
  const Fd accepted(::accept4(listening->get(), nullptr, nullptr, SOCK_CLOEXEC));
  CHECK(option(accepted.get(), IPPROTO_TCP, TCP_NODELAY) != 0);
}

TEST_CASE("a port that is taken: the step and the errno are told") {
  const auto first = listen_on(*Address::parse("127.0.0.1:0"), {});
  REQUIRE(first.has_value());
  const auto second = listen_on(local_address(first->get()), {});
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().code == EADDRINUSE);
  CHECK(second.error().text() == "bind: Address already in use");
  const auto shared = listen_on(*Address::parse("127.0.0.1:0"), {.reuse_port = true});
  REQUIRE(shared.has_value());
  CHECK(listen_on(local_address(shared->get()), {.reuse_port = true}).has_value());
  CHECK_FALSE(listen_on(local_address(shared->get()), {}).has_value());
}

TEST_CASE("a port where nobody listens") {
  Address address;
  {
    const auto listening = listen_on(*Address::parse("127.0.0.1:0"), {});
    REQUIRE(listening.has_value());
    address = local_address(listening->get());
  }
  const auto connecting = start_connect(address);
  if (connecting) {
    CHECK(connect_outcome(*connecting) == ECONNREFUSED);
  } else {
    CHECK(connecting.error().code == ECONNREFUSED);
  }
}

TEST_CASE("unix: a dead socket is replaced, a living one and other files are not") {
  const test::TemporaryFile file("data");
  const Address address = *Address::parse("unix:" + file.path() + ".socket");
  {
    const auto first = listen_on(address, {});
    REQUIRE(first.has_value());
    const auto second = listen_on(address, {});
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().code == EADDRINUSE);
  }
  const auto again = listen_on(address, {});
  CHECK(again.has_value());
  const auto over_file = listen_on(*Address::parse("unix:" + file.path()), {});
  REQUIRE_FALSE(over_file.has_value());
  CHECK(over_file.error().code == EADDRINUSE);
  struct stat status {};
  CHECK(::stat(file.path().c_str(), &status) == 0);
  CHECK(status.st_size == 4);
  CHECK(start_connect(*Address::parse("unix:" + file.path() + ".absent")).error().code == ENOENT);
}

}  // namespace

}  // namespace nuncio
