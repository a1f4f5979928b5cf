// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Any text as the contents of a file: nothing crashes or grows without bound, every document keeps to what the model promises, and
// every diagnostic is one line that stands within the text.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "base/text.h"
#include "config/pieces.h"
#include "config/read.h"

namespace {

using nuncio::config::Document;
using nuncio::config::Origin;
using nuncio::config::Piece;
using nuncio::config::PieceContent;
using nuncio::config::ReadContext;

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_field_name(const std::string& name) {
  return nuncio::is_token(name) && !nuncio::equals_ignore_case(name, "host");
}

void check_mapping(const nuncio::model::Mapping& mapping) {
  require(!mapping.prefix.empty() && !mapping.id.name.empty() && !mapping.service.host.empty());
  require(mapping.prefix.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
  require(mapping.service.literal == mapping.service.names.empty());
  require(!mapping.weight || (*mapping.weight >= 0 && *mapping.weight <= 100));
  require(mapping.timeout_ms.value_or(0) >= 0 && mapping.connect_timeout_ms.value_or(1) > 0);
  for (const std::string& text : {mapping.rewrite.value_or(""), mapping.host_rewrite, mapping.host}) {
    require(std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; }));
  }
  for (const auto* fields : {&mapping.add_request_headers, &mapping.add_response_headers}) {
    if (!*fields) continue;
    for (const auto& field : **fields) require(is_field_name(field.name) && nuncio::is_field_value(field.value));
  }
}

void check_content(const PieceContent& content, int lines) {
  for (const Document& document : content.documents) {
    require((document.mapping != nullptr) <= (document.info.fate == nuncio::model::Fate::applied));
    require(document.info.place.line >= 1 && document.info.place.line <= lines);
    if (document.mapping) check_mapping(*document.mapping);
  }
  for (const nuncio::Diagnostic& entry : content.diagnostics.entries()) {
    require(entry.text().find('\n') == std::string::npos);
    require(entry.place.line >= 1 && entry.place.line <= lines + 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto breaks = std::count_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r' || (c & 0x80) != 0; });
  ReadContext context;
  context.key = {1, 2};
  Origin origin;
  origin.file = std::make_shared<const std::string>("fuzz.yaml");
  bool complete = true;
  for (const Piece& piece : nuncio::config::split_pieces(text, 1000, &complete)) {
    origin.line = piece.line;
    origin.index = piece.index;
    check_content(read_piece(piece.text, origin, context), static_cast<int>(breaks) + 1);
  }
  return 0;
}
