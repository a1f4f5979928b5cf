// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The torture file: every form of the coroutine dialect (src/README.md), with children that finish at once and later. g++ 12
// miscompiles forms outside the dialect; should a compiler fail at one inside it, this file says so first. Objects are counted, so a
// copy that is never destroyed, or destroyed twice, shows without a sanitizer too.
#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/task.h"

namespace nuncio {

namespace {

// counts what is alive; a value that was destroyed or moved from is recognisable
class Counted {
 public:
  static inline int alive = 0;

  explicit Counted(int value) : value_(std::make_unique<int>(value)) { ++alive; }
  Counted(const Counted& other) : value_(std::make_unique<int>(other.value())) { ++alive; }
  Counted(Counted&& other) noexcept : value_(std::move(other.value_)) { ++alive; }
  Counted& operator=(const Counted& other) {
    *this = Counted(other);
    return *this;
  }
  Counted& operator=(Counted&& other) noexcept {
    value_ = std::move(other.value_);
    return *this;
  }
  ~Counted() { --alive; }

  int value() const { return value_ ? *value_ : -1000; }

 private:
  std::unique_ptr<int> value_;
};

// Where children wait. `now`: they need not.
struct Gate {
  bool now = false;
  int sum = 0;
  int cancelled = 0;
  Signal<int> signal = {};
  Cancel cancel = {};
  Signal<int> side_signal = {};  // for what runs beside: a signal has one waiter
  Cancel side_cancel = {};

  void open_once() {
    signal.complete(1);
    side_signal.complete(1);
  }
  void cancel_all() {
    cancel.cancel(Error{CloseReason::drained, Side::self, Retry::never, 0});
    side_cancel.cancel(Error{CloseReason::drained, Side::self, Retry::never, 0});
  }
};

Task<> pass(Gate& gate) {
  if (gate.now) co_return;
  const auto got = co_await gate.signal.wait(gate.cancel);
  if (!got) ++gate.cancelled;
}

Task<int> number(Gate& gate, int value) {
  co_await pass(gate);
  co_return value;
}

Task<bool> is_even(Gate& gate, int value) {
  co_await pass(gate);
  co_return value % 2 == 0;
}

Task<Counted> counted(Gate& gate, int value) {
  co_await pass(gate);
  co_return Counted(value);
}

Task<int> value_of(Gate& gate, Counted by_value) {
  co_await pass(gate);
  co_return by_value.value();
}

Task<int> value_of_reference(Gate& gate, const Counted& outlives) {
  co_await pass(gate);
  co_return outlives.value();
}

Task<int> value_of_both(Gate& gate, Counted first, std::unique_ptr<Counted> second) {
  co_await pass(gate);
  co_return first.value() + second->value();
}

Task<Result<Counted>> result(Gate& gate, int value) {
  co_await pass(gate);
  if (value < 0) co_return failed(CloseReason::drained, Side::self);
  co_return Counted(value);
}

Task<std::unique_ptr<int>> move_only(Gate& gate, int value) {
  co_await pass(gate);
  co_return std::make_unique<int>(value);
}

int twice(int value) {
  return value * 2;
}
Counted made(int value) {
  return Counted(value);
}

// ---- the forms -----------------------------------------------------------------------------------------------------------------------

Task<> statement(Gate& gate) {
  co_await pass(gate);
  gate.sum += 1;
}

Task<> statement_without_locals_in_a_loop(Gate& gate) {
  for (;;) {
    co_await pass(gate);
    if (++gate.sum == 3) co_return;
  }
}

Task<> initialisation(Gate& gate) {
  const auto got = co_await counted(gate, 7);
  gate.sum += got.value();
}

Task<> initialisation_of_a_reference_target(Gate& gate) {
  auto got = co_await counted(gate, 7);
  const Counted& same = got;
  co_await pass(gate);
  gate.sum += same.value();
}

Task<> assignment(Gate& gate) {
  Counted got(1);
  got = co_await counted(gate, 5);
  gate.sum += got.value();
  const int part = co_await number(gate, 2);
  gate.sum += part;
}

Task<> assignment_to_a_member(Gate& gate) {
  gate.sum = co_await number(gate, 4);
}

Task<int> forwarded(Gate& gate) {
  co_return co_await number(gate, 6);
}
Task<Counted> forwarded_object(Gate& gate) {
  co_return co_await counted(gate, 8);
}

Task<> return_of_an_awaited_one(Gate& gate) {
  const int first = co_await forwarded(gate);
  const auto second = co_await forwarded_object(gate);
  gate.sum += first + second.value();
}

Task<> tested_on_the_next_line(Gate& gate) {
  const bool even = co_await is_even(gate, 4);
  if (even) gate.sum += 1;
  const bool odd = co_await is_even(gate, 3);
  if (!odd) gate.sum += 2;
  for (;;) {
    const bool stop = co_await is_even(gate, gate.sum);
    if (stop) break;
    gate.sum += 1;
  }
}

Task<> errors_as_values(Gate& gate) {
  const auto good = co_await result(gate, 3);
  if (!good) co_return;
  gate.sum += good->value();
  const auto bad = co_await result(gate, -1);
  if (!bad) {
    gate.sum += 10;
    co_return;
  }
  gate.sum += 1000;
}

Task<> arguments_moved_and_named(Gate& gate) {
  Counted first(1);
  auto second = std::make_unique<Counted>(2);
  const int part_1 = co_await value_of(gate, first);
  gate.sum += part_1;
  const int part_2 = co_await value_of_reference(gate, first);
  gate.sum += part_2;
  const int part_3 = co_await value_of_both(gate, std::move(first), std::move(second));
  gate.sum += part_3;
}

Task<> arguments_from_calls(Gate& gate) {
  const int part_1 = co_await number(gate, twice(3));
  gate.sum += part_1;
  const int part_2 = co_await value_of(gate, made(4));
  gate.sum += part_2;
  const int part_3 = co_await value_of(gate, Counted(5));
  gate.sum += part_3;
  const int part_4 = co_await value_of_reference(gate, Counted(6));
  gate.sum += part_4;
}

Task<> move_only_results(Gate& gate) {
  auto first = co_await move_only(gate, 1);
  const auto second = co_await move_only(gate, 2);
  gate.sum += *first + *second;
}

class AddAtEnd {
 public:
  AddAtEnd(int& sum, int value) : sum_(sum), value_(value) {}
  AddAtEnd(const AddAtEnd&) = delete;
  AddAtEnd& operator=(const AddAtEnd&) = delete;
  ~AddAtEnd() { sum_ += value_; }

