// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Descriptors and addresses: an owning descriptor, an IPv4, IPv6 or unix address with its text, and the few socket calls that are
// easily got wrong. Functions return the errno of what failed instead of throwing.
#pragma once

#include <sys/socket.h>

#include <compare>
#include <cstdint>
#include <cstring>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace nuncio {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~Fd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_ = -1;
};

class Address {
 public:
  Address() = default;
  Address(const sockaddr* address, socklen_t size);

  // "127.0.0.1", "::1"; nothing for anything but a literal
  static std::optional<Address> literal(std::string_view text, std::uint16_t port);
  // "ADDR:PORT", "[V6]:PORT" or "unix:PATH" as options write them
  static std::optional<Address> parse(std::string_view text);

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const { return size_; }
  int family() const { return storage_.ss_family; }
  std::uint16_t port() const;
  void set_port(std::uint16_t port);
  bool is_unix() const { return family() == AF_UNIX; }
  // loopback, or private (RFC 1918, RFC 4193); false for unix
  bool is_internal() const;

  std::string text() const;       // "127.0.0.1:80", "[::1]:80", "unix:/run/x"
  std::string host_text() const;  // "127.0.0.1", "::1", "unix"
  bool operator==(const Address& other) const { return size_ == other.size_ && std::memcmp(&storage_, &other.storage_, size_) == 0; }

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

// The errno of a failed step, with the step's name for the message ("bind: Address already in use").
struct SocketError {
  const char* step;
  int code;
  std::string text() const;
};

struct ListenOptions {
  bool reuse_port = false;
  int backlog = 4096;
};

// A bound, listening, non-blocking socket. For unix: an old socket file that nobody listens on is replaced.
std::expected<Fd, SocketError> listen_on(const Address& address, const ListenOptions& options);
// A non-blocking connect in progress (or done: a unix socket).
std::expected<Fd, SocketError> start_connect(const Address& address);
Address local_address(int fd);

}  // namespace nuncio
