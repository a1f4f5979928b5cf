// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "base/random.h"

#include <random>

namespace nuncio {

Random::Random() {
  std::random_device system;
  for (std::uint64_t& word : state_) word = (static_cast<std::uint64_t>(system()) << 32) | system();
  state_[0] |= 1;  // all zero is the one state that it never leaves
}

void Random::uuid(char* out) {
  constexpr char kHex[] = "0123456789abcdef";
  std::uint64_t high = next();
  std::uint64_t low = next();
  high = (high & ~0xf000ULL) | 0x4000ULL;
  low = (low & ~(3ULL << 62)) | (2ULL << 62);
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) *out++ = '-';
    std::uint64_t& half = i < 16 ? high : low;
    *out++ = kHex[half >> 60];
    half <<= 4;
  }
}

}  // namespace nuncio
