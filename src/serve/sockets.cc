// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "serve/sockets.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <cerrno>

namespace nuncio::serve {

namespace {

std::string sentence(const Address& address, const SocketError& error) {
  std::string text = "cannot listen on " + address.text() + ": " + error.text();
  if (error.code == EADDRINUSE) return text + "; another process uses it: stop that one, or choose another port with --listen or --admin";
  if (error.code == EACCES) return text + "; ports below 1024 need root or CAP_NET_BIND_SERVICE: choose another port with --listen";
  if (error.code == EADDRNOTAVAIL) return text + "; no interface of this machine has that address";
  return text;
}

}  // namespace

std::expected<Sockets, std::string> open_sockets(const Address& address, unsigned workers) {
  Sockets sockets;
  // without SO_REUSEPORT: fails when anybody listens there already
  auto probe = listen_on(address, ListenOptions{});
  if (!probe) return std::unexpected(sentence(address, probe.error()));
  sockets.bound = local_address(probe->get());
  if (address.is_unix()) {
    for (unsigned i = 1; i < workers; ++i) sockets.per_worker.emplace_back(::fcntl(probe->get(), F_DUPFD_CLOEXEC, 0));
    sockets.per_worker.push_back(std::move(*probe));
    return sockets;
  }
  probe->reset();
  for (unsigned i = 0; i < workers; ++i) {
    auto socket = listen_on(sockets.bound, ListenOptions{.reuse_port = true});
    if (!socket) return std::unexpected(sentence(address, socket.error()));
    sockets.per_worker.push_back(std::move(*socket));
  }
  return sockets;
}

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

}  // namespace nuncio::serve
