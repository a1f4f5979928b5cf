// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Random numbers of one worker for request ids and for the choice inside weighted groups: fast, not secret. xoshiro256** (Blackman and
// Vigna), seeded by the system.
#pragma once

#include <array>
#include <cstdint>

namespace nuncio {

class Random {
 public:
  Random();

  std::uint64_t next() {
    const std::uint64_t result = rotate(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate(state_[3], 45);
    return result;
  }
  // uniform in [0, 1)
  double fraction() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  // a version 4 UUID (RFC 9562 §5.4) in its text form, 36 characters
  void uuid(char* out);

 private:
  static std::uint64_t rotate(std::uint64_t value, int by) { return (value << by) | (value >> (64 - by)); }
  std::array<std::uint64_t, 4> state_;
};

}  // namespace nuncio