 private:
  int& sum_;
  int value_;
};

Task<> guard_across_waits(Gate& gate) {
  const AddAtEnd guard(gate.sum, 100);
  co_await pass(gate);
  if (gate.sum == 0) co_return;
  gate.sum += 1000;
}

Task<> range_for(Gate& gate) {
  const std::vector<Counted> all = {Counted(1), Counted(2), Counted(3)};
  for (const Counted& item : all) {
    const int part = co_await value_of(gate, item);
    gate.sum += part;
  }
}

Task<> branches_and_switch(Gate& gate) {
  for (int i = 0; i < 4; ++i) {
    switch (i) {
      case 0: {
        const int part = co_await number(gate, 1);
        gate.sum += part;
        break;
      }
      case 1:
        co_await pass(gate);
        continue;
      case 2: {
        const Counted local(2);
        const int part_1 = co_await value_of_reference(gate, local);
        gate.sum += part_1;
        break;
      }
      default:
        if (i == 3) {
          const int part_2 = co_await number(gate, 3);
          gate.sum += part_2;
        } else {
          co_await pass(gate);
        }
    }
  }
}

Task<> early_exits_with_objects(Gate& gate) {
  const Counted outer(1);
  for (int i = 0;; ++i) {
    const Counted inner(i);
    const auto got = co_await counted(gate, i);
    if (got.value() == 1) continue;
    if (got.value() == 3) co_return;
    gate.sum += outer.value() + inner.value();
  }
}

Task<> ternary_and_defaults(Gate& gate, Counted one = Counted(1), int two = 2) {
  const bool even = co_await is_even(gate, two);
  gate.sum += even ? one.value() : two;
  const int part = co_await number(gate, even ? two : 100);
  gate.sum += part;
}

Task<> arrays_and_strings(Gate& gate) {
  std::array<int, 3> numbers = {1, 2, 3};
  std::string text = "a text that is longer than the small ones";
  co_await pass(gate);
  text += "!";
  gate.sum += numbers[0] + numbers[2] + (text.ends_with('!') ? 10 : 0);
}

class Member {
 public:
  explicit Member(Gate& gate) : gate_(gate) {}
  Task<> run() {
    value_ = co_await number(gate_, 9);
    co_await add();
  }

