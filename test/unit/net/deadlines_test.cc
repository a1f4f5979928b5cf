// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "net/deadlines.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <utility>
#include <vector>

namespace nuncio {

namespace {

constexpr std::uint64_t kNever = Deadline::kNever;
constexpr std::uint64_t kSlot = 4;  // "at most one slot late"

// a deadline that notes when it fired, and does something then
struct Noted {
  explicit Noted(DeadlineWheel& wheel, std::uint64_t& clock)
      : now(clock),
        deadline(
            wheel, [](void* self) { static_cast<Noted*>(self)->fire(); }, this) {}
  void fire() {
    fired.push_back(now);
    if (then) then();
  }
  void set(std::uint64_t at) { deadline.set(at); }

  std::uint64_t& now;
  std::vector<std::uint64_t> fired;
  std::function<void()> then;
  Deadline deadline;
};

struct Fixture {
  explicit Fixture(std::uint64_t start = 1'000'000) : now(start), wheel(start) {}
  std::uint64_t advance(std::uint64_t to) {
    now = to;
    return wheel.advance(now);
  }
  // as the loop does: sleeps until the wheel wants to be called
  void run_to(std::uint64_t end) {
    while (wheel.next_look() <= end) {
      const std::uint64_t next = wheel.next_look();
      REQUIRE(next != kNever);
      advance(std::max(next, now));
      REQUIRE(wheel.next_look() > next);  // no progress would be a spinning loop
    }
    advance(end);
  }

