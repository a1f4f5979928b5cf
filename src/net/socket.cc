// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "net/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>

namespace nuncio {

namespace {

template <class T>
const T& as(const sockaddr_storage& storage) {
  return reinterpret_cast<const T&>(storage);
}

bool is_internal_v4(std::uint32_t address) {  // host byte order
  return address >> 24 == 127 || address >> 24 == 10 || address >> 20 == 0xac1 || address >> 16 == 0xc0a8;
}

std::unexpected<SocketError> failure(const char* step) {
  return std::unexpected(SocketError{step, errno});
}

void set_flag(int fd, int level, int option) {
  const int on = 1;
  ::setsockopt(fd, level, option, &on, sizeof on);
}

// a socket file that a dead process left behind would make bind() fail for ever
void remove_dead_socket(const Address& address) {
  const auto& name = reinterpret_cast<const sockaddr_un*>(address.get())->sun_path;
  struct stat status {};
  if (::lstat(name, &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  const Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe) return;
  if (::connect(probe.get(), address.get(), address.size()) != 0 && errno == ECONNREFUSED) ::unlink(name);
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (code != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return port;
}

}  // namespace

void Fd::reset() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Address::Address(const sockaddr* address, socklen_t size) : size_(size) {
  std::memcpy(&storage_, address, size);
}

std::optional<Address> Address::literal(std::string_view text, std::uint16_t port) {
  const std::string name(text);
  sockaddr_in v4{};
  if (::inet_pton(AF_INET, name.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    return Address(reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
  }
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET6, name.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    return Address(reinterpret_cast<const sockaddr*>(&v6), sizeof v6);
  }
  return std::nullopt;
}

std::optional<Address> Address::parse(std::string_view text) {
  if (text.starts_with("unix:")) {
    sockaddr_un path{};
    const std::string_view name = text.substr(5);
    if (name.empty() || name.size() >= sizeof path.sun_path) return std::nullopt;
    path.sun_family = AF_UNIX;
    std::memcpy(path.sun_path, name.data(), name.size());
    return Address(reinterpret_cast<const sockaddr*>(&path), sizeof path);
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (host.empty()) host = "0.0.0.0";
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos)
    return std::nullopt;
  if (host == "localhost") host = "127.0.0.1";
  return literal(host, *port);
}

std::uint16_t Address::port() const {
  if (family() == AF_INET) return ntohs(as<sockaddr_in>(storage_).sin_port);
  if (family() == AF_INET6) return ntohs(as<sockaddr_in6>(storage_).sin6_port);
  return 0;
}

void Address::set_port(std::uint16_t port) {
  if (family() == AF_INET) reinterpret_cast<sockaddr_in&>(storage_).sin_port = htons(port);
  if (family() == AF_INET6) reinterpret_cast<sockaddr_in6&>(storage_).sin6_port = htons(port);
}

bool Address::is_internal() const {
  if (family() == AF_INET) return is_internal_v4(ntohl(as<sockaddr_in>(storage_).sin_addr.s_addr));
  if (family() != AF_INET6) return false;
  const in6_addr& address = as<sockaddr_in6>(storage_).sin6_addr;
  if (IN6_IS_ADDR_LOOPBACK(&address) || (address.s6_addr[0] & 0xfe) == 0xfc) return true;
  if (!IN6_IS_ADDR_V4MAPPED(&address)) return false;
  std::uint32_t v4 = 0;
  std::memcpy(&v4, address.s6_addr + 12, sizeof v4);
  return is_internal_v4(ntohl(v4));
}

std::string Address::host_text() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (family() == AF_INET) return ::inet_ntop(AF_INET, &as<sockaddr_in>(storage_).sin_addr, text.data(), text.size());
  if (family() == AF_INET6) {
    const in6_addr& address = as<sockaddr_in6>(storage_).sin6_addr;
    // a dual-stack listener shows IPv4 clients as mapped addresses; users know them by their own
    if (IN6_IS_ADDR_V4MAPPED(&address)) return ::inet_ntop(AF_INET, address.s6_addr + 12, text.data(), text.size());
    return ::inet_ntop(AF_INET6, &address, text.data(), text.size());
  }
  return "unix";
}

std::string Address::text() const {
  if (is_unix()) return std::string("unix:") + as<sockaddr_un>(storage_).sun_path;
  const std::string host = host_text();
  const bool brackets = host.find(':') != std::string::npos;
  return (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port());
}

std::string SocketError::text() const {
  return std::string(step) + ": " + std::system_category().message(code);
}

std::expected<Fd, SocketError> listen_on(const Address& address, const ListenOptions& options) {
  Fd fd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return failure("socket");
  if (address.is_unix()) {
    remove_dead_socket(address);
  } else {
    set_flag(fd.get(), SOL_SOCKET, SO_REUSEADDR);
    if (options.reuse_port) set_flag(fd.get(), SOL_SOCKET, SO_REUSEPORT);
    set_flag(fd.get(), IPPROTO_TCP, TCP_NODELAY);  // accepted sockets inherit it: no call per connection
  }
  if (address.family() == AF_INET6) {
    const int off = 0;  // [::] takes IPv4 clients as well, whatever the system's default
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  if (::bind(fd.get(), address.get(), address.size()) != 0) return failure("bind");
  if (::listen(fd.get(), options.backlog) != 0) return failure("listen");
  return fd;
}

std::expected<Fd, SocketError> start_connect(const Address& address) {
  Fd fd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return failure("socket");
  if (!address.is_unix()) set_flag(fd.get(), IPPROTO_TCP, TCP_NODELAY);
  if (::connect(fd.get(), address.get(), address.size()) != 0 && errno != EINPROGRESS) return failure("connect");
  return fd;
}

Address local_address(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size);
  return Address(reinterpret_cast<const sockaddr*>(&storage), size);
}

}  // namespace nuncio
