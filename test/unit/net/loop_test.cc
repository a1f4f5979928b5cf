// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "net/loop.h"

#include <doctest/doctest.h>
#include <event2/event.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "unit/net/loop_guard.h"

namespace nuncio {

namespace {

void run(Loop& loop) {
  const test::Guard guard(loop);
  loop.run();
  REQUIRE_FALSE(guard.late());
}

struct Timer {
  Timer(Loop& owner, std::uint64_t in_ms) : loop(owner), deadline(owner.deadlines(), fire, this), due(owner.now_ms() + in_ms) {
    deadline.set(due);
  }
  static void fire(void* self) {
    auto& timer = *static_cast<Timer*>(self);
    timer.early = timer.loop.now_ms() < timer.due;
    ++timer.fired;
    if (timer.stops) timer.loop.stop();
  }

  Loop& loop;
  Deadline deadline;
  std::uint64_t due;
  bool stops = true;
  bool early = false;
  int fired = 0;
};

TEST_CASE("loop: posted work runs in order, on the loop's thread, also what is posted meanwhile") {
  Loop loop;
  std::vector<int> order;
  const auto thread = std::this_thread::get_id();
  loop.post([&] {
    order.push_back(1);
    CHECK(std::this_thread::get_id() == thread);
    loop.post([&] {
      order.push_back(3);
      loop.stop();
    });
  });
  loop.post([&] { order.push_back(2); });
  run(loop);
  CHECK(order == std::vector<int>{1, 2, 3});
}

TEST_CASE("loop: many threads post, nothing is lost, each one's order stays") {
  Loop loop;
  constexpr int kThreads = 4;
  constexpr int kPosts = 2000;
  std::vector<int> next(kThreads, 0);
  int left = kThreads * kPosts;
  int out_of_order = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&loop, &next, &left, &out_of_order, t] {
      for (int i = 0; i < kPosts; ++i) {
        loop.post([&loop, &next, &left, &out_of_order, t, i] {
          int& expected = next[static_cast<std::size_t>(t)];
          if (expected++ != i) ++out_of_order;
          if (--left == 0) loop.stop();
        });
      }
    });
  }
  run(loop);
  for (std::thread& thread : threads) thread.join();
  CHECK(left == 0);
  CHECK(out_of_order == 0);
}

TEST_CASE("loop: a post wakes a loop that sleeps") {
  Loop loop;
  std::atomic<bool> running = false;
  loop.post([&running] { running = true; });
  std::thread other([&] {
    while (!running) std::this_thread::yield();
    loop.post([&loop] { loop.stop(); });
  });
  run(loop);
  other.join();
  CHECK(running);
}

TEST_CASE("loop: what was posted to a loop that does not run is dropped with it") {
  const auto kept = std::make_shared<int>(0);
  {
    Loop loop;
    loop.post([kept] { ++*kept; });
    CHECK(kept.use_count() == 2);
  }
  CHECK(kept.use_count() == 1);
  CHECK(*kept == 0);
}

TEST_CASE("loop: runs again after it was stopped") {
  Loop loop;
  int runs = 0;
  for (int i = 0; i < 3; ++i) {
    loop.post([&] {
      ++runs;
      loop.stop();
    });
    run(loop);
  }
  CHECK(runs == 3);
}

TEST_CASE("loop: deadlines fire, and not early") {
  Loop loop;
  std::vector<std::unique_ptr<Timer>> timers;
  for (const std::uint64_t ms : {0U, 1U, 5U, 20U, 3U}) {
    timers.push_back(std::make_unique<Timer>(loop, ms));
    timers.back()->stops = false;
  }
  Timer last(loop, 60);
  run(loop);
  for (const auto& timer : timers) {
    CHECK(timer->fired == 1);
    CHECK_FALSE(timer->early);
  }
  CHECK(last.fired == 1);
  CHECK_FALSE(last.early);
}

