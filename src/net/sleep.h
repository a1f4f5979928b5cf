// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// A wait for a time, as a leaf operation: completes after `ms`, or with the error of a cancel.
#pragma once

#include "base/task.h"
#include "net/loop.h"

namespace nuncio {

class Sleep final : public Operation, private Cancel::Target {
 public:
  Sleep(Loop& loop, std::uint32_t ms, Cancel& cancel)
      : loop_(loop), ms_(ms), cancel_(cancel), deadline_(loop.deadlines(), &Sleep::fire, this) {}
  bool attempt() override { return over_ || cancel_.error().has_value(); }
  Result<void> await_resume() const {
    if (cancel_.error()) return std::unexpected(*cancel_.error());
    return {};
  }

 private:
  void park() override {
    deadline_.set(loop_.now_ms() + ms_);
    cancel_.set(*this);
  }
  void end() {
    over_ = true;
    deadline_.clear();
    cancel_.clear();
    finish();
  }
  void cancelled(Error) override { end(); }
  static void fire(void* self) { static_cast<Sleep*>(self)->end(); }

  Loop& loop_;
  std::uint32_t ms_;
  Cancel& cancel_;
  Deadline deadline_;
  bool over_ = false;
};

inline Sleep sleep_for(Loop& loop, std::uint32_t ms, Cancel& cancel) {
  return Sleep(loop, ms, cancel);
}

}  // namespace nuncio
