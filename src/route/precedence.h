// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The global order of groups (spec: routing 3.1 with the decided tie-breaks). It depends on the documents alone, never on the order
// in which they were read.
#pragma once

#include "nuncio/model.h"
#include "route/group.h"

namespace nuncio::route {

// What decides the place of a group
struct Standing {
  Conditions conditions;
  const model::Identity* leader;  // the member with the smallest namespace and name
};

// Is `a` tried before `b`? A strict weak order.
bool goes_before(const Standing& a, const Standing& b);

}  // namespace nuncio::route
