// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "http/h1_client.h"

namespace nuncio {

Task<Result<void>> read_response_head(Stream& stream, std::string_view method, Limit limit, ResponseHead& head) {
  HeadScan scan(HeadScan::Kind::response);
  for (;;) {
    if (!stream.input().empty()) {
      const auto end = scan.scan(stream.input());
      if (!end) co_return std::unexpected(end.error());
      if (*end > 0) {
        const std::string_view bytes = head.fields.arena().copy(stream.input().substr(0, *end));
        stream.consume(*end);
        co_return parse_response_head(bytes, method, head);
      }
    }
    const auto got = co_await stream.read(limit);
    const bool begun = !stream.input().empty();
    if (!got) {
      Error error = got.error();
      if (begun) error.retry = Retry::never;
      co_return std::unexpected(error);
    }
    if (*got == 0) co_return failed(CloseReason::reset_before_head, Side::upstream, begun ? Retry::never : Retry::if_reused);
  }
}

}  // namespace nuncio
