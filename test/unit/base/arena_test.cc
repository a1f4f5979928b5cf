// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "base/arena.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nuncio {

namespace {

template <class T>
bool aligned(const T* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer) % alignof(T) == 0;
}

TEST_CASE("arena: what lies in it stays until it is reset, whatever comes after") {
  ChunkPool pool;
  Arena arena(pool);
  std::mt19937 random(11);
  for (int round = 0; round < 3; ++round) {
    std::vector<std::pair<std::string_view, std::string>> kept;
    for (int i = 0; i < 300; ++i) {
      const std::size_t size = i % 50 == 49 ? 20'000 + random() % 100'000 : random() % 600;
      const std::string text(size, static_cast<char>('a' + i % 26));
      kept.emplace_back(arena.copy(text), text);
    }
    for (const auto& [view, text] : kept) REQUIRE(view == text);
    arena.reset();
  }
}

TEST_CASE("arena: concat") {
  ChunkPool pool;
  Arena arena(pool);
  CHECK(arena.concat({}).empty());
  CHECK(arena.concat({"", "", ""}).empty());
  CHECK(arena.concat({"a", "", std::string_view("b\0c", 3), "d"}) == std::string_view("ab\0cd", 5));
  CHECK(arena.copy("").empty());
  const std::string large(ChunkPool::kLarge, 'x');
  CHECK(arena.concat({large, "y", large}) == large + "y" + large);
}

TEST_CASE("arena: exact fits") {
  ChunkPool pool;
  Arena arena(pool);
  char* const whole = arena.allocate(ChunkPool::kSmall);
  std::memset(whole, 'a', ChunkPool::kSmall);
  char* const next = arena.allocate(1);
  *next = 'b';
  std::memset(arena.allocate(ChunkPool::kSmall - 1), 'c', ChunkPool::kSmall - 1);
  std::memset(arena.allocate(ChunkPool::kSmall + 1), 'd', ChunkPool::kSmall + 1);
  CHECK(whole[0] == 'a');
  CHECK(whole[ChunkPool::kSmall - 1] == 'a');
  CHECK(*next == 'b');
}

TEST_CASE("arena: arrays are aligned wherever the arena stands") {
  struct Wide {
    std::uint64_t a;
    void* b;
  };
  ChunkPool pool;
  Arena arena(pool);
  for (std::size_t i = 0; i < 3000; ++i) {
    arena.allocate(i % 7);
    Wide* const wide = arena.allocate_array<Wide>(1 + i % 5);
    REQUIRE(aligned(wide));
    wide[i % 5] = {i, wide};
    arena.allocate(1);
    std::uint16_t* const narrow = arena.allocate_array<std::uint16_t>(3);
    REQUIRE(aligned(narrow));
    narrow[2] = 1;
    REQUIRE(wide[i % 5].a == i);
  }
  Wide* const large = arena.allocate_array<Wide>(10'000);
  REQUIRE(aligned(large));
  std::memset(large, 0, 10'000 * sizeof(Wide));
}

TEST_CASE("arena: arrays at the very end of a chunk") {
  ChunkPool pool;
  for (std::size_t left = 0; left <= 32; ++left) {
    Arena arena(pool);
    arena.allocate(ChunkPool::kSmall - left);
    std::uint64_t* const numbers = arena.allocate_array<std::uint64_t>(2);
    REQUIRE(aligned(numbers));
    numbers[0] = numbers[1] = left;
    CHECK(numbers[0] + numbers[1] == 2 * left);
  }
}

}  // namespace

}  // namespace nuncio
