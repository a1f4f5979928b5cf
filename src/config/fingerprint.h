// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// A 64-bit fingerprint of text by which the loader knows a document again. It is SipHash-2-4 (Aumasson, Bernstein 2012) under a key
// drawn at start, so that nobody who writes documents can make two of them look alike.
#pragma once

#include <cstdint>
#include <string_view>

namespace nuncio::config {

struct FingerprintKey {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  static FingerprintKey random();
};

std::uint64_t fingerprint(const FingerprintKey& key, std::string_view text);

}  // namespace nuncio::config
