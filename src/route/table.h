// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Which route takes a request (spec: ambassador-routing.md 3.1–3.6; architecture 3.5). Every group of Mappings with equal conditions
// has one global rank; a look-up gathers candidates from every host table that fits the request and from their path trees, and takes
// the best rank whose conditions hold, then the next. Look-ups allocate nothing and know neither clock nor I/O.
//
// Owns its groups and routes; immutable once built, so any number of threads may look up at once.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "route/group.h"
#include "route/host_index.h"
#include "route/path_forest.h"
#include "route/route.h"

namespace nuncio::route {

// What routing looks at
struct Request {
  std::string_view method;
  std::string_view authority;  // as the client sent it, any letter case, port included
  std::string_view path;       // normalised
  bool tls = false;            // decides which port may be missing (80 or 443)
};

// A number in [0, 100) for the choice inside weighted groups. find() asks at most once per look-up, and only when a group needs it.
class Draw {
 public:
  virtual double number() = 0;

 protected:
  ~Draw() = default;
};

class Table {
 public:
  Table() = default;  // no routes
  // `groups` are in the order of matching and carry ascending ranks
  explicit Table(std::vector<std::shared_ptr<const Group>> groups);

  // the route that takes the request, or null
  const Route* find(const Request& request, Draw& draw) const;

  // all routes; Route::index is the position
  std::span<const std::shared_ptr<const Route>> routes() const { return routes_; }
  // in the order of matching
  std::span<const std::shared_ptr<const Group>> groups() const { return groups_; }

 private:
  std::vector<std::shared_ptr<const Group>> groups_;
  std::vector<std::shared_ptr<const Route>> routes_;
  PathForest forest_;
  HostIndex hosts_;
};

}  // namespace nuncio::route
