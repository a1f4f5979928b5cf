// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "base/task.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace nuncio {

namespace {

constexpr Error kStop{CloseReason::drained, Side::self, Retry::never, 0};
constexpr Error kOther{CloseReason::client_closed, Side::client, Retry::never, 0};

using Steps = std::vector<std::string>;

// ---- Task ----------------------------------------------------------------------------------------------------------------------------

Task<int> constant(int value) {
  co_return value;
}

Task<int> taken_from(Signal<int>& signal, Cancel& cancel) {
  const auto got = co_await signal.wait(cancel);
  co_return got ? *got : -1;
}

Task<std::unique_ptr<int>> made_after(Signal<int>& signal, Cancel& cancel) {
  const int value = co_await taken_from(signal, cancel);
  co_return std::make_unique<int>(value);
}

Task<> add_into(int& sum, Signal<int>& signal, Cancel& cancel) {
  const int part_1 = co_await constant(1);
  sum += part_1;
  const int part_2 = co_await taken_from(signal, cancel);
  sum += part_2;
  const auto made = co_await made_after(signal, cancel);
  sum += *made;
}

TEST_CASE("task: lazy; a task that is never awaited runs nothing and leaves nothing") {
  int sum = 0;
  Signal<int> signal;
  Cancel cancel;
  {
    const Task<> never = add_into(sum, signal, cancel);
    CHECK(sum == 0);
  }
  CHECK(sum == 0);
}

TEST_CASE("task: children that finish at once, and later") {
  int sum = 0;
  Signal<int> signal;
  Cancel cancel;
  Scope scope;
  scope.start(add_into(sum, signal, cancel));
  CHECK(sum == 1);
  CHECK_FALSE(scope.idle());
  signal.complete(10);
  CHECK(sum == 11);
  CHECK_FALSE(signal.completed());
  signal.complete(100);
  CHECK(sum == 111);
  CHECK(scope.idle());
}

TEST_CASE("task: values that were there before anybody waited") {
  int sum = 0;
  Signal<int> signal;
  Cancel cancel;
  Scope scope;
  signal.complete(10);
  CHECK(signal.completed());
  scope.start(add_into(sum, signal, cancel));
  CHECK(sum == 11);
  signal.complete(100);
  CHECK(sum == 111);
  CHECK(scope.idle());
}

// ---- the stack -----------------------------------------------------------------------------------------------------------------------

struct StackRange {
  std::uintptr_t low = std::numeric_limits<std::uintptr_t>::max();
  std::uintptr_t high = 0;
  void note(std::uintptr_t here) {
    low = std::min(low, here);
    high = std::max(high, here);
  }
  std::size_t spread() const { return high - low; }
};

Task<int> noted(StackRange& range) {
  range.note(reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)));
  co_return 1;
}

Task<int> noted_twice(StackRange& range) {
  const int first = co_await noted(range);
  const int second = co_await noted(range);
  co_return first + second;
}

Task<> many_inline(int count, int& sum, StackRange& range) {
  for (int i = 0; i < count; ++i) {
    const int part = co_await noted_twice(range);
    sum += part;
  }
}

Task<int> echoed(Signal<int>& signal, Cancel& cancel, StackRange& range) {
  range.note(reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)));
  const auto got = co_await signal.wait(cancel);
  co_return got ? *got : -1;
}

Task<> consume_many(int count, int& sum, Signal<int>& signal, StackRange& range) {
  Cancel cancel;
  for (int i = 0; i < count; ++i) {
    const int part = co_await echoed(signal, cancel, range);
    sum += part;
  }
}

Task<> produce_many(int count, Signal<int>& to, Signal<int>& back) {
  Cancel cancel;
  for (int i = 0; i < count; ++i) {
    to.complete(1);
    const auto told = co_await back.wait(cancel);
    if (!told) co_return;
  }
}

Task<> confirm_many(int count, Signal<int>& from, Signal<int>& back, int& sum) {
  Cancel cancel;
  for (int i = 0; i < count; ++i) {
    const auto got = co_await from.wait(cancel);
    if (!got) co_return;
    sum += *got;
    back.complete(1);
  }
}

Task<> nothing(int& ended) {
  ++ended;
  co_return;
}

