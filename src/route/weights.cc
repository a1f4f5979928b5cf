// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "route/weights.h"

#include <algorithm>

namespace nuncio::route {
namespace {

int divide_half_to_even(int dividend, int divisor) {
  const int quotient = dividend / divisor;
  const int twice_rest = 2 * (dividend % divisor);
  const bool up = twice_rest > divisor || (twice_rest == divisor && quotient % 2 != 0);
  return quotient + (up ? 1 : 0);
}

}  // namespace

Shares share_out(std::span<const std::optional<int>> weights) {
  Shares shares;
  shares.thresholds.resize(weights.size());
  std::vector<std::size_t> unweighted;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!weights[i]) {
      unweighted.push_back(i);
      continue;
    }
    shares.order.push_back(i);
    shares.total += std::clamp(*weights[i], 0, 100);
    shares.thresholds[i] = std::min(shares.total, 100);
  }
  // one member alone takes everything, whatever its weight says
  if (weights.size() == 1) shares.thresholds[0] = 100;
  if (unweighted.empty()) return shares;
  int threshold = std::min(shares.total, 100);
  const int share = divide_half_to_even(100 - threshold, static_cast<int>(unweighted.size()));
  for (const std::size_t i : unweighted) {
    threshold = std::min(threshold + share, 100);
    shares.thresholds[i] = threshold;
    shares.order.push_back(i);
  }
  shares.thresholds[unweighted.back()] = 100;
  return shares;
}

}  // namespace nuncio::route
