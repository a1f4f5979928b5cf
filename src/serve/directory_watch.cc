// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "serve/directory_watch.h"

#include <event2/event.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/log.h"

namespace nuncio::serve {

namespace {

constexpr std::uint32_t kEvents =
    IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr std::uint64_t kSettleMs = 40;
constexpr std::uint64_t kRetryMs = 2000;

}  // namespace

DirectoryWatch::DirectoryWatch(Loop& loop, std::string directory, std::function<void()> changed)
    : loop_(loop),
      directory_(std::move(directory)),
      changed_(std::move(changed)),
      inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      settled_(
          loop.deadlines(), [](void* self) { static_cast<DirectoryWatch*>(self)->on_settled(); }, this),
      retry_(
          loop.deadlines(), [](void* self) { static_cast<DirectoryWatch*>(self)->on_retry(); }, this) {
  if (!inotify_) log::error("inotify: {}; changes of {} are noticed on SIGHUP only", std::strerror(errno), directory_);
  if (!inotify_) return;
  const auto on_event = [](evutil_socket_t, short, void* self) { static_cast<DirectoryWatch*>(self)->on_readable(); };
  event_.reset(event_new(loop.base(), inotify_.get(), EV_READ | EV_PERSIST, on_event, this));
  event_add(event_.get(), nullptr);
  begin();
}

bool DirectoryWatch::begin() {
  watch_ = ::inotify_add_watch(inotify_.get(), directory_.c_str(), kEvents);
  if (watch_ >= 0) return true;
  log::warning("{} cannot be watched: {}; looking again every 2 s", directory_, std::strerror(errno));
  retry_.set(loop_.now_ms() + kRetryMs);
  return false;
}

void DirectoryWatch::on_readable() {
  alignas(inotify_event) char buffer[16 * 1024];
  bool lost = false;
  for (;;) {
    const ssize_t got = ::read(inotify_.get(), buffer, sizeof buffer);
    if (got <= 0) break;
    for (ssize_t at = 0; at < got;) {
      inotify_event head{};
      std::memcpy(&head, buffer + at, sizeof head);
      lost = lost || (head.wd == watch_ && (head.mask & (IN_IGNORED | IN_MOVE_SELF | IN_DELETE_SELF)) != 0);
      at += static_cast<ssize_t>(sizeof head + head.len);
    }
  }
  if (lost) {
    ::inotify_rm_watch(inotify_.get(), std::exchange(watch_, -1));
    retry_.set(loop_.now_ms() + kSettleMs);
  }
  if (settled_.at() == Deadline::kNever) settled_.set(loop_.now_ms() + kSettleMs);
}

void DirectoryWatch::on_settled() {
  changed_();
}

void DirectoryWatch::on_retry() {
  if (watch_ < 0 && begin()) changed_();
}

}  // namespace nuncio::serve
