// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Splits text into documents before anything is parsed, so that a broken one cannot hurt its neighbours (spec: ambassador.md 1.2).
// A line that begins with `---` begins a document, a line `...` ends one; at the left margin YAML allows neither inside a value.
// Pieces that hold nothing but blanks, comments and directives are left out and do not count.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace nuncio::config {

struct Piece {
  std::string_view text;
  int line = 1;   // of the first line of `text`, from 1
  int index = 1;  // among the pieces of this text, from 1
};

// At most `limit` pieces; `*complete` tells whether these were all.
std::vector<Piece> split_pieces(std::string_view text, std::size_t limit, bool* complete);

}  // namespace nuncio::config
