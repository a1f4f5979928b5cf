// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Which Mappings belong together, and what the group has in common (spec: routing 3.2 and the scopes of ambassador-mapping.md):
// conditions are the key; K fields must agree with the first member's; G fields are the last member's that sets them; G+ fields are
// united. Members keep their load order.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "nuncio/diagnostic.h"
#include "nuncio/model.h"
#include "route/group.h"

namespace nuncio::route {

using MappingRef = std::shared_ptr<const model::Mapping>;

struct Grouping {
  std::vector<std::vector<MappingRef>> groups;  // in load order of their first members; never empty ones
  std::vector<const model::Mapping*> rejected;  // each with an error
};

Grouping group_mappings(std::span<const MappingRef> mappings, const model::Module& module, Diagnostics& diagnostics);

// What the members have in common; notices where they disagree.
GroupPolicy unite(std::span<const MappingRef> members, const model::Module& module, Diagnostics& diagnostics);

}  // namespace nuncio::route
