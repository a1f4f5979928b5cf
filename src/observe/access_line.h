// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// One line of the access log, made in memory that the caller provides: no allocation, no locale, no time zone.
//
// Text is Ambassador's line (spec: ambassador-proxy.md 4.6) with the reason word where Envoy has its flags, and three values after it:
//   ACCESS [start] "method path protocol" status reason received sent duration upstream-duration "x-forwarded-for" "user-agent"
//   "request-id" "authority" "upstream" client "mapping" flag
// JSON has the keys of the specification and `reason`, `flags`, `mapping`. Durations are whole milliseconds in both.
//
// Escaping: in text, bytes outside printable ASCII, `"` and `\` become \xHH (a blank, too, where a value stands without quotes); in JSON,
// `"`, `\`, control characters and line separators are escaped, a byte that is not UTF-8 becomes U+FFFD. Values are cut: the path at 8192
// bytes, all others at 1024, and end in "..." then.
#pragma once

#include <cstddef>
#include <cstdint>

#include "observe/access_record.h"

namespace nuncio::observe {

inline constexpr std::size_t kMaxPathBytes = 8192;
inline constexpr std::size_t kMaxValueBytes = 1024;
inline constexpr std::size_t kTimestampBytes = 24;  // "2026-01-31T23:59:59.123Z"

// Makes time stamps; the part up to the second is kept for the next line.
class TimestampCache {
 public:
  // writes kTimestampBytes bytes; returns the end
  char* write(char* out, std::int64_t unix_ms);

 private:
  void fill(std::int64_t second);
  std::int64_t second_ = -1;
  char text_[kTimestampBytes] = {};
};

// as many bytes as the line of this record can take at most
std::size_t access_line_bound(const AccessRecord& record);
inline constexpr std::size_t kMaxAccessLineBytes = 1024 + 6 * (kMaxPathBytes + 10 * kMaxValueBytes);

// each writes one line with its line feed and returns its end
char* write_text_line(char* out, const AccessRecord& record, TimestampCache& timestamps);
char* write_json_line(char* out, const AccessRecord& record, TimestampCache& timestamps);

}  // namespace nuncio::observe
