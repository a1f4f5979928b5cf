// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// What the tests of the HTTP/1 parsers share: scanning and reading a message whole or in pieces, and a text form of the outcome that
// two ways of feeding must agree on.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "base/chunk.h"
#include "http/h1_head.h"

namespace nuncio::test {

inline std::string outcome(const Error& error) {
  return "refused: " + std::string(info(error.reason).word);
}

inline std::string text_of(const FieldList& fields) {
  std::string text;
  for (const Field& field : fields.all()) {
    text.append(field.name).append("=").append(field.value).append("#").append(std::to_string(static_cast<int>(field.id))).append("|");
  }
  return text;
}

struct Memory {
  ChunkPool pool;
  Arena arena{pool};
};

// "": the head goes on; "refused: …"; or "ends at N"
inline std::string scan_in_pieces(std::string_view bytes, HeadScan& scan, std::size_t piece) {
  for (std::size_t size = std::min(piece, bytes.size());; size = std::min(size + piece, bytes.size())) {
    const std::string moved(bytes.substr(0, size));  // its own block of memory, so that a read behind it is seen
    const Result<std::size_t> end = scan.scan(moved);
    if (!end) return outcome(end.error());
    if (*end != 0) return "ends at " + std::to_string(*end);
    if (size == bytes.size()) return "";
  }
}

struct Request : Memory {
  RequestHead head{arena};
  Result<void> verdict;

  explicit Request(std::string_view bytes) : verdict(parse_request_head(arena.copy(bytes), head)) {}
  // the word of the reason, or "ok"
  std::string word() const { return verdict ? "ok" : std::string(info(verdict.error().reason).word); }
};

struct Response : Memory {
  ResponseHead head{arena};
  Result<void> verdict;

  explicit Response(std::string_view bytes, std::string_view method = "GET")
      : verdict(parse_response_head(arena.copy(bytes), method, head)) {}
  std::string word() const { return verdict ? "ok" : std::string(info(verdict.error().reason).word); }
};

}  // namespace nuncio::test
