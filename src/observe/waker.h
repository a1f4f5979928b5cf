// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Wakes the log thread. While there is traffic the thread looks at the rings by itself every tick, and a producer only reads a flag; the
// flag is set when the thread is about to sleep for good, and only then a producer spends a system call.
//
// The producer publishes its line and then reads the flag; the thread sets the flag and then looks at the rings. Neither may miss the
// other. A fence in every producer would cost more than the line's bookkeeping, so the thread pays for both: membarrier(2) runs a fence
// on every CPU that executes this process. Without membarrier (refused by a sandbox) the tick between setting the flag and sleeping does
// the same in practice: a store is visible to others long before 100 ms.
//
// THREAD: poke, wake: any; the others: the log thread.
#pragma once

#include <atomic>

namespace nuncio::observe {

class Waker {
 public:
  Waker();
  ~Waker();
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

  bool usable() const { return descriptor_ >= 0; }

  // after a line was published
  void poke() {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (sleeps_.load(std::memory_order_relaxed) && sleeps_.exchange(false)) wake();
  }
  // async-signal-safe
  void wake();

  void announce_sleep();
  void cancel_sleep() { sleeps_.store(false); }
  bool announced() const { return sleeps_.load(); }
  // until woken, or for `ms` milliseconds; -1: for ever
  void wait(int ms);

 private:
  const int descriptor_;
  const bool has_membarrier_;
  alignas(64) std::atomic<bool> sleeps_{false};
};

}  // namespace nuncio::observe
