// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Text of one piece → documents. A piece holds one document, or several when it is a `kind: List` or a Kubernetes Service whose
// annotation `getambassador.io/config` carries some. The result depends on nothing but the text, the origin, the context and the
// environment, so that the loader may keep it while these stay the same.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/document.h"
#include "config/fingerprint.h"
#include "config/report.h"
#include "nuncio/diagnostic.h"
#include "nuncio/model.h"

namespace nuncio::config {

struct Document {
  model::DocumentInfo info;
  std::uint64_t content = 0;  // fingerprint of its fields, whatever their layout
  bool deprecated = false;    // apiVersion v0
  bool demands_auth = false;  // an AuthService or a Module `authentication`, well-formed or not
  std::shared_ptr<const model::Mapping> mapping;
  std::shared_ptr<const model::Module> module;  // Module `ambassador`
  std::string resolver;                         // named by a Mapping, and not a built-in one
  std::string unserved_policy;                  // of a document that protects everything, such as a TLSContext with cert_required
};

struct PieceContent {
  std::vector<Document> documents;
  Diagnostics diagnostics;
};

// `document_limit` bounds what lists and annotations may hold
struct ReadContext {
  DocumentContext document;
  FingerprintKey key;
  std::size_t document_limit = 200'000;
};

PieceContent read_piece(std::string_view text, const Origin& origin, const ReadContext& context);

}  // namespace nuncio::config
