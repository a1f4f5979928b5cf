// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "proxy/generation.h"

namespace nuncio::proxy {

void Generations::publish(std::unique_ptr<Generation> generation) {
  held_.push_back(std::move(generation));
  release_unused();
}

void Generations::unpin(Generation& generation) {
  if (--generation.pins == 0 && &generation != held_.back().get()) release_unused();
}

void Generations::release_unused() {
  for (auto it = held_.begin(); it != std::prev(held_.end());) {
    if ((*it)->pins > 0) {
      ++it;
      continue;
    }
    retire_(std::move(*it));
    it = held_.erase(it);
  }
}

}  // namespace nuncio::proxy
