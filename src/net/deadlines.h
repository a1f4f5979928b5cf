// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Deadlines of one loop on a hierarchical timing wheel: 4 ms slots, intrusive entries, lazy. Moving a deadline further away, or
// switching it off, is a store; the entry is looked at again when its old slot comes up. So the deadline of a connection that is busy
// costs nothing per request (architecture 3.3: below 1 ns against 45–119 ns for a heap of timers). Times are milliseconds of the
// loop's clock. A deadline fires at most one slot late, never early.
//
// THREAD: everything belongs to one loop. A Deadline may be destroyed at any time, also while another one fires.
#pragma once

#include <array>
#include <cstdint>
#include <limits>

#include "base/intrusive_list.h"

namespace nuncio {

class DeadlineWheel;

class Deadline : private ListHook {
 public:
  using Fire = void (*)(void* owner);
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  Deadline(DeadlineWheel& wheel, Fire fire, void* owner) : wheel_(wheel), fire_(fire), owner_(owner) {}

  // `fire(owner)` is called once at `at_ms` or up to a slot later, unless set or cleared before
  void set(std::uint64_t at_ms);
  void clear() { at_ = kNever; }
  std::uint64_t at() const { return at_; }

 private:
  friend class DeadlineWheel;
  friend class List<Deadline>;

  DeadlineWheel& wheel_;
  Fire fire_;
  void* owner_;
  std::uint64_t at_ = kNever;
  std::uint64_t slot_at_ = kNever;  // when the wheel will look at this entry, kNever: it stands in no slot
};

class DeadlineWheel {
 public:
  explicit DeadlineWheel(std::uint64_t now_ms) : tick_(now_ms / kSlotMs) {}

  // Fires what is due. Returns when to call it again at the latest (ms), kNever when nothing waits.
  std::uint64_t advance(std::uint64_t now_ms);
  // earlier than what advance() said last, because of deadlines set since
  std::uint64_t next_look() const { return next_look_; }

 private:
  friend class Deadline;
  static constexpr std::uint64_t kSlotMs = 4;
  static constexpr unsigned kBits = 8;
  static constexpr unsigned kSlots = 1U << kBits;
  static constexpr unsigned kLevels = 4;  // 1 s, 4 min, 18 h, 198 days

  struct Level {
    std::array<List<Deadline>, kSlots> slots;
    std::array<std::uint64_t, kSlots / 64> occupied{};
  };

  void place(Deadline& deadline);
  void look_at(List<Deadline>& due, std::uint64_t tick);
  std::uint64_t find_next_look() const;

  std::uint64_t tick_;  // everything before this tick has been looked at
  std::uint64_t next_look_ = Deadline::kNever;
  std::array<Level, kLevels> levels_;
};

inline void Deadline::set(std::uint64_t at_ms) {
  at_ = at_ms;
  if (at_ms < slot_at_) wheel_.place(*this);
}

}  // namespace nuncio
