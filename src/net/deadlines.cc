// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "net/deadlines.h"

#include <algorithm>
#include <bit>

namespace nuncio {

namespace {

// distance from `from` to the next set bit, going round once; `size` when there is none
template <std::size_t Words>
unsigned distance_to_set_bit(const std::array<std::uint64_t, Words>& bits, unsigned from) {
  constexpr unsigned kSize = Words * 64;
  for (unsigned step = 0; step < kSize;) {
    const unsigned at = (from + step) % kSize;
    const std::uint64_t word = bits[at / 64] >> (at % 64);
    if (word != 0) return step + static_cast<unsigned>(std::countr_zero(word));
    step += 64 - at % 64;
  }
  return kSize;
}

}  // namespace

void DeadlineWheel::place(Deadline& deadline) {
  // rounded up, so that nothing fires early; a slot that has been looked at already would come round too late
  const std::uint64_t due = std::max((deadline.at_ + kSlotMs - 1) / kSlotMs, tick_);
  unsigned level = 0;
  while (level + 1 < kLevels && (due >> (kBits * level)) - (tick_ >> (kBits * level)) >= kSlots) ++level;
  const std::uint64_t furthest = (tick_ >> (kBits * level)) + kSlots - 1;
  const std::uint64_t position = std::min(due >> (kBits * level), furthest);
  const unsigned slot = position % kSlots;
  levels_[level].slots[slot].push_back(deadline);
  levels_[level].occupied[slot / 64] |= 1ULL << (slot % 64);
  deadline.slot_at_ = std::max(position << (kBits * level), tick_) * kSlotMs;
  next_look_ = std::min(next_look_, deadline.slot_at_);
}

void DeadlineWheel::look_at(List<Deadline>& due, std::uint64_t tick) {
  while (Deadline* deadline = due.pop_front()) {
    deadline->slot_at_ = Deadline::kNever;
    if (deadline->at_ == Deadline::kNever) continue;
    if (deadline->at_ > tick * kSlotMs) {
      place(*deadline);
      continue;
    }
    deadline->at_ = Deadline::kNever;
    deadline->fire_(deadline->owner_);
  }
}

std::uint64_t DeadlineWheel::find_next_look() const {
  std::uint64_t next = Deadline::kNever;
  for (unsigned level = 0; level < kLevels; ++level) {
    const std::uint64_t position = tick_ >> (kBits * level);
    const unsigned distance = distance_to_set_bit(levels_[level].occupied, position % kSlots);
    if (distance == kSlots) continue;
    next = std::min(next, std::max((position + distance) << (kBits * level), tick_) * kSlotMs);
  }
  return next;
}

std::uint64_t DeadlineWheel::advance(std::uint64_t now_ms) {
  const std::uint64_t now_tick = now_ms / kSlotMs;
  while (next_look_ <= now_tick * kSlotMs) {
    const std::uint64_t tick = std::max(tick_, next_look_ / kSlotMs);
    List<Deadline> due;
    for (unsigned level = 0; level < kLevels; ++level) {
      const unsigned slot = (tick >> (kBits * level)) % kSlots;
      due.take_all(levels_[level].slots[slot]);
      levels_[level].occupied[slot / 64] &= ~(1ULL << (slot % 64));
    }
    tick_ = tick + 1;  // what is set while these fire belongs into a later slot
    look_at(due, tick);
    next_look_ = find_next_look();
  }
  tick_ = std::max(tick_, now_tick);
  return next_look_;
}

}  // namespace nuncio
