// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "net/listener.h"

#include <event2/event.h>

#include <cerrno>
#include <utility>

namespace nuncio {

namespace {

constexpr int kAcceptsPerTurn = 32;
constexpr std::uint64_t kPauseMs = 100;

}  // namespace

Listener::Listener(Loop& loop, Fd socket, Owner& owner)
    : loop_(loop),
      socket_(std::move(socket)),
      owner_(owner),
      retry_(
          loop.deadlines(), [](void* self) { static_cast<Listener*>(self)->resume(); }, this) {
  const auto on_event = [](evutil_socket_t, short, void* self) { static_cast<Listener*>(self)->on_readable(); };
  event_.reset(event_new(loop.base(), socket_.get(), EV_READ | EV_PERSIST, on_event, this));
  event_add(event_.get(), nullptr);
}

void Listener::on_readable() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    if (!owner_.take_place()) {
      if (i == 0) pause();  // else nobody has been refused yet: the next turn finds out
      return;
    }
    if (!accept_one() || !socket_) return;
  }
}

// REQUIRES: a place was taken. False: nobody else waits, or accepting has paused.
bool Listener::accept_one() {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  Fd connection(::accept4(socket_.get(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (connection) {
    owner_.accepted(std::move(connection), Address(reinterpret_cast<const sockaddr*>(&peer), size));
    return true;
  }
  const int code = errno;
  owner_.give_place_back();
  if (code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM) {
    owner_.accepting_paused(code);
    pause();
    return false;
  }
  // anything else concerns the one connection that is gone (accept(2): treat network errors like EAGAIN)
  return code != EAGAIN && code != EWOULDBLOCK && code != EINVAL && code != EBADF;
}

void Listener::pause() {
  if (!socket_) return;  // the owner has closed it meanwhile
  event_del(event_.get());
  retry_.set(loop_.now_ms() + kPauseMs);
}

void Listener::resume() {
  if (socket_) event_add(event_.get(), nullptr);
}

void Listener::close() {
  if (!socket_) return;
  while (owner_.take_place() && accept_one()) {
  }
  event_.reset();
  retry_.clear();
  socket_.reset();
}

}  // namespace nuncio
