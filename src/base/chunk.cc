// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "base/chunk.h"

#include "base/sanitizer.h"

namespace nuncio {

namespace {

constexpr std::size_t kKeepSmall = 1024;  // 16 MiB
constexpr std::size_t kKeepLarge = 64;    // 4 MiB

std::unique_ptr<char[]> take_from(std::vector<std::unique_ptr<char[]>>& free, std::size_t capacity) {
  if (free.empty()) return std::make_unique_for_overwrite<char[]>(capacity);
  std::unique_ptr<char[]> bytes = std::move(free.back());
  free.pop_back();
  return bytes;
}

}  // namespace

Chunk ChunkPool::take(std::size_t bytes) {
  if (bytes <= kSmall) return Chunk(this, take_from(small_, kSmall), kSmall);
  if (bytes <= kLarge) return Chunk(this, take_from(large_, kLarge), kLarge);
  return Chunk(this, std::make_unique_for_overwrite<char[]>(bytes), bytes);
}

void ChunkPool::put_back(std::unique_ptr<char[]> bytes, std::size_t capacity) {
  if (!kPoolsKeepMemory) return;
  if (capacity == kSmall && small_.size() < kKeepSmall) small_.push_back(std::move(bytes));
  if (capacity == kLarge && large_.size() < kKeepLarge) large_.push_back(std::move(bytes));
}

}  // namespace nuncio
