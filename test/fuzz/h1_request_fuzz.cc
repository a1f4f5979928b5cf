// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Request heads. Besides memory errors it looks for verdicts that depend on the segments, and for accepted heads that say something
// else when nuncio has written them again.
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
#include "http/host.h"
#include "http/upgrade.h"

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

void check_accepted(const RequestHead& head) {
  require(is_token(head.method) && !head.target.empty() && all_chars(head.target, kTargetChar));
  require(head.authority.empty() || parse_authority(head.authority).has_value());
  require(head.minor_version == 0 || head.fields.count(FieldId::host) == 1);
  require(head.framing != Framing::until_close);
  for (const Field& field : head.fields.all()) require(is_token(field.name) && is_field_value(field.value));
}

// Writes the head as it would go to an origin and reads that: the same request, in HTTP/1.1.
void check_written(RequestHead& head, Arena& arena) {
  (void)upgrade_kind(head);
  remove_hop_by_hop(head.fields);
  if (head.authority.empty()) head.fields.add("host", "fallback", FieldId::host);
  std::string out(write_request_head(head, {}), '\0');
  require(write_request_head(head, out) == out.size());

  HeadScan scan(HeadScan::Kind::request, {.line_bytes = out.size(), .head_bytes = out.size()});
  const auto end = scan.scan(out);
  require(end && *end == out.size());
  RequestHead again(arena);
  require(parse_request_head(out, again).has_value());
  require(again.method == head.method && again.path == head.path && again.query == head.query);
  require(again.framing == head.framing && again.content_length == head.content_length);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const HeadLimits limits{.line_bytes = 512, .head_bytes = 2048};
  HeadScan whole(HeadScan::Kind::request, limits);
  HeadScan pieces(HeadScan::Kind::request, limits);
  const long end = scan_in_pieces(whole, bytes, size + 1);
  require(scan_in_pieces(pieces, bytes, size % 67 + 1) == end && (end <= 0 || whole.begin() == pieces.begin()));

  // the parser keeps its rules without the scan too
  const std::string head_bytes(end > 0 ? bytes.substr(whole.begin(), static_cast<std::size_t>(end) - whole.begin()) : bytes);
  ChunkPool pool;
  Arena arena(pool);
  RequestHead head(arena);
  if (!parse_request_head(head_bytes, head)) return 0;
  check_accepted(head);
  check_written(head, arena);
  return 0;
}
