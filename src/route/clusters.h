// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The clusters of a configuration: one for each distinct set of settings that influence a connection (architecture 3.1 rule 6).
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "nuncio/model.h"
#include "nuncio/snapshot.h"

namespace nuncio::route {

// what a Mapping's connections need, defaults of the Module applied
ClusterSpec cluster_of(const model::Mapping& mapping, const model::Module& module);

class Clusters {
 public:
  // the index of this cluster, which is added when it is new
  std::uint32_t intern(ClusterSpec spec);
  std::vector<ClusterSpec> take() { return std::move(specs_); }

 private:
  std::vector<ClusterSpec> specs_;
  std::unordered_map<std::string, std::uint32_t> by_key_;
};

}  // namespace nuncio::route
