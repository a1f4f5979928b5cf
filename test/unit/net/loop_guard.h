// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Bounds a test that runs a loop: a guard stops the loop when what the test waits for does not come. Tests assert that it did not have
// to; how long something took is no test's business.
#pragma once

#include "net/deadlines.h"
#include "net/loop.h"

namespace nuncio::test {

class Guard {
 public:
  explicit Guard(Loop& loop)
      : loop_(loop),
        deadline_(
            loop.deadlines(), [](void* self) { static_cast<Guard*>(self)->stop(); }, this) {
    deadline_.set(loop.now_ms() + kPatienceMs);
  }

  bool late() const { return late_; }

 private:
  static constexpr unsigned kPatienceMs = 60'000;

  void stop() {
    late_ = true;
    loop_.stop();
  }

  Loop& loop_;
  Deadline deadline_;
  bool late_ = false;
};

}  // namespace nuncio::test
