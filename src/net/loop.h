// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// One thread's loop: a libevent base without locks, the clock, the deadlines, the buffers, and the door through which other threads
// come in. It owns all of these; streams, listeners and timers of a thread refer to its loop.
//
// The clock is read at most once per turn, monotonic, in milliseconds. post() is the only member that other threads may call; it
// wakes the loop through an eventfd and never blocks it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/chunk.h"
#include "base/intrusive_list.h"
#include "net/deadlines.h"
#include "net/socket.h"

struct event_base;
struct event;

namespace nuncio {

struct EventDeleter {
  void operator()(event* e) const;
};
using EventPtr = std::unique_ptr<event, EventDeleter>;

class Loop {
 public:
  // Something that wants to go on in the next turn, because it has used up its share of this one.
  class Deferred : public ListHook {
   public:
    virtual void next_turn() = 0;

   protected:
    ~Deferred() = default;
  };

  Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();

  // Runs until stop(). May be run again.
  void run();
  void stop() { stopping_ = true; }

  // THREAD: any. `work` runs on the loop's thread, in the order of the posts. After the loop has ended the work is dropped.
  void post(std::move_only_function<void()> work);

  std::uint64_t now_ms();
  std::uint64_t turn() const { return turn_; }
  void defer(Deferred& deferred) { deferred_.push_back(deferred); }

  DeadlineWheel& deadlines() { return *deadlines_; }
  ChunkPool& chunks() { return chunks_; }
  event_base* base() { return base_.get(); }

 private:
  struct BaseDeleter {
    void operator()(event_base* base) const;
  };

  void one_turn();
  void run_posted();
  void fire_deadlines();

  ChunkPool chunks_;
  std::unique_ptr<event_base, BaseDeleter> base_;
  std::unique_ptr<DeadlineWheel> deadlines_;
  List<Deferred> deferred_;
  Fd wakeup_;
  EventPtr wakeup_event_;
  EventPtr timer_;
  std::uint64_t timer_at_ = Deadline::kNever;
  std::uint64_t now_ms_ = 0;
  bool clock_read_ = false;
  std::uint64_t turn_ = 0;
  bool stopping_ = false;

  std::mutex posted_mutex_;  // never held while work runs
  std::vector<std::move_only_function<void()>> posted_;
  std::atomic<bool> woken_ = false;
};

}  // namespace nuncio
