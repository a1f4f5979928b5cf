// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// What only all documents together can tell: names given twice, which Module counts, whether a resolver exists, whether requests need
// authentication (spec: ambassador.md 4; README "order of documents"). A pure function of the documents in load order.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "config/load.h"
#include "config/read.h"

namespace nuncio::config {

class Assembler {
 public:
  explicit Assembler(const LoadOptions& options);
  ~Assembler();

  // documents in load order; `content` must outlive the call to finish
  void add(const PieceContent& content);
  void add(const Diagnostics& diagnostics) { out_.diagnostics.append(diagnostics); }
  // the documents added since the last call came from one file
  void end_file();
  Configuration finish();

 private:
  void take(const Document& document);
  bool claims_name(const Document& document);
  void choose_module();
  void judge_resolvers();
  bool resolves_by_dns(const std::string& resolver) const;

  struct Names;
  const LoadOptions& options_;
  Configuration out_;
  std::unique_ptr<Names> names_;  // who has which name
  std::vector<const Document*> modules_;
  std::vector<std::pair<std::size_t, const Document*>> with_resolver_;  // index in mappings
  std::string unserved_policy_;
  model::DocumentInfo policy_document_;  // the one that demands it
  const Document* deprecated_ = nullptr;
  int deprecated_count_ = 0;
};

}  // namespace nuncio::config
