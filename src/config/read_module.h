// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Module documents (spec: ambassador-module.md). The name says which settings `config` holds; a key of a wrong type keeps its
// default, the other keys stay in force. Modules `tls` and `authentication` are checked, but not served yet.
#pragma once

#include <memory>
#include <string>

#include "config/document.h"
#include "config/report.h"
#include "nuncio/model.h"

namespace nuncio::config {

struct ModuleReading {
  std::shared_ptr<const model::Module> module;  // of Module `ambassador`
  model::Fate fate = model::Fate::applied;
  bool demands_auth = false;
  std::string unserved_policy;  // of Module `tls`
};

ModuleReading read_module(const Node& root, const Envelope& envelope, Report& report);

}  // namespace nuncio::config
