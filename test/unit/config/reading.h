// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// For the tests of this directory: text → documents, and what was said about them as lines.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/pieces.h"
#include "config/read.h"

namespace nuncio::config {

inline ReadContext default_context() {
  ReadContext context;
  context.key = {1, 2};
  return context;
}

// All pieces of a text, as of a file "t.yaml"
inline PieceContent read_text(std::string_view text, const ReadContext& context = default_context()) {
  PieceContent out;
  bool complete = true;
  for (const Piece& piece : split_pieces(text, 1000, &complete)) {
    Origin origin;
    origin.file = std::make_shared<const std::string>("t.yaml");
    origin.line = piece.line;
    origin.index = piece.index;
    PieceContent content = read_piece(piece.text, origin, context);
    for (Document& document : content.documents) out.documents.push_back(std::move(document));
    out.diagnostics.append(content.diagnostics);
  }
  return out;
}

inline std::vector<std::string> lines_of(const Diagnostics& diagnostics) {
  std::vector<std::string> out;
  for (const Diagnostic& entry : diagnostics.entries()) out.push_back(entry.text());
  return out;
}

inline std::string joined(const Diagnostics& diagnostics) {
  std::string out;
  for (const std::string& line : lines_of(diagnostics)) out += line + '\n';
  return out;
}

// A Mapping in flat shape with more lines
inline std::string mapping_text(std::string_view more) {
  return "apiVersion: getambassador.io/v3alpha1\nkind: Mapping\nname: m\nprefix: /p/\nservice: web\n" + std::string(more);
}

struct OneMapping {
  PieceContent content;
  std::shared_ptr<const model::Mapping> mapping;  // null when it was left out
  model::Fate fate = model::Fate::rejected;
  std::string said;
};

inline OneMapping read_mapping_text(std::string_view text, const ReadContext& context = default_context()) {
  OneMapping out;
  out.content = read_text(text, context);
  if (!out.content.documents.empty()) {
    out.mapping = out.content.documents.front().mapping;
    out.fate = out.content.documents.front().info.fate;
  }
  out.said = joined(out.content.diagnostics);
  return out;
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace nuncio::config
