// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "base/intrusive_list.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <memory>
#include <random>
#include <vector>

namespace nuncio {

namespace {

struct Element : ListHook {
  explicit Element(int value) : number(value) {}
  int number;
};

std::vector<int> numbers(const List<Element>& list) {
  std::vector<int> all;
  list.for_each([&all](const Element& element) { all.push_back(element.number); });
  return all;
}

using Numbers = std::vector<int>;

TEST_CASE("list: order, ends, removal from the middle") {
  Element a(1);
  Element b(2);
  Element c(3);
  List<Element> list;
  CHECK(list.empty());
  CHECK(list.front() == nullptr);
  CHECK(list.back() == nullptr);
  CHECK(list.pop_front() == nullptr);
  list.push_back(b);
  list.push_back(c);
  list.push_front(a);
  CHECK(numbers(list) == Numbers{1, 2, 3});
  CHECK(list.front() == &a);
  CHECK(list.back() == &c);
  b.unlink();
  CHECK_FALSE(b.linked());
  b.unlink();
  CHECK(numbers(list) == Numbers{1, 3});
  CHECK(list.pop_front() == &a);
  CHECK_FALSE(a.linked());
  CHECK(numbers(list) == Numbers{3});
}

TEST_CASE("list: an element that is put in again moves, wherever it stood") {
  for (int count = 1; count <= 3; ++count) {
    for (int which = 0; which < count; ++which) {
      for (const bool to_back : {true, false}) {
        CAPTURE(count);
        CAPTURE(which);
        CAPTURE(to_back);
        std::deque<Element> elements;
        List<Element> list;
        Numbers expected;
        for (int i = 0; i < count; ++i) {
          list.push_back(elements.emplace_back(i));
          expected.push_back(i);
        }
        std::erase(expected, which);
        expected.insert(to_back ? expected.end() : expected.begin(), which);
        Element& moved = elements[static_cast<std::size_t>(which)];
        if (to_back) {
          list.push_back(moved);
        } else {
          list.push_front(moved);
        }
        CHECK(numbers(list) == expected);
      }
    }
  }
}

TEST_CASE("list: an element leaves its list when it is put into another one, and when it is destroyed") {
  Element a(1);
  List<Element> first;
  List<Element> second;
  first.push_back(a);
  second.push_back(a);
  CHECK(first.empty());
  CHECK(numbers(second) == Numbers{1});
  auto b = std::make_unique<Element>(2);
  second.push_back(*b);
  b.reset();
  CHECK(numbers(second) == Numbers{1});
}

TEST_CASE("list: a list that is destroyed lets its elements go") {
  Element a(1);
  {
    List<Element> list;
    list.push_back(a);
  }
  CHECK_FALSE(a.linked());
}

TEST_CASE("list: take_all") {
  Element a(1);
  Element b(2);
  Element c(3);
  List<Element> to;
  List<Element> from;
  to.take_all(from);
  CHECK(to.empty());
  from.push_back(a);
  from.push_back(b);
  to.take_all(from);
  CHECK(from.empty());
  CHECK(numbers(to) == Numbers{1, 2});
  from.push_back(c);
  to.take_all(from);
  CHECK(numbers(to) == Numbers{1, 2, 3});
  from.push_back(b);
  CHECK(numbers(from) == Numbers{2});
  CHECK(numbers(to) == Numbers{1, 3});
}

TEST_CASE("list: elements may leave while they are visited") {
  std::deque<Element> elements;
  List<Element> list;
  for (int i = 0; i < 5; ++i) list.push_back(elements.emplace_back(i));
  list.for_each([](Element& element) {
    if (element.number % 2 == 0) element.unlink();
  });
  CHECK(numbers(list) == Numbers{1, 3});
}

TEST_CASE("list: random operations against a vector") {
  std::mt19937 random(7);
  std::deque<Element> elements;
  for (int i = 0; i < 8; ++i) elements.emplace_back(i);
  List<Element> list;
  Numbers model;
  for (int step = 0; step < 5000; ++step) {
    Element& element = elements[random() % elements.size()];
    const unsigned operation = random() % 4;
    if (operation == 3 && !model.empty()) {
      REQUIRE(list.pop_front()->number == model.front());
      model.erase(model.begin());
      continue;
    }
    std::erase(model, element.number);
    if (operation == 0) list.push_back(element);
    if (operation == 1) list.push_front(element);
    if (operation >= 2) element.unlink();
    if (operation == 0) model.push_back(element.number);
    if (operation == 1) model.insert(model.begin(), element.number);
    REQUIRE(numbers(list) == model);
    REQUIRE(element.linked() == (operation < 2));
  }
}

}  // namespace

}  // namespace nuncio
