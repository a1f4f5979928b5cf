// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "observe/waker.h"

#include <linux/membarrier.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace nuncio::observe {

namespace {

bool membarrier(int command) {
  return ::syscall(SYS_membarrier, command, 0, 0) == 0;
}

}  // namespace

Waker::Waker()
    : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), has_membarrier_(membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED)) {}

Waker::~Waker() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void Waker::wake() {
  const int saved = errno;
  const std::uint64_t one = 1;
  // EAGAIN: the counter is full, so the thread is about to wake
  [[maybe_unused]] const ssize_t written = ::write(descriptor_, &one, sizeof one);
  errno = saved;
}

void Waker::announce_sleep() {
  sleeps_.store(true);
  if (has_membarrier_) membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}

void Waker::wait(int ms) {
  pollfd ready{descriptor_, POLLIN, 0};
  if (::poll(&ready, 1, ms) <= 0) return;
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(descriptor_, &count, sizeof count);
}

}  // namespace nuncio::observe