Task<> start_many(int count, int& ended) {
  Scope scope;
  for (int i = 0; i < count; ++i) scope.start(nothing(ended));
  co_await scope.join();
}

constexpr std::size_t kFlat = 16 * 1024;

TEST_CASE("the stack stays flat: 100,000 children that finish at once") {
  int sum = 0;
  StackRange range;
  Scope scope;
  scope.start(many_inline(100'000, sum, range));
  CHECK(scope.idle());
  CHECK(sum == 200'000);
  CHECK(range.spread() < kFlat);
}

TEST_CASE("the stack stays flat: 100,000 children that are woken") {
  int sum = 0;
  StackRange range;
  Signal<int> signal;
  Scope scope;
  scope.start(consume_many(100'000, sum, signal, range));
  for (int i = 0; i < 100'000; ++i) signal.complete(1);
  CHECK(scope.idle());
  CHECK(sum == 100'000);
  CHECK(range.spread() < kFlat);
}

TEST_CASE("the stack stays flat: two coroutines that wake each other") {
  int sum = 0;
  Signal<int> to;
  Signal<int> back;
  Scope scope;
  scope.start(confirm_many(100'000, to, back, sum));
  scope.start(produce_many(100'000, to, back));
  CHECK(scope.idle());
  CHECK(sum == 100'000);
}

TEST_CASE("the stack stays flat: 100,000 children of a scope") {
  int ended = 0;
  Scope scope;
  scope.start(start_many(100'000, ended));
  CHECK(scope.idle());
  CHECK(ended == 100'000);
}

// ---- Signal and Cancel ---------------------------------------------------------------------------------------------------------------

Task<> collect(Signal<int>& signal, Cancel& cancel, Steps& steps, int count) {
  for (int i = 0; i < count; ++i) {
    const auto got = co_await signal.wait(cancel);
    steps.push_back(got ? std::to_string(*got) : std::string(info(got.error().reason).word));
  }
}

TEST_CASE("signal: the first completion counts until it was taken") {
  Signal<int> signal;
  Cancel cancel;
  Steps steps;
  Scope scope;
  signal.complete(1);
  signal.complete(2);
  scope.start(collect(signal, cancel, steps, 3));
  CHECK(steps == Steps{"1"});
  signal.complete(std::unexpected(kOther));
  CHECK(steps == Steps{"1", "client_closed"});
  signal.complete(3);
  CHECK(steps == Steps{"1", "client_closed", "3"});
  CHECK(scope.idle());
}

TEST_CASE("signal: completed twice before its waiter went on") {
  Signal<int> signal;
  Cancel cancel;
  Steps steps;
  Scope scope;
  scope.start(collect(signal, cancel, steps, 1));
  {
    const task::Batch batch;
    signal.complete(1);
    signal.complete(2);
    cancel.cancel(kStop);
    CHECK(steps.empty());
  }
  CHECK(steps == Steps{"1"});
  CHECK(scope.idle());
}

TEST_CASE("cancel: ends a wait, and every later one; the first error stays") {
  Signal<int> signal;
  Cancel cancel;
  Steps steps;
  Scope scope;
  scope.start(collect(signal, cancel, steps, 2));
  CHECK(steps.empty());
  cancel.cancel(kStop);
  cancel.cancel(kOther);
  CHECK(steps == Steps{"drained", "drained"});
  CHECK(scope.idle());
}

TEST_CASE("cancel: remembered when nobody waits") {
  Signal<int> signal;
  Cancel cancel;
  Steps steps;
  cancel.cancel(kStop);
  REQUIRE(cancel.error());
  Scope scope;
  scope.start(collect(signal, cancel, steps, 1));
  CHECK(steps == Steps{"drained"});
}

TEST_CASE("cancel: a value that is there already is not lost") {
  Signal<int> signal;
  Cancel cancel;
  Steps steps;
  signal.complete(5);
  cancel.cancel(kStop);
  Scope scope;
  scope.start(collect(signal, cancel, steps, 2));
  CHECK(steps == Steps{"5", "drained"});
}

TEST_CASE("cancel: forgotten, waits go on as before") {
  Signal<int> signal;
  Cancel cancel;
  Steps steps;
  cancel.cancel(kStop);
  cancel.forget();
  Scope scope;
  scope.start(collect(signal, cancel, steps, 1));
  CHECK(steps.empty());
  signal.complete(1);
  CHECK(steps == Steps{"1"});
}

TEST_CASE("cancel: after a completion the cancel has nothing to end any more") {
  Signal<int> signal;
  Cancel cancel;
  Steps steps;
  {
    Scope scope;
    scope.start(collect(signal, cancel, steps, 1));
    signal.complete(1);
    CHECK(scope.idle());
  }
  cancel.cancel(kStop);
  CHECK(steps == Steps{"1"});
  CHECK_FALSE(signal.completed());
}

Task<> in_turn(Signal<int>& first, Signal<int>& second, Cancel& cancel, Steps& steps) {
  const auto one = co_await first.wait(cancel);
  steps.push_back(one ? "first" : "first ended");
  const auto two = co_await second.wait(cancel);
  steps.push_back(two ? "second" : "second ended");
}

TEST_CASE("cancel: serves the waits of a sequence one after the other") {
  Signal<int> first;
  Signal<int> second;
  Cancel cancel;
  Steps steps;
  Scope scope;
  scope.start(in_turn(first, second, cancel, steps));
  first.complete(1);
  first.complete(2);  // nobody waits for it any more
  cancel.cancel(kStop);
  CHECK(steps == Steps{"first", "second ended"});
  CHECK(first.completed());
  CHECK(scope.idle());
}

// ---- Scope ---------------------------------------------------------------------------------------------------------------------------

Task<> child(const char* name, Signal<int>& signal, Cancel& cancel, Steps& steps) {
  steps.push_back(std::string(name) + " begins");
  const auto got = co_await signal.wait(cancel);
  steps.push_back(std::string(name) + (got ? " ends" : " was cancelled"));
}

struct Pair {
  Signal<int> a;
  Signal<int> b;
  Cancel cancel_a;
  Cancel cancel_b;
};

Task<> parent(Pair& pair, Steps& steps) {
  Scope scope;
  scope.start(child("a", pair.a, pair.cancel_a, steps));
  scope.start(child("b", pair.b, pair.cancel_b, steps));
  steps.push_back("both run: " + std::to_string(scope.running()));
  co_await scope.join();
  steps.push_back("joined");
}

TEST_CASE("scope: children run beside their owner and are joined") {
  for (const bool a_first : {true, false}) {
    Pair pair;
    Steps steps;
    Scope scope;
    scope.start(parent(pair, steps));
    CHECK(steps == Steps{"a begins", "b begins", "both run: 2"});
    (a_first ? pair.a : pair.b).complete(1);
    CHECK(steps.size() == 4);
    CHECK_FALSE(scope.idle());
    (a_first ? pair.b : pair.a).complete(1);
    CHECK(steps.back() == "joined");
    CHECK(steps.size() == 6);
    CHECK(scope.idle());
  }
}

TEST_CASE("scope: a join with nothing to wait for") {
  Pair pair;
  Steps steps;
  pair.a.complete(1);
  pair.cancel_b.cancel(kStop);
  Scope scope;
  scope.start(parent(pair, steps));
  CHECK(steps == Steps{"a begins", "a ends", "b begins", "b was cancelled", "both run: 0", "joined"});
  CHECK(scope.idle());
}

TEST_CASE("scope: both children woken in one batch") {
  Pair pair;
  Steps steps;
  Scope scope;
  scope.start(parent(pair, steps));
  {
    const task::Batch batch;
    pair.b.complete(1);
    pair.a.complete(1);
    const task::Batch inner;
  }
  CHECK(steps == Steps{"a begins", "b begins", "both run: 2", "b ends", "a ends", "joined"});
  CHECK(scope.idle());
}

Task<> ends_its_sibling(Signal<int>& signal, Cancel& own, Cancel& sibling) {
  const auto got = co_await signal.wait(own);
  if (!got) sibling.cancel(got.error());
}

Task<> upload_and_download(Pair& pair, Steps& steps) {
  Scope scope;
  scope.start(ends_its_sibling(pair.a, pair.cancel_a, pair.cancel_b));
  const auto answer = co_await pair.b.wait(pair.cancel_b);
  steps.push_back(answer ? "answer" : "no answer");
  pair.cancel_a.cancel(kStop);
  co_await scope.join();
  steps.push_back("joined");
}

TEST_CASE("scope: a child ends what its owner waits for, and the other way round") {
  Steps steps;
  Scope scope;
  Pair upload_fails;
  scope.start(upload_and_download(upload_fails, steps));
  upload_fails.cancel_a.cancel(kOther);
  CHECK(steps == Steps{"no answer", "joined"});
  CHECK(scope.idle());

  steps.clear();
  Pair answer_comes_early;
  scope.start(upload_and_download(answer_comes_early, steps));
  answer_comes_early.b.complete(1);
  CHECK(steps == Steps{"answer", "joined"});
  CHECK(scope.idle());
}

Task<> nested(int depth, Signal<int>& signal, Cancel& cancel, int& ended) {
  Scope scope;
  if (depth > 0) scope.start(nested(depth - 1, signal, cancel, ended));
  if (depth == 0) {
    const auto got = co_await signal.wait(cancel);
    ended += got ? *got : 0;
  }
  co_await scope.join();
  ++ended;
}

TEST_CASE("scope: scopes in scopes") {
  Signal<int> signal;
  Cancel cancel;
  int ended = 0;
  Scope scope;
  scope.start(nested(20, signal, cancel, ended));
  CHECK(ended == 0);
  signal.complete(100);
  CHECK(ended == 121);
  CHECK(scope.idle());
}

// ---- what is destroyed when ----------------------------------------------------------------------------------------------------------

struct Owner {
  Signal<int> signal;
  Cancel cancel;
  Scope scope;
  bool* gone = nullptr;
  ~Owner() { *gone = true; }
};

Task<> destroys(std::unique_ptr<Owner> owner, Signal<int>& signal, Cancel& cancel) {
  const auto got = co_await signal.wait(cancel);
  if (got) owner.reset();
}

TEST_CASE("what a woken coroutine destroys is still there for who wakes it in a batch") {
  bool gone = false;
  auto owner = std::make_unique<Owner>();
  owner->gone = &gone;
  Owner& seen = *owner;
  Cancel cancel;
  Scope scope;
  scope.start(destroys(std::move(owner), seen.signal, cancel));
  {
    const task::Batch batch;
    seen.signal.complete(1);
    CHECK_FALSE(gone);
    seen.cancel.cancel(kStop);
  }
  CHECK(gone);
  CHECK(scope.idle());
}

TEST_CASE("frames of many sizes are taken and given back in any order") {
  Signal<int> signals[8];
  Cancel cancel;
  int sum = 0;
  for (int round = 0; round < 3; ++round) {
    Scope scope;
    for (Signal<int>& signal : signals) scope.start(add_into(sum, signal, cancel));
    for (int i = 7; i >= 0; --i) {
      signals[i].complete(1);
      signals[i].complete(1);
    }
    CHECK(scope.idle());
  }
  CHECK(sum == 3 * 8 * 3);
}

// ---- Operation -----------------------------------------------------------------------------------------------------------------------

// something that can be had when `left` has come down to zero
struct Countdown {
  class Reached final : public Operation {
   public:
    explicit Reached(Countdown& countdown) : countdown_(countdown) {}
    bool attempt() override { return --countdown_.left <= 0; }
    int await_resume() const { return countdown_.left; }

   private:
    void park() override { countdown_.waiter = this; }
    Countdown& countdown_;
  };

  Reached reached() { return Reached(*this); }
  void news() {
    if (waiter != nullptr && waiter->attempt()) std::exchange(waiter, nullptr)->finish();
  }

  int left = 0;
  Operation* waiter = nullptr;
};

Task<> count_down(Countdown& countdown, int& result) {
  result = co_await countdown.reached();
}

TEST_CASE("operation: tried at once, and again with every news") {
  Countdown at_once{.left = 1};
  int result = -1;
  Scope scope;
  scope.start(count_down(at_once, result));
  CHECK(result == 0);
  CHECK(at_once.waiter == nullptr);

  Countdown later{.left = 4};
  result = -1;
  scope.start(count_down(later, result));
  later.news();
  later.news();
  CHECK(result == -1);
  later.news();
  CHECK(result == 0);
  CHECK(scope.idle());
}

}  // namespace

}  // namespace nuncio