  std::uint64_t now;
  DeadlineWheel wheel;
};

TEST_CASE("deadline: fires once, never early, at most a slot late") {
  for (const std::uint64_t distance : {0U, 1U, 3U, 4U, 5U, 999U, 1023U, 1024U, 1025U, 5'000U, 262'143U, 262'144U, 300'000U, 70'000'000U}) {
    for (const std::uint64_t start : {0U, 1U, 1'000'003U, 4'194'304U}) {
      CAPTURE(distance);
      CAPTURE(start);
      Fixture f(start);
      Noted noted(f.wheel, f.now);
      const std::uint64_t at = start + distance;
      noted.set(at);
      f.run_to(at + 2 * kSlot);
      REQUIRE(noted.fired.size() == 1);
      CHECK(noted.fired[0] >= at);
      CHECK(noted.fired[0] <= at + kSlot);
      CHECK(noted.deadline.at() == kNever);
      CHECK(f.wheel.next_look() == kNever);
    }
  }
}

TEST_CASE("deadline: one in the past fires at the next look") {
  Fixture f;
  Noted noted(f.wheel, f.now);
  noted.set(5);
  CHECK(f.wheel.next_look() <= f.now + kSlot);
  f.run_to(f.now + kSlot);
  CHECK(noted.fired.size() == 1);
}

TEST_CASE("deadline: cleared, it does not fire, and the wheel comes to rest") {
  Fixture f;
  Noted noted(f.wheel, f.now);
  noted.set(f.now + 100);
  noted.deadline.clear();
  f.run_to(f.now + 1000);
  CHECK(noted.fired.empty());
  CHECK(f.wheel.next_look() == kNever);
  noted.set(f.now + 10);
  f.run_to(f.now + 100);
  CHECK(noted.fired.size() == 1);
}

TEST_CASE("deadline: moved later it fires once, at the later time; moved earlier at the earlier one") {
  Fixture f;
  const std::uint64_t start = f.now;
  Noted later(f.wheel, f.now);
  later.set(start + 100);
  later.set(start + 5000);
  Noted earlier(f.wheel, f.now);
  earlier.set(start + 5000);
  earlier.set(start + 100);
  f.run_to(start + 10'000);
  REQUIRE(later.fired.size() == 1);
  CHECK(later.fired[0] >= start + 5000);
  REQUIRE(earlier.fired.size() == 1);
  CHECK(earlier.fired[0] >= start + 100);
  CHECK(earlier.fired[0] <= start + 100 + kSlot);
}

TEST_CASE("deadline: moved within its slot, alone in it or not") {
  for (const int others : {0, 1, 2}) {
    Fixture f;
    std::deque<Noted> all;
    for (int i = 0; i <= others; ++i) all.emplace_back(f.wheel, f.now).set(f.now + 7);
    for (Noted& noted : all) {
      noted.set(f.now + 6);
      noted.set(f.now + 5);
      noted.set(f.now + 7);
    }
    f.run_to(f.now + 20);
    for (const Noted& noted : all) CHECK(noted.fired.size() == 1);
  }
}

TEST_CASE("deadline: what fires may set itself and others, and is not fired again in the same look") {
  Fixture f;
  Noted periodic(f.wheel, f.now);
  Noted other(f.wheel, f.now);
  periodic.then = [&] {
    other.set(f.now);
    if (periodic.fired.size() < 10) periodic.set(f.now);
  };
  periodic.set(f.now);
  f.run_to(f.now + 200);
  CHECK(periodic.fired.size() == 10);
  CHECK(other.fired.size() >= 1);
  CHECK(std::ranges::is_sorted(periodic.fired));
}

TEST_CASE("deadline: may be destroyed while another one fires, or itself") {
  Fixture f;
  std::vector<std::unique_ptr<Noted>> all;
  for (int i = 0; i < 3; ++i) {
    all.push_back(std::make_unique<Noted>(f.wheel, f.now));
    all.back()->set(f.now + 10);
  }
  all[0]->then = [&all] { all[1].reset(); };
  f.run_to(f.now + 100);
  CHECK(all[0]->fired.size() == 1);
  CHECK(all[2]->fired.size() == 1);

  struct Suicidal {
    explicit Suicidal(DeadlineWheel& wheel)
        : deadline(
              wheel, [](void* self_) { static_cast<Suicidal*>(self_)->owner->reset(); }, this) {}
    std::unique_ptr<Suicidal>* owner = nullptr;
    Deadline deadline;
  };
  auto suicidal = std::make_unique<Suicidal>(f.wheel);
  suicidal->owner = &suicidal;
  suicidal->deadline.set(f.now + 10);
  f.run_to(f.now + 100);
  CHECK(suicidal == nullptr);
}

TEST_CASE("deadline: after a long sleep everything that is due fires") {
  Fixture f;
  std::deque<Noted> all;
  for (std::uint64_t i = 0; i < 2000; ++i) all.emplace_back(f.wheel, f.now).set(f.now + i * i % 700'001);
  f.advance(f.now + 800'000);
  for (const Noted& noted : all) CHECK(noted.fired.size() == 1);
  CHECK(f.wheel.next_look() == kNever);
}

TEST_CASE("deadline: random operations against a list of times") {
  for (unsigned seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    Fixture f(random() % 5'000'000);
    std::deque<Noted> all;
    for (int i = 0; i < 20; ++i) all.emplace_back(f.wheel, f.now);
    std::vector<std::uint64_t> due(all.size(), kNever);
    const std::vector<std::uint64_t> ranges = {8, 2'000, 600'000, 100'000'000};
    for (int step = 0; step < 2000; ++step) {
      const std::size_t which = random() % all.size();
      const unsigned operation = random() % 8;
      if (operation < 5) {
        due[which] = f.now + random() % ranges[random() % ranges.size()];
        all[which].set(due[which]);
      } else if (operation == 5) {
        due[which] = kNever;
        all[which].deadline.clear();
      } else {
        f.run_to(f.now + random() % ranges[random() % ranges.size()]);
      }
      for (std::size_t i = 0; i < all.size(); ++i) {
        for (const std::uint64_t at : std::exchange(all[i].fired, {})) {
          REQUIRE(at >= due[i]);
          REQUIRE(at <= due[i] + kSlot);
          due[i] = kNever;
        }
        REQUIRE((due[i] == kNever || due[i] + kSlot >= f.now));  // nothing was forgotten
      }
    }
  }
}

}  // namespace

}  // namespace nuncio
