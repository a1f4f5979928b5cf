// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The path trees of all host tables in one set of arrays: radix trees over the bytes of prefixes. A tree is named by its root. A walk
// down a path ends at the deepest node whose prefix fits; the groups of that node and of the nodes above it are the candidates, which
// a Candidates cursor yields in the order of their rank. Candidates of one tree need no sorting as long as precedence does not turn the
// order around: longer prefixes rank first (spec: routing 3.1).
//
// Trees that ignore the case of letters hold folded prefixes, and fold the path while they walk.
// Building: add every group, then build() once. Look-ups allocate nothing.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "route/group.h"
#include "route/method.h"

namespace nuncio::route {

inline constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

class PathForest {
 public:
  // A group as the tree knows it: what most look-ups need is here, so that they touch nothing else
  struct Entry {
    std::uint32_t rank = 0;
    MethodId method = MethodId::any;
    const Group* group = nullptr;
    const Route* only = nullptr;  // the member, when there is just one
  };

  // One cache line: a walk to a leaf costs a line for each node on the way. A node at which a prefix ends is a terminal.
  struct alignas(64) Node {
    std::uint32_t label_size = 0;  // bytes between the byte that led here and the children
    union {
      char inline_label[12] = {};
      std::uint32_t label;  // in labels_, when it is longer than that
    };
    std::uint32_t children = 0;  // first child; siblings are neighbours
    std::uint16_t child_count = 0;
    std::uint32_t above = kNone;       // the nearest terminal on the way to the root
    std::uint32_t best_above = kNone;  // smallest rank of all terminals above
    std::uint32_t entry_count = 0;
    std::uint32_t entries = 0;  // in entries_, sorted by rank, when there are several
    Entry entry;                // the one of the smallest rank
  };

  // Builds a tree of these groups, all with the same case sensitivity; returns its root.
  std::uint32_t add_tree(std::span<const Group* const> groups);

  // the deepest terminal whose prefix is a prefix of `path`, or kNone
  std::uint32_t deepest(std::uint32_t root, std::string_view path) const;
  std::uint32_t deepest_folded(std::uint32_t root, std::string_view path) const;

  const Node& node(std::uint32_t index) const { return nodes_[index]; }
  // of a terminal, sorted by rank
  std::span<const Entry> entries(const Node& node) const {
    return node.entry_count == 1 ? std::span<const Entry>(&node.entry, 1)
                                 : std::span<const Entry>(entries_.data() + node.entries, node.entry_count);
  }

  std::size_t bytes() const;

 private:
  struct Keyed;
  struct Pending;
  class Builder;

  template <bool kFold>
  std::uint32_t walk(std::uint32_t root, std::string_view path) const;
  const char* label_of(const Node& node) const {
    return node.label_size <= sizeof node.inline_label ? node.inline_label : labels_.data() + node.label;
  }

  std::vector<Node> nodes_;
  std::string branch_;  // branch_[i]: the byte that leads from its parent to node i
  std::string labels_;
  std::vector<Entry> entries_;
};

// Yields the candidates of one tree for one path, best rank first.
class Candidates {
 public:
  Candidates() = default;
  Candidates(const PathForest& forest, std::uint32_t deepest) : forest_(&forest), start_(deepest) { advance(); }

  const PathForest::Entry* front() const { return front_; }
  void pop() {
    taken_ = front_->rank;
    advance();
  }

 private:
  void advance();
  const PathForest::Entry* next_in(const PathForest::Node& terminal) const;

  const PathForest* forest_ = nullptr;
  const PathForest::Entry* front_ = nullptr;
  std::uint32_t taken_ = 0;      // everything up to this rank has been yielded
  std::uint32_t start_ = kNone;  // terminals below are exhausted
};

}  // namespace nuncio::route
