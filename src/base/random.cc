// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "base/random.h"

#include <cstring>
#include <random>

namespace nuncio {

namespace {

constexpr auto kHexPairs = [] {
  constexpr char kHex[] = "0123456789abcdef";
  std::array<std::array<char, 2>, 256> pairs{};
  for (unsigned byte = 0; byte < 256; ++byte) pairs[byte] = {kHex[byte >> 4], kHex[byte & 15]};
  return pairs;
}();

}  // namespace

Random::Random() {
  std::random_device system;
  for (std::uint64_t& word : state_) word = (static_cast<std::uint64_t>(system()) << 32) | system();
  state_[0] |= 1;  // all zero is the one state that it never leaves
}

void Random::uuid(char* out) {
  std::uint64_t high = next();
  std::uint64_t low = next();
  high = (high & ~0xf000ULL) | 0x4000ULL;
  low = (low & ~(3ULL << 62)) | (2ULL << 62);
  for (int byte = 0; byte < 16; ++byte) {
    if (byte == 4 || byte == 6 || byte == 8 || byte == 10) *out++ = '-';
    const std::uint64_t half = byte < 8 ? high : low;
    std::memcpy(out, kHexPairs[half >> (56 - 8 * (byte % 8)) & 0xff].data(), 2);
    out += 2;
  }
}

}  // namespace nuncio
