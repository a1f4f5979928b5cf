// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Mappings with equal conditions form one group: it is matched as one, then a member is chosen by weight (spec: routing 3.2, 3.3).
// Immutable once compiled.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "route/route.h"

namespace nuncio::route {

// What a request must fulfil. Two Mappings whose conditions are equal belong together.
struct Conditions {
  std::string_view prefix;
  std::string_view host;    // lower case, may end in ":port"; empty: any
  std::string_view method;  // empty: any
  int precedence = 0;
  bool case_sensitive = true;

  bool operator==(const Conditions&) const = default;
};

// the views point into the document
inline Conditions conditions_of(const model::Mapping& mapping) {
  return {mapping.prefix, mapping.host, mapping.method, mapping.precedence, mapping.case_sensitive};
}

struct Member {
  std::shared_ptr<const Route> route;
  int threshold = 100;  // taken when the draw is below it and no earlier member was taken
};

struct Group {
  // Position in the global order of matching: smaller first, never 0. Gaps are left between neighbours, so that a group can be put
  // between two others without touching them.
  std::uint32_t rank = 0;
  std::vector<Member> members;  // those with a weight first, each kind in load order; never empty

  // the same for all members
  Conditions conditions() const { return conditions_of(*members.front().route->mapping); }
};

}  // namespace nuncio::route
