// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Fields of a Mapping → model::Mapping (spec: ambassador-mapping.md). A Mapping whose conditions this version cannot honour is left
// out, because it would take requests that are not meant for it; one whose service cannot be spoken to is kept and answers 503.
#pragma once

#include <memory>
#include <string>

#include "config/document.h"
#include "config/report.h"
#include "nuncio/model.h"

namespace nuncio::config {

struct MappingReading {
  std::shared_ptr<const model::Mapping> mapping;  // null unless `fate` is applied
  model::Fate fate = model::Fate::applied;
  std::string resolver;  // not a built-in one; the loader knows whether it exists
};

MappingReading read_mapping(const Node& root, const Envelope& envelope, const DocumentContext& context, Report& report);

}  // namespace nuncio::config
