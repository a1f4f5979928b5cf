// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// One YAML document as a tree of nodes with places, built from the events of libyaml without recursion. Scalars stay text: what a text
// means is decided by the type of its field (spec: ambassador.md 7), so only `plain` is kept, because an unquoted word may be a
// boolean or null. Aliases are copied in place and `<<` is merged, both within the bounds below.
//
// Everything about hostile input is decided here: depth, size, expansion, encoding, control characters, duplicate keys. A tree is at
// most `depth` deep, so that code which walks it may recurse. Lines and columns count from 1, within the text that was parsed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nuncio::config {

struct Node {
  enum class Kind : std::uint8_t { scalar, sequence, mapping };

  Kind kind = Kind::scalar;
  bool plain = false;    // a scalar without quotes
  bool literal = false;  // a scalar written as a literal block
  int line = 1;
  int column = 1;
  std::string text = {};            // of a scalar
  std::vector<Node> children = {};  // items of a sequence; key, value, key, value … of a mapping

  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_sequence() const { return kind == Kind::sequence; }
  bool is_mapping() const { return kind == Kind::mapping; }
  bool is_null() const;

  // the value of `key` in a mapping, or null
  const Node* find(std::string_view key) const;
};

struct YamlLimits {
  std::size_t depth = 64;
  std::size_t nodes = 2'000'000;   // of one document
  std::size_t expanded = 100'000;  // of these, nodes that aliases brought in
};

struct YamlFinding {
  int line = 0;
  int column = 0;
  std::string message;
  std::string hint;
};

struct ParsedYaml {
  std::optional<Node> root;             // nothing when the text is empty or broken
  std::optional<YamlFinding> broken;    // why nothing could be read
  std::vector<YamlFinding> duplicates;  // keys given twice; the last one counts
};

ParsedYaml parse_yaml(std::string_view text, const YamlLimits& limits = {});

}  // namespace nuncio::config
