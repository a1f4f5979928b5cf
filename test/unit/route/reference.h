// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Route selection written down from the specification (routing 3.1, 3.2, 3.3, 3.5, 3.7) in the plainest way: lists that are walked
// from one end to the other, texts that are put together and compared. It shares no code with src/route; the property test compares
// the two.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "nuncio/model.h"

namespace nuncio::route::test {

struct ReferenceRequest {
  std::string method;
  std::string authority;
  std::string path;
  bool tls = false;
  double draw = 0;
};

class Reference {
 public:
  explicit Reference(const std::vector<std::shared_ptr<const model::Mapping>>& in_load_order);

  const model::Mapping* find(const ReferenceRequest& request) const;
  // all Mappings that were not rejected, in the order of matching
  std::vector<const model::Mapping*> order() const;

  // the path for the upstream
  static std::string rewritten(const model::Mapping& mapping, const std::string& path);

 private:
  using Group = std::vector<std::shared_ptr<const model::Mapping>>;
  std::vector<Group> groups_;
};

}  // namespace nuncio::route::test
