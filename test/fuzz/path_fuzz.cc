// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The path of any request target: what is let through is in its final form (a second pass changes nothing), never grows, holds no dot
// segment, and its query is a suffix of the input. The first byte of the input chooses the Module's switches.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/path.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool has_dot_segment(std::string_view path) {
  const std::string closed = std::string(path) + "/";
  return closed.find("/./") != std::string::npos || closed.find("/../") != std::string::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const nuncio::PathRules rules{(data[0] & 1) != 0, (data[0] & 2) != 0};
  const std::string target(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string buffer;
  const auto allocate = [&buffer](std::size_t bytes) {
    buffer.resize(bytes);
    return buffer.data();
  };
  const auto first = nuncio::read_target(target, rules, allocate);
  if (!first) return 0;
  const std::string path(first->path);
  require(!path.empty() && path.front() == '/');
  require(path.size() + first->query.size() <= target.size());
  require(target.ends_with(first->query));
  require(!has_dot_segment(path));
  require(!rules.merge_slashes || path.find("//") == std::string::npos);
  const auto second = nuncio::split_target(path, rules);
  require(second && second->normalised && second->path == path);
  return 0;
}
