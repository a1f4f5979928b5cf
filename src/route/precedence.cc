// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "route/precedence.h"

#include <algorithm>
#include <array>
#include <compare>
#include <string_view>
#include <tuple>
#include <utility>

namespace nuncio::route {
namespace {

constexpr std::string_view kAuthority = ":authority";
constexpr std::string_view kMethod = ":method";

// Conditions on fields in the order of their list; host and method count as such.
struct FieldConditions {
  std::array<std::pair<std::string_view, std::string_view>, 2> items;
  std::size_t count = 0;
  std::size_t length = 0;  // sum of the names and values

  explicit FieldConditions(const Conditions& conditions) {
    add(kAuthority, conditions.host);
    add(kMethod, conditions.method);
  }

 private:
  void add(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    items[count++] = {name, value};
    length += name.size() + value.size();
  }
};

// Greater comes first. The texts are "name-value"; the names differ before one ends, so the parts compare like the whole. A list that
// begins another is smaller.
std::strong_ordering compare_lists(const FieldConditions& a, const FieldConditions& b) {
  return std::lexicographical_compare_three_way(a.items.begin(), a.items.begin() + a.count, b.items.begin(), b.items.begin() + b.count);
}

std::strong_ordering compare(const Standing& a, const Standing& b) {
  const Conditions& x = a.conditions;
  const Conditions& y = b.conditions;
  if (const auto order = y.precedence <=> x.precedence; order != 0) return order;
  if (const auto order = y.prefix.size() <=> x.prefix.size(); order != 0) return order;
  const FieldConditions fields_x(x);
  const FieldConditions fields_y(y);
  if (const auto order = fields_y.length <=> fields_x.length; order != 0) return order;
  if (const auto order = y.prefix <=> x.prefix; order != 0) return order;
  if (const auto order = compare_lists(fields_y, fields_x); order != 0) return order;
  // Equal lists have as many conditions and the same host, and every prefix is of one kind: of the tie-breaks the names are left.
  return std::tie(a.leader->ns, a.leader->name) <=> std::tie(b.leader->ns, b.leader->name);
}

}  // namespace

bool goes_before(const Standing& a, const Standing& b) {
  return compare(a, b) < 0;
}

}  // namespace nuncio::route
