// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "base/arena.h"

namespace nuncio {

char* Arena::allocate_slowly(std::size_t bytes) {
  Chunk chunk = pool_->take(bytes);
  char* start = chunk.data();
  const std::size_t rest = chunk.capacity() - bytes;
  if (rest > left_) {
    next_ = start + bytes;
    left_ = rest;
  }
  if (!first_) {
    first_ = std::move(chunk);
  } else {
    more_.push_back(std::move(chunk));
  }
  return start;
}

}  // namespace nuncio
