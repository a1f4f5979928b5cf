// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The conditions that neither host tables nor path trees decide (spec: ambassador-mapping.md 2.1). What can be told from the entry in
// the tree is told from it, so that most look-ups touch no group.
#pragma once

#include "route/method.h"
#include "route/path_forest.h"
#include "route/table.h"

namespace nuncio::route {

// `method` is method_id(request.method)
inline bool holds(const PathForest::Entry& entry, const Request& request, MethodId method) {
  if (entry.method == MethodId::any) return true;
  if (entry.method != method) return false;
  return method != MethodId::other || entry.group->conditions().method == request.method;
}

}  // namespace nuncio::route
