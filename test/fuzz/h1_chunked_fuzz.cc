// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The chunked coding: whole or in pieces, with room for many views or one, the outcome is the same; what came out can be encoded again.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "base/chunk.h"
#include "http/h1_chunked.h"

namespace {

using namespace nuncio;

void require(bool holds) {
  if (!holds) std::abort();
}

struct Outcome {
  bool refused = false;
  bool done = false;
  std::string content;
  std::string trailers;  // as written again
  std::size_t used = 0;

  // after a refusal it does not matter how much had come out before
  bool operator==(const Outcome& other) const {
    if (refused || other.refused) return refused == other.refused;
    return done == other.done && content == other.content && trailers == other.trailers && used == other.used;
  }
};

Outcome decode(std::string_view input, std::size_t piece, std::size_t room) {
  ChunkPool pool;
  Arena arena(pool);
  FieldList trailers(arena);
  ChunkedDecoder decoder(Side::client, trailers);
  std::array<std::string_view, 16> views;
  Outcome outcome;
  for (std::size_t size = 0; size < input.size() && !decoder.done();) {
    size = std::min(input.size(), size + piece);
    while (outcome.used < size && !decoder.done()) {
      const std::string block(input.substr(outcome.used, size - outcome.used));
      const auto step = decoder.decode(block, std::span(views).first(room));
      outcome.refused = !step;
      if (!step) return outcome;
      require(step->consumed > 0);
      for (std::size_t i = 0; i < step->pieces; ++i) outcome.content += views[i];
      outcome.used += step->consumed;
    }
  }
  require(decoder.content_bytes() == outcome.content.size());
  outcome.done = decoder.done();
  outcome.trailers.resize(write_last_chunk(trailers, {}));
  write_last_chunk(trailers, outcome.trailers);
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const Outcome whole = decode(input, size + 1, 16);
  require(decode(input, 1, 1) == whole);
  require(decode(input, size % 13 + 1, 3) == whole);
  if (whole.refused || !whole.done) return 0;

  std::string again;
  if (!whole.content.empty()) {
    std::array<char, kMaxChunkHead> head;
    again.append(head.data(), write_chunk_head(whole.content.size(), head)).append(whole.content).append(kChunkEnd);
  }
  again += whole.trailers;
  const Outcome second = decode(again, again.size(), 16);
  require(second.done && second.content == whole.content && second.trailers == whole.trailers && second.used == again.size());
  return 0;
}
