// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "route/table.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <tuple>
#include <utility>

#include "route/predicate.h"

namespace nuncio::route {
namespace {

// The candidates of all host tables that fit a request, merged by rank.
class Merge {
 public:
  Merge(const PathForest& forest, const HostIndex::Selection& tables, std::string_view path) {
    for (const HostTable& table : tables.all()) {
      add(forest, forest.deepest(table.sensitive, path));
      add(forest, forest.deepest_folded(table.folded, path));
    }
  }

  // the next candidate, or null
  const PathForest::Entry* next() {
    if (size_ == 0) return nullptr;
    std::size_t best = 0;
    for (std::size_t i = 1; i < size_; ++i) {
      if (lists_[i].front()->rank < lists_[best].front()->rank) best = i;
    }
    const PathForest::Entry* entry = lists_[best].front();
    lists_[best].pop();
    if (lists_[best].front() == nullptr) lists_[best] = lists_[--size_];
    return entry;
  }

 private:
  void add(const PathForest& forest, std::uint32_t deepest) {
    if (deepest != kNone) lists_[size_++] = Candidates(forest, deepest);
  }

  std::array<Candidates, 2 * HostIndex::kMostTables> lists_;
  std::size_t size_ = 0;
};

// The member that a draw falls to, or null when the weights leave it to the next group (spec: routing 3.3).
const Route* choose(const Group& group, double number) {
  for (const Member& member : group.members) {
    if (number < member.threshold) return member.route.get();
  }
  return nullptr;
}

// A group and what decides the tree that it stands in
struct Placed {
  std::string_view host;
  bool case_sensitive;
  const Group* group;

  bool same_tree(const Placed& other) const { return host == other.host && case_sensitive == other.case_sensitive; }
};

std::vector<Placed> by_tree(std::span<const std::shared_ptr<const Group>> groups) {
  std::vector<Placed> placed;
  placed.reserve(groups.size());
  for (const auto& group : groups) {
    const Conditions conditions = group->conditions();
    placed.push_back({conditions.host, conditions.case_sensitive, group.get()});
  }
  std::sort(placed.begin(), placed.end(),
            [](const Placed& a, const Placed& b) { return std::tie(a.host, a.case_sensitive) < std::tie(b.host, b.case_sensitive); });
  return placed;
}

}  // namespace

Table::Table(std::vector<std::shared_ptr<const Group>> groups) : groups_(std::move(groups)) {
  for (const auto& group : groups_) {
    for (const Member& member : group->members) routes_.push_back(member.route);
  }
  const std::vector<Placed> placed = by_tree(groups_);
  std::vector<const Group*> tree;
  for (auto begin = placed.begin(); begin != placed.end();) {
    const auto end = std::find_if(begin, placed.end(), [begin](const Placed& other) { return !other.same_tree(*begin); });
    tree.clear();
    std::transform(begin, end, std::back_inserter(tree), [](const Placed& one) { return one.group; });
    HostTable& table = hosts_.entry(begin->host);
    (begin->case_sensitive ? table.sensitive : table.folded) = forest_.add_tree(tree);
    begin = end;
  }
}

const Route* Table::find(const Request& request, Draw& draw) const {
  const MethodId method = method_id(request.method);
  std::optional<double> number;
  Merge candidates(forest_, hosts_.select(request.authority, request.tls), request.path);
  while (const PathForest::Entry* entry = candidates.next()) {
    if (!holds(*entry, request, method)) continue;
    if (entry->only != nullptr) return entry->only;
    if (!number) number = draw.number();
    if (const Route* route = choose(*entry->group, *number)) return route;
  }
  return nullptr;
}

}  // namespace nuncio::route
