// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Response heads; the first byte chooses the method of the request. Looks for the same as h1_request_fuzz.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "base/chunk.h"
#include "base/text.h"
#include "http/fields.h"
#include "http/h1_head.h"

namespace {

using namespace nuncio;

void require(bool holds) {
  if (!holds) std::abort();
}

// the outcome of scanning in pieces: an end, 0, or minus the reason
long scan_in_pieces(HeadScan& scan, std::string_view bytes, std::size_t piece) {
  std::size_t size = 0;
  do {
    size = std::min(bytes.size(), size + piece);
    const std::string block(bytes.substr(0, size));
    const auto end = scan.scan(block);
    if (!end) return -static_cast<long>(end.error().reason);
    if (*end != 0) return static_cast<long>(*end);
  } while (size < bytes.size());
  return 0;
}

void check_accepted(const ResponseHead& head, std::string_view method) {
  require(head.status >= 100 && head.status <= 599 && is_field_value(head.reason));
  const bool bodiless = method == "HEAD" || head.status < 200 || head.status == 204 || head.status == 304;
  require(bodiless == (head.framing == Framing::none));
  require(head.framing != Framing::until_close || !head.keep_alive);
  for (const Field& field : head.fields.all()) require(is_token(field.name) && is_field_value(field.value));
}

void check_written(ResponseHead& head, std::string_view method, Arena& arena) {
  remove_hop_by_hop(head.fields);
  std::string out(write_response_head(head, {}), '\0');
  require(write_response_head(head, out) == out.size());
  ResponseHead again(arena);
  require(parse_response_head(out, method, again).has_value());
  require(again.status == head.status && again.reason == head.reason && again.framing == head.framing);
  require(again.content_length == head.content_length);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr std::array<std::string_view, 3> kMethods = {"GET", "HEAD", "POST"};
  const std::string_view method = kMethods[data[0] % kMethods.size()];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const HeadLimits limits{.line_bytes = 512, .head_bytes = 2048};
  HeadScan whole(HeadScan::Kind::response, limits);
  HeadScan pieces(HeadScan::Kind::response, limits);
  const long end = scan_in_pieces(whole, bytes, size);
  require(scan_in_pieces(pieces, bytes, size % 67 + 1) == end);

  const std::string head_bytes(end > 0 ? bytes.substr(0, static_cast<std::size_t>(end)) : bytes);
  ChunkPool pool;
  Arena arena(pool);
  ResponseHead head(arena);
  if (!parse_response_head(head_bytes, method, head)) return 0;
  check_accepted(head, method);
  check_written(head, method, arena);
  return 0;
}
