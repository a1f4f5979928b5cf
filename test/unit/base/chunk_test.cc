// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "base/chunk.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstring>
#include <utility>
#include <vector>

#include "base/sanitizer.h"

namespace nuncio {

namespace {

TEST_CASE("chunk: two sizes from the pool, larger ones as they are asked for") {
  ChunkPool pool;
  struct Case {
    std::size_t asked;
    std::size_t capacity;
  };
  const std::vector<Case> cases = {
      {0, ChunkPool::kSmall},
      {1, ChunkPool::kSmall},
      {ChunkPool::kSmall, ChunkPool::kSmall},
      {ChunkPool::kSmall + 1, ChunkPool::kLarge},
      {ChunkPool::kLarge, ChunkPool::kLarge},
      {ChunkPool::kLarge + 1, ChunkPool::kLarge + 1},
      {1'000'000, 1'000'000},
  };
  for (const Case& item : cases) {
    CAPTURE(item.asked);
    const Chunk chunk = pool.take(item.asked);
    REQUIRE(chunk);
    CHECK(chunk.capacity() == item.capacity);
    std::memset(chunk.data(), 'x', chunk.capacity());
  }
}

TEST_CASE("chunk: an empty one holds nothing, and may be let go twice") {
  ChunkPool pool;
  Chunk chunk;
  CHECK_FALSE(chunk);
  CHECK(chunk.capacity() == 0);
  chunk.release();
  chunk = pool.take();
  CHECK(chunk);
  chunk.release();
  chunk.release();
  CHECK_FALSE(chunk);
  CHECK(chunk.capacity() == 0);
}

TEST_CASE("chunk: moving hands the buffer over") {
  ChunkPool pool;
  Chunk first = pool.take();
  char* const data = first.data();
  Chunk second = std::move(first);
  CHECK(second.data() == data);
  CHECK_FALSE(first);  // NOLINT: what a move leaves behind is part of the contract
  CHECK(first.capacity() == 0);
  first = pool.take(ChunkPool::kLarge);
  first = std::move(second);
  CHECK(first.data() == data);
  CHECK(first.capacity() == ChunkPool::kSmall);
  Chunk& same = first;
  first = std::move(same);
  CHECK(first.data() == data);
}

TEST_CASE("chunk: the buffer that was used last is handed out first") {
  if (!kPoolsKeepMemory) return;
  ChunkPool pool;
  Chunk a = pool.take();
  Chunk b = pool.take();
  char* const data_a = a.data();
  char* const data_b = b.data();
  b.release();
  a.release();
  a = pool.take();
  b = pool.take();
  CHECK(a.data() == data_a);
  CHECK(b.data() == data_b);
}

TEST_CASE("chunk: many at once") {
  ChunkPool pool;
  for (int round = 0; round < 2; ++round) {
    std::vector<Chunk> chunks;
    for (int i = 0; i < 1200; ++i) {
      chunks.push_back(pool.take(i % 20 == 0 ? ChunkPool::kLarge : ChunkPool::kSmall));
      chunks.back().data()[0] = static_cast<char>(i);
    }
    for (int i = 0; i < 1200; ++i) CHECK(chunks[static_cast<std::size_t>(i)].data()[0] == static_cast<char>(i));
  }
}

}  // namespace

}  // namespace nuncio
