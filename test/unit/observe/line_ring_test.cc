// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "observe/line_ring.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <thread>

using namespace nuncio::observe;

namespace {

bool push(LineRing& ring, std::string_view text, std::size_t reserve) {
  char* const room = ring.reserve(reserve);
  if (room == nullptr) return false;
  std::memcpy(room, text.data(), text.size());
  ring.commit(text.size());
  return true;
}

std::string pop(LineRing& ring, std::size_t most) {
  const std::string_view bytes = ring.readable();
  std::string taken(bytes.substr(0, std::min(most, bytes.size())));
  ring.release(taken.size());
  return taken;
}

// the line with number n, of 1 to 23 bytes after the digits
std::string numbered(std::uint32_t n) {
  return std::to_string(n) + std::string(n % 23, 'x') + "\n";
}

}  // namespace

TEST_CASE("line ring: what goes in comes out, in order, with any reservation and any reading step") {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    LineRing ring(64);
    std::string in;
    std::string out;
    for (int step = 0; step < 400; ++step) {
      const std::string text(1 + random() % 31, static_cast<char>('a' + step % 26));
      if (random() % 2 == 0 && push(ring, text, std::min<std::size_t>(32, text.size() + random() % 8))) in += text;
      if (random() % 2 == 0) out += pop(ring, random() % 40);
    }
    for (std::string rest = pop(ring, 64); !rest.empty(); rest = pop(ring, 64)) out += rest;
    REQUIRE(in == out);
  }
}

TEST_CASE("line ring: full means no room, not an overwrite") {
  LineRing ring(64);
  CHECK(push(ring, std::string(32, 'a'), 32));
  CHECK_FALSE(ring.above_half());
  CHECK(push(ring, std::string(31, 'b'), 32));
  CHECK(ring.above_half());
  CHECK(ring.reserve(2) == nullptr);
  CHECK(push(ring, "c", 1));
  CHECK(ring.reserve(1) == nullptr);
  CHECK(pop(ring, 1) == "a");
  CHECK(push(ring, "d", 1));
  CHECK(pop(ring, 64) == std::string(31, 'a') + std::string(31, 'b') + "c");
  CHECK(pop(ring, 64) == "d");
  CHECK(ring.readable().empty());
  CHECK_FALSE(ring.above_half());
}

TEST_CASE("line ring: a wrap with nothing before it, and one that ends exactly at the end") {
  LineRing ring(64);
  CHECK(push(ring, std::string(32, 'a'), 32));
  CHECK(push(ring, std::string(8, 'b'), 32));
  CHECK(pop(ring, 64).size() == 40);
  CHECK(push(ring, std::string(32, 'c'), 32));  // 24 bytes are left at the end, nothing of them is used
  CHECK(pop(ring, 64) == std::string(32, 'c'));
  CHECK(push(ring, std::string(32, 'd'), 32));
  CHECK(push(ring, std::string(20, 'e'), 32));
  CHECK(pop(ring, 64) == std::string(32, 'd'));
  CHECK(pop(ring, 64) == std::string(20, 'e'));
}

TEST_CASE("line ring: a reservation may be given up") {
  LineRing ring(64);
  CHECK(push(ring, std::string(30, 'a'), 32));
  CHECK(pop(ring, 64).size() == 30);
  CHECK(ring.reserve(32) != nullptr);
  CHECK(push(ring, "z", 1));
  CHECK(pop(ring, 64) == "z");
}

TEST_CASE("line ring: one producer and one consumer at the same time") {
  constexpr std::uint32_t kLines = 60000;
  LineRing ring(1024);
  std::jthread producer([&ring] {
    for (std::uint32_t n = 0; n < kLines;) {
      const std::string line = numbered(n);
      if (push(ring, line, line.size() + n % 200)) {
        ++n;
      } else {
        std::this_thread::yield();
      }
    }
  });
  std::string out;
  std::uint32_t next = 0;
  bool in_order = true;
  while (next < kLines && in_order) {
    const std::string some = pop(ring, 1024);
    if (some.empty()) std::this_thread::yield();
    out += some;
    for (std::size_t end = 0; (end = out.find('\n')) != std::string::npos; out.erase(0, end + 1)) {
      in_order = in_order && out.compare(0, end + 1, numbered(next)) == 0;
      ++next;
    }
  }
  CHECK(in_order);
  CHECK(out.empty());
}
