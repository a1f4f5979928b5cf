// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "route/path_forest.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <tuple>
#include <utility>

#include "base/text.h"

namespace nuncio::route {

struct PathForest::Keyed {
  std::string_view prefix;
  const Group* group;
};

// The subtree of a sorted range of groups, not yet laid out
struct PathForest::Pending {
  std::size_t begin, end;  // into the sorted groups
  std::size_t depth;       // bytes of the prefix that lie above
  std::uint32_t node;
  std::uint32_t above;  // nearest terminal above
};

// Lays a tree out level by level, so that siblings are neighbours; without recursion, since prefixes may nest as deep as they are long.
class PathForest::Builder {
 public:
  Builder(PathForest& forest, std::vector<Keyed> groups) : forest_(forest), groups_(std::move(groups)) {}

  std::uint32_t build() {
    const auto root = static_cast<std::uint32_t>(forest_.nodes_.size());
    forest_.nodes_.emplace_back();
    forest_.branch_.push_back('\0');
    pending_.push_back({0, groups_.size(), 0, root, kNone});
    while (!pending_.empty()) {
      const Pending next = pending_.front();
      pending_.pop_front();
      lay_out(next);
    }
    return root;
  }

 private:
  void lay_out(Pending range) {
    set_label(range);
    if (groups_[range.begin].prefix.size() == range.depth) make_terminal(range);
    add_children(range);
  }

  // what all prefixes of the range have in common goes into the label
  void set_label(Pending& range) {
    const std::string_view first = groups_[range.begin].prefix.substr(range.depth);
    const std::string_view last = groups_[range.end - 1].prefix.substr(range.depth);
    const auto differ = std::mismatch(first.begin(), first.end(), last.begin(), last.end());
    const auto size = static_cast<std::size_t>(differ.first - first.begin());
    Node& node = forest_.nodes_[range.node];
    node.label_size = static_cast<std::uint32_t>(size);
    if (size <= sizeof node.inline_label) {
      std::copy_n(first.begin(), size, node.inline_label);
    } else {
      node.label = static_cast<std::uint32_t>(forest_.labels_.size());
      forest_.labels_.append(first, 0, size);
    }
    range.depth += size;
  }

  // the groups whose prefix ends here leave the range; they come first in it, sorted by rank
  void make_terminal(Pending& range) {
    const auto first = static_cast<std::uint32_t>(forest_.entries_.size());
    while (range.begin != range.end && groups_[range.begin].prefix.size() == range.depth) {
      forest_.entries_.push_back(entry_of(*groups_[range.begin++].group));
    }
    Node& node = forest_.nodes_[range.node];
    node.entries = first;
    node.entry_count = static_cast<std::uint32_t>(forest_.entries_.size()) - first;
    node.entry = forest_.entries_[first];
    node.above = range.above;
    if (range.above != kNone) {
      const Node& above = forest_.nodes_[range.above];
      node.best_above = std::min(above.best_above, above.entry.rank);
    }
    if (node.entry_count == 1) forest_.entries_.pop_back();
    range.above = range.node;
  }

  static Entry entry_of(const Group& group) {
    const Route* only = group.members.size() == 1 ? group.members.front().route.get() : nullptr;
    return {group.rank, method_id(group.conditions().method), &group, only};
  }

  void add_children(const Pending& range) {
    const auto first_child = static_cast<std::uint32_t>(forest_.nodes_.size());
    forest_.nodes_[range.node].children = first_child;
    for (std::size_t begin = range.begin; begin != range.end;) {
      const char byte = groups_[begin].prefix[range.depth];
      std::size_t end = begin + 1;
      while (end != range.end && groups_[end].prefix[range.depth] == byte) ++end;
      pending_.push_back({begin, end, range.depth + 1, static_cast<std::uint32_t>(forest_.nodes_.size()), range.above});
      forest_.nodes_.emplace_back();
      forest_.branch_.push_back(byte);
      begin = end;
    }
    forest_.nodes_[range.node].child_count = static_cast<std::uint16_t>(forest_.nodes_.size() - first_child);
  }

  PathForest& forest_;
  std::vector<Keyed> groups_;
  std::deque<Pending> pending_;
};

std::uint32_t PathForest::add_tree(std::span<const Group* const> groups) {
  if (groups.empty()) return kNone;
  std::vector<Keyed> keyed;
  keyed.reserve(groups.size());
  std::deque<std::string> folded;  // a deque: the views stay valid
  for (const Group* group : groups) {
    const Conditions conditions = group->conditions();
    const bool fold = !conditions.case_sensitive;
    keyed.push_back({fold ? folded.emplace_back(lower_case(conditions.prefix)) : conditions.prefix, group});
  }
  std::sort(keyed.begin(), keyed.end(),
            [](const Keyed& a, const Keyed& b) { return std::tie(a.prefix, a.group->rank) < std::tie(b.prefix, b.group->rank); });
  return Builder(*this, std::move(keyed)).build();
}

template <bool kFold>
std::uint32_t PathForest::walk(std::uint32_t root, std::string_view path) const {
  const auto same = [](const char* label, const char* text, std::size_t size) {
    if constexpr (!kFold) return std::memcmp(label, text, size) == 0;
    return std::equal(label, label + size, text, [](char a, char b) { return a == lower_case(b); });
  };
  const char* at = path.data();
  const char* const end = at + path.size();
  std::uint32_t found = kNone;
  for (const Node* node = &nodes_[root];;) {
    if (static_cast<std::size_t>(end - at) < node->label_size || !same(label_of(*node), at, node->label_size)) return found;
    at += node->label_size;
    if (node->entry_count != 0) found = static_cast<std::uint32_t>(node - nodes_.data());
    if (at == end || node->child_count == 0) return found;
    const char* const branches = branch_.data() + node->children;
    const void* const branch = std::memchr(branches, kFold ? lower_case(*at) : *at, node->child_count);
    if (branch == nullptr) return found;
    node = &nodes_[node->children + static_cast<std::size_t>(static_cast<const char*>(branch) - branches)];
    ++at;
  }
}

std::uint32_t PathForest::deepest(std::uint32_t root, std::string_view path) const {
  return root == kNone ? kNone : walk<false>(root, path);
}

std::uint32_t PathForest::deepest_folded(std::uint32_t root, std::string_view path) const {
  return root == kNone ? kNone : walk<true>(root, path);
}

std::size_t PathForest::bytes() const {
  return nodes_.capacity() * sizeof(Node) + branch_.capacity() + labels_.capacity() + entries_.capacity() * sizeof(Entry);
}

// the best entry of one terminal that has not been yielded, or null
const PathForest::Entry* Candidates::next_in(const PathForest::Node& terminal) const {
  const auto entries = forest_->entries(terminal);
  if (entries.back().rank <= taken_) return nullptr;
  if (entries.front().rank > taken_) return &entries.front();
  return &*std::upper_bound(entries.begin(), entries.end(), taken_,
                            [](std::uint32_t taken, const PathForest::Entry& entry) { return taken < entry.rank; });
}

void Candidates::advance() {
  front_ = nullptr;
  for (std::uint32_t index = start_; index != kNone;) {
    const PathForest::Node& terminal = forest_->node(index);
    const PathForest::Entry* entry = next_in(terminal);
    if (entry == nullptr && index == start_) start_ = terminal.above;
    if (entry != nullptr && (front_ == nullptr || entry->rank < front_->rank)) front_ = entry;
    if (front_ != nullptr && front_->rank < terminal.best_above) return;
    index = terminal.above;
  }
}

}  // namespace nuncio::route
