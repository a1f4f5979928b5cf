// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// A bounded ring of bytes between one producer and one consumer, in which every reserved piece is contiguous: a line is made in place
// and written out in place. Positions count up for ever; the offset is the position modulo the capacity. A piece that does not fit
// before the end of the memory starts at its beginning, and `wrap_` tells the consumer where the bytes before it end: at most one wrap
// lies between tail and head, so one variable is enough.
//
// REQUIRES: the capacity is a power of two; a reservation is at most half of it.
// THREAD: reserve, commit, used: producer; readable, release: consumer.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>

#include "observe/counters.h"

namespace nuncio::observe {

class LineRing {
 public:
  explicit LineRing(std::size_t capacity) : capacity_(capacity), memory_(std::make_unique_for_overwrite<char[]>(capacity)) {}

  // `bytes` contiguous bytes, or null when they are not free
  char* reserve(std::size_t bytes) {
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    const std::uint64_t to_end = capacity_ - offset(head);
    start_ = bytes <= to_end ? head : head + to_end;
    if (start_ + bytes - seen_tail_ > capacity_) {
      seen_tail_ = tail_.load(std::memory_order_acquire);
      if (start_ + bytes - seen_tail_ > capacity_) return nullptr;
    }
    if (start_ != head) wrap_.store(head, std::memory_order_relaxed);
    return memory_.get() + offset(start_);
  }

  // publishes the first `bytes` of the last reservation
  void commit(std::size_t bytes) { head_.store(start_ + bytes, std::memory_order_release); }

  bool above_half() {
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    if (head - seen_tail_ <= capacity_ / 2) return false;
    seen_tail_ = tail_.load(std::memory_order_acquire);
    return head - seen_tail_ > capacity_ / 2;
  }

  // what lies contiguous at the tail; empty only when the ring is empty
  std::string_view readable() {
    const std::uint64_t head = head_.load(std::memory_order_acquire);
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    const std::uint64_t lap_end = tail - offset(tail) + capacity_;
    if (head <= lap_end) return {memory_.get() + offset(tail), static_cast<std::size_t>(head - tail)};
    const std::uint64_t wrap = wrap_.load(std::memory_order_relaxed);
    const std::uint64_t end = wrap >= tail && wrap < lap_end ? wrap : lap_end;
    if (end != tail) return {memory_.get() + offset(tail), static_cast<std::size_t>(end - tail)};
    tail_.store(lap_end, std::memory_order_release);
    return {memory_.get(), static_cast<std::size_t>(head - lap_end)};
  }

  void release(std::size_t bytes) { tail_.store(tail_.load(std::memory_order_relaxed) + bytes, std::memory_order_release); }

 private:
  std::size_t offset(std::uint64_t position) const { return static_cast<std::size_t>(position) & (capacity_ - 1); }

  const std::size_t capacity_;
  const std::unique_ptr<char[]> memory_;

  alignas(kCacheLine) std::atomic<std::uint64_t> head_{0};
  std::atomic<std::uint64_t> wrap_{std::numeric_limits<std::uint64_t>::max()};
  std::uint64_t start_ = 0;      // of the last reservation
  std::uint64_t seen_tail_ = 0;  // what the producer last read of tail_

  alignas(kCacheLine) std::atomic<std::uint64_t> tail_{0};
};

}  // namespace nuncio::observe
