// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "http/h1_server.h"

namespace nuncio {

namespace {

std::uint32_t ms_until(std::uint64_t by_ms, std::uint64_t now_ms) {
  return by_ms > now_ms ? static_cast<std::uint32_t>(by_ms - now_ms) : 1;
}

}  // namespace

Task<Result<void>> read_request_head(Stream& stream, HeadLimits limits, std::uint64_t by_ms, RequestHead& head) {
  HeadScan scan(HeadScan::Kind::request, limits);
  for (;;) {
    const auto end = scan.scan(stream.input());
    if (!end) co_return std::unexpected(end.error());
    if (*end > 0) {
      const std::string_view bytes = head.fields.arena().copy(stream.input().substr(scan.begin(), *end - scan.begin()));
      stream.consume(*end);
      co_return parse_request_head(bytes, head);
    }
    const Limit limit{ms_until(by_ms, stream.loop().now_ms()), CloseReason::head_timeout};
    const auto got = co_await stream.read(limit);
    if (!got) co_return std::unexpected(got.error());
    if (*got == 0) co_return failed(CloseReason::client_closed, Side::client);
  }
}

}  // namespace nuncio
