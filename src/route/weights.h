// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// From the weights of a group's members to their thresholds on the draw (spec: routing 3.3).
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace nuncio::route {

struct Shares {
  // For each member, in the order given: it takes a draw r in [0, 100) when r is below this and below no threshold of a member that
  // stands earlier in `order`.
  std::vector<int> thresholds;
  std::vector<std::size_t> order;  // members in the order in which they are asked: weighted ones first
  int total = 0;                   // sum of the given weights, each clamped to [0, 100]
};

Shares share_out(std::span<const std::optional<int>> weights);

}  // namespace nuncio::route