TEST_CASE("loop: a deadline that is set from posted work, a deferred turn or another deadline is not overslept") {
  Loop loop;
  Timer far(loop, 600'000);  // the loop has armed its timer for this one
  std::unique_ptr<Timer> near;
  loop.post([&] { near = std::make_unique<Timer>(loop, 10); });
  run(loop);
  CHECK(near->fired == 1);

  struct Later final : Loop::Deferred {
    explicit Later(Loop& owner) : loop(owner) {}
    void next_turn() override { timer = std::make_unique<Timer>(loop, 10); }
    Loop& loop;
    std::unique_ptr<Timer> timer;
  } later(loop);
  loop.defer(later);
  run(loop);
  CHECK(later.timer->fired == 1);
  CHECK(far.fired == 0);
}

// goes on for a number of turns
struct Repeating final : Loop::Deferred {
  Repeating(Loop& owner, int turns) : loop(owner), left(turns) {}
  void next_turn() override {
    seen.push_back(loop.turn());
    if (--left > 0) {
      loop.defer(*this);
      loop.defer(*this);  // once more makes no difference
    } else {
      loop.stop();
    }
  }
  Loop& loop;
  int left;
  std::vector<std::uint64_t> seen;
};

TEST_CASE("loop: deferred once per turn, while events and deadlines go on") {
  Loop loop;
  Repeating repeating(loop, 100'000'000);
  int posted = 0;
  loop.post([&] { ++posted; });
  Timer timer(loop, 20);
  loop.defer(repeating);
  loop.defer(repeating);
  run(loop);
  CHECK(timer.fired == 1);
  CHECK(posted == 1);
  REQUIRE(repeating.seen.size() > 1);
  for (std::size_t i = 1; i < repeating.seen.size(); ++i) REQUIRE(repeating.seen[i] == repeating.seen[i - 1] + 1);
}

TEST_CASE("loop: what is deferred may be destroyed, also by what comes before it") {
  Loop loop;
  struct Destroyer final : Loop::Deferred {
    explicit Destroyer(Loop& owner) : loop(owner), victim(std::make_unique<Repeating>(owner, 1)) {}
    void next_turn() override {
      victim.reset();
      loop.post([this] { loop.stop(); });
    }
    Loop& loop;
    std::unique_ptr<Repeating> victim;
  } destroyer(loop);
  auto early = std::make_unique<Repeating>(loop, 1);
  loop.defer(*early);
  loop.defer(destroyer);
  loop.defer(*destroyer.victim);
  early.reset();
  run(loop);
  CHECK(destroyer.victim == nullptr);
}

TEST_CASE("loop: the clock stands still within a turn and never goes back") {
  Loop loop;
  std::uint64_t before = loop.now_ms();
  int turns = 0;
  struct Clock final : Loop::Deferred {
    Clock(Loop& owner, std::uint64_t& last, int& count) : loop(owner), before(last), turns(count) {}
    void next_turn() override {
      const std::uint64_t now = loop.now_ms();
      CHECK(now >= before);
      CHECK(loop.now_ms() == now);
      before = now;
      if (++turns == 100) return loop.stop();
      loop.defer(*this);
    }
    Loop& loop;
    std::uint64_t& before;
    int& turns;
  } clock(loop, before, turns);
  loop.defer(clock);
  run(loop);
  CHECK(turns == 100);
}

TEST_CASE("loop: at rest it sleeps") {
  Loop loop;
  Timer timer(loop, 100);
  const std::uint64_t before = loop.turn();
  run(loop);
  CHECK(loop.turn() - before < 20);  // a loop that spins has had thousands of turns by then
}

TEST_CASE("loop: libevent events on its base") {
  Loop loop;
  const Fd counter(eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
  const EventPtr event(event_new(
      loop.base(), counter.get(), EV_READ | EV_PERSIST, [](evutil_socket_t, short, void* self) { static_cast<Loop*>(self)->stop(); },
      &loop));
  event_add(event.get(), nullptr);
  run(loop);
  CHECK(loop.turn() > 0);
}

}  // namespace

}  // namespace nuncio
