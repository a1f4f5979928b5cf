// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The path of a request target in the one form that routes are chosen on and that the origin receives (http-rules 12, spec README
// "path", RFC 3986 §6.2.2): dot segments are resolved and clamped at the root, escaped unreserved characters (`%2e`, `%41`) are decoded
// once. Every other escape stays as written, `%2F` and `%5C` included, and so does `\`, which is no separator. The query is split off
// at the first '?' and stays untouched.
//
// Refused with `bad_path`: a target that does not begin with '/', a control character, space, DEL or non-ASCII byte anywhere, a
// fragment, and in the path an escape that is none (`%zz`, `%4`): RFC 3986 has no such text, and `%2%65` would become `%2e` on the way.
//
// A target that needs no change is read once and returned as views of itself; nothing is copied.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "nuncio/result.h"

namespace nuncio {

// Switches of the Module
struct PathRules {
  bool merge_slashes = false;           // runs of '/' become one, after the dot segments have been resolved
  bool reject_escaped_slashes = false;  // `%2F` and `%5C` in the path are refused
};

struct SplitTarget {
  std::string_view path;
  std::string_view query;   // with its '?', or empty
  bool normalised = false;  // the path already has its final form
};

// Checks an origin-form target and splits it.
Result<SplitTarget> split_target(std::string_view target, PathRules rules);

// The final form of a path that split_target() let through; `buffer` holds at least path.size() bytes.
std::string_view normalise_path(std::string_view path, PathRules rules, std::span<char> buffer);

// Both at once. `allocate(bytes)` returns a char* that outlives the result, and is called only when the path changes.
template <class Allocate>
Result<SplitTarget> read_target(std::string_view target, PathRules rules, Allocate&& allocate) {
  Result<SplitTarget> split = split_target(target, rules);
  if (!split || split->normalised) return split;
  const std::size_t size = split->path.size();
  split->path = normalise_path(split->path, rules, {allocate(size), size});
  split->normalised = true;
  return split;
}

}  // namespace nuncio