 private:
  Task<> add() {
    co_await pass(gate_);
    gate_.sum += value_;
  }
  Gate& gate_;
  int value_ = 0;
};

Task<> member_coroutines(Gate& gate) {
  Member member(gate);
  co_await member.run();
}

Task<int> recursion(Gate& gate, int depth) {
  if (depth == 0) co_return 1;
  const int below = co_await recursion(gate, depth - 1);
  co_await pass(gate);
  co_return below + 1;
}

Task<> recursive(Gate& gate) {
  const int part = co_await recursion(gate, 5);
  gate.sum += part;
}

Task<> beside(Gate& gate, Counted mine) {
  if (!gate.now) co_await gate.side_signal.wait(gate.side_cancel);
  gate.sum += mine.value();
}

Task<> scope_with_moved_arguments(Gate& gate) {
  Counted named(2);
  Scope scope;
  scope.start(beside(gate, std::move(named)));
  const int own = co_await number(gate, 1);
  co_await scope.join();
  gate.sum += own;
}

struct Form {
  std::string name;
  Task<> (*start)(Gate& gate);
  int sum;
};

Task<> ternary_and_defaults_of_their_own(Gate& gate) {
  co_await ternary_and_defaults(gate);
}

#define FORM(function, sum) \
  Form { \
#function, function, sum \
  }

const std::vector<Form>& forms() {
  static const std::vector<Form> all = {
      FORM(statement, 1),
      FORM(statement_without_locals_in_a_loop, 3),
      FORM(initialisation, 7),
      FORM(initialisation_of_a_reference_target, 7),
      FORM(assignment, 7),
      FORM(assignment_to_a_member, 4),
      FORM(return_of_an_awaited_one, 14),
      FORM(tested_on_the_next_line, 4),
      FORM(errors_as_values, 13),
      FORM(arguments_moved_and_named, 5),
      FORM(arguments_from_calls, 21),
      FORM(move_only_results, 3),
      FORM(guard_across_waits, 100),
      FORM(range_for, 6),
      FORM(branches_and_switch, 6),
      FORM(early_exits_with_objects, 4),
      FORM(ternary_and_defaults_of_their_own, 3),
      FORM(arrays_and_strings, 14),
      FORM(member_coroutines, 9),
      FORM(recursive, 6),
      FORM(scope_with_moved_arguments, 3),
  };
  return all;
}

TEST_CASE("every form of the dialect, children finish at once") {
  for (const Form& form : forms()) {
    CAPTURE(form.name);
    const int before = Counted::alive;
    Gate gate{.now = true};
    Scope scope;
    scope.start(form.start(gate));
    CHECK(scope.idle());
    CHECK(gate.sum == form.sum);
    CHECK(Counted::alive == before);
  }
}

TEST_CASE("every form of the dialect, children finish later") {
  for (const Form& form : forms()) {
    CAPTURE(form.name);
    const int before = Counted::alive;
    Gate gate;
    Scope scope;
    scope.start(form.start(gate));
    for (int i = 0; i < 100 && !scope.idle(); ++i) gate.open_once();
    CHECK(scope.idle());
    CHECK(gate.sum == form.sum);
    CHECK(Counted::alive == before);
  }
}

TEST_CASE("every form of the dialect, every wait cancelled") {
  for (const Form& form : forms()) {
    CAPTURE(form.name);
    const int before = Counted::alive;
    Gate gate;
    Scope scope;
    scope.start(form.start(gate));
    CHECK_FALSE(scope.idle());
    gate.cancel_all();
    CHECK(gate.cancelled > 0);
    CHECK(gate.sum == form.sum);
    CHECK(scope.idle());
    CHECK(Counted::alive == before);
  }
}

}  // namespace

}  // namespace nuncio
