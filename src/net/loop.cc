// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "net/loop.h"

#include <event2/event.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <stdexcept>

namespace nuncio {

namespace {

std::uint64_t monotonic_ms() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000 + static_cast<std::uint64_t>(now.tv_nsec) / 1000000;
}

event_base* make_base() {
  event_config* config = event_config_new();
  if (config == nullptr) throw std::runtime_error("libevent: no memory");
  event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
  event_config_require_features(config, EV_FEATURE_ET);
  event_base* base = event_base_new_with_config(config);
  event_config_free(config);
  if (base == nullptr) throw std::runtime_error("libevent: no epoll");
  return base;
}

}  // namespace

void EventDeleter::operator()(event* e) const {
  event_free(e);
}
void Loop::BaseDeleter::operator()(event_base* base) const {
  event_base_free(base);
}

Loop::Loop()
    : base_(make_base()), deadlines_(std::make_unique<DeadlineWheel>(monotonic_ms())), wakeup_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!wakeup_) throw std::runtime_error("eventfd: no descriptor");
  const auto on_wakeup = [](evutil_socket_t, short, void* self) { static_cast<Loop*>(self)->run_posted(); };
  wakeup_event_.reset(event_new(base_.get(), wakeup_.get(), EV_READ | EV_PERSIST, on_wakeup, this));
  event_add(wakeup_event_.get(), nullptr);
  const auto on_timer = [](evutil_socket_t, short, void* self) { static_cast<Loop*>(self)->timer_at_ = Deadline::kNever; };
  timer_.reset(event_new(base_.get(), -1, 0, on_timer, this));
}

Loop::~Loop() = default;

std::uint64_t Loop::now_ms() {
  if (!clock_read_) {
    now_ms_ = monotonic_ms();
    clock_read_ = true;
  }
  return now_ms_;
}

void Loop::run() {
  stopping_ = false;
  while (!stopping_) one_turn();
}

void Loop::one_turn() {
  fire_deadlines();
  if (stopping_) return;
  clock_read_ = false;
  ++turn_;
  event_base_loop(base_.get(), deferred_.empty() ? EVLOOP_ONCE : EVLOOP_ONCE | EVLOOP_NONBLOCK);
  List<Deferred> now;
  now.take_all(deferred_);
  while (Deferred* deferred = now.pop_front()) deferred->next_turn();
}

void Loop::fire_deadlines() {
  std::uint64_t next = deadlines_->next_look();
  if (next == Deadline::kNever) return;
  if (now_ms() >= next) next = deadlines_->advance(now_ms());
  if (next == Deadline::kNever || timer_at_ <= next) return;
  const std::uint64_t wait = next > now_ms() ? next - now_ms() : 0;
  const timeval delay{static_cast<time_t>(wait / 1000), static_cast<suseconds_t>(wait % 1000 * 1000)};
  event_add(timer_.get(), &delay);
  timer_at_ = next;
}

void Loop::post(std::move_only_function<void()> work) {
  {
    const std::lock_guard lock(posted_mutex_);
    posted_.push_back(std::move(work));
  }
  if (woken_.exchange(true)) return;
  const std::uint64_t one = 1;
  // the counter cannot overflow: one write per wake-up
  [[maybe_unused]] const ssize_t written = ::write(wakeup_.get(), &one, sizeof one);
}

void Loop::run_posted() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(wakeup_.get(), &count, sizeof count);
  woken_.store(false);
  std::vector<std::move_only_function<void()>> work;
  {
    const std::lock_guard lock(posted_mutex_);
    work.swap(posted_);
  }
  for (auto& item : work) item();
}

}  // namespace nuncio
