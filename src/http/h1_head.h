// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Heads of HTTP/1 messages: finding the end of one in a growing buffer, and reading it (RFC 9112 §2–§7, RFC 9110 §5). Strict: what two
// parsers could read differently is refused, never repaired (architecture 3.8, http-rules 1–11, 19, 20). A verdict depends on the bytes
// alone, not on the segments they came in: the error at the lowest offset is the one that is reported.
//
// Errors: of a request Side::client with the reason (and so the status) that fits; of a response Side::upstream, `upstream_malformed`
// or `upstream_head_too_large`. After any of them the connection is not used again (http-rules 7).
// Heads hold views into the bytes that they were parsed from; the caller keeps those in the arena of the exchange.
// Sizes are bytes. THREAD: any; nothing here waits or touches a socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "nuncio/message.h"
#include "nuncio/result.h"

namespace nuncio {

namespace scan {
struct Block;
}

inline constexpr std::size_t kMaxEmptyLines = 8;  // before a request (RFC 9112 §2.2)

struct HeadLimits {
  std::size_t line_bytes = 16 * 1024;  // the start line with its CRLF; of a request: 414
  std::size_t head_bytes = 60 * 1024;  // the head from its first line to the empty line: 431
};

// Searches the end of a head. Give it the same growing run of bytes again and again (it may move in memory, it may not change): it looks
// at every byte once. Refuses at once what can never become a head: bare CR or LF, NUL, a first byte that begins no method (a TLS
// client's hello), a first line without a version (HTTP/0.9), a response that does not begin with "HTTP/1.".
class HeadScan {
 public:
  enum class Kind : std::uint8_t { request, response };

  explicit HeadScan(Kind kind, HeadLimits limits = {}) : kind_(kind), limits_(limits) {}

  // `bytes`: everything since the head began. Value: the offset just behind the head's empty line, or 0 while the head goes on.
  // Do not call it again after an error or an end.
  Result<std::size_t> scan(std::string_view bytes);

  // offset of the first byte of the start line: empty lines before a request are not part of its head
  std::size_t begin() const { return begin_; }
  // has anything but empty lines come? (a slow head is 408, an idle connection just ends)
  bool started() const { return scanned_ > begin_; }
  void reset() { *this = HeadScan(kind_, limits_); }

 private:
  Result<bool> begin_line(std::string_view bytes);
  Result<std::size_t> judge(const scan::Block& block, std::string_view bytes, std::size_t count);
  Result<void> end_line(std::string_view bytes, std::size_t end);
  Result<void> grow_line(std::size_t size, bool stopped) const;
  std::size_t line_limit() const;
  std::unexpected<Error> malformed() const;
  std::unexpected<Error> too_large(CloseReason request_reason) const;

  Kind kind_;
  HeadLimits limits_;
  std::size_t begin_ = 0;
  std::size_t scanned_ = 0;
  std::size_t line_end_ = 0;    // offset behind the start line, 0 while unknown
  std::uint64_t after_cr_ = 0;  // 1: the last byte was CR
  std::uint64_t after_lf_ = 0;  // bit 0: the last byte but one was LF; bit 1: the last byte was
};

// `bytes` is one whole head, from the first byte of the start line to its empty line: bytes[scan.begin(), scan's value).
// Fills everything of the head but the normal form: `path` and `query` are the parts of the target as they came (src/http/path.h
// normalises). The authority of an absolute-form target has replaced the value of Host; Expect is gone where it means nothing (HTTP/1.0,
// no content). CONNECT is refused with a reason of its own. REQUIRES: `head` is fresh.
Result<void> parse_request_head(std::string_view bytes, RequestHead& head);

// `method` is that of the request: an answer to HEAD has no body (RFC 9112 §6.3). A 1xx that speaks of a body is refused; a 204 that does
// loses those fields and its connection. REQUIRES: `head` is fresh.
Result<void> parse_response_head(std::string_view bytes, std::string_view method, ResponseHead& head);

}  // namespace nuncio
