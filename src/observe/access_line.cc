// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "observe/access_line.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <string_view>

#include "base/utf8.h"

namespace nuncio::observe {

namespace {

constexpr std::size_t kWord = sizeof(std::uint64_t);
constexpr std::size_t kWorstEscape = 6;  // \u0000
constexpr std::string_view kCutMark = "...";
// keys, quotes, numbers, time stamp and fixed words of a line, with room to store a whole word at its end
constexpr std::size_t kFixedBytes = 1024;

constexpr std::uint64_t every_byte(std::uint8_t byte) {
  return 0x0101010101010101ULL * byte;
}

// non-zero when a byte is zero
constexpr std::uint64_t zero_byte(std::uint64_t word) {
  return (word - every_byte(1)) & ~word & every_byte(0x80);
}

// non-zero when one of eight bytes is not printable ASCII, or a quote or a backslash
constexpr std::uint64_t needs_escape(std::uint64_t word) {
  const std::uint64_t control = (word - every_byte(0x20)) & ~word & every_byte(0x80);
  const std::uint64_t quote = zero_byte(word ^ every_byte('"')) | zero_byte(word ^ every_byte('\\'));
  return control | quote | zero_byte(word ^ every_byte(0x7f)) | (word & every_byte(0x80));
}

constexpr bool is_plain(unsigned char byte) {
  return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

char* put(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* put_number(char* out, std::uint64_t number) {
  return std::to_chars(out, out + 20, number).ptr;
}

char* put_hex(char* out, std::string_view lead, unsigned value, int digits) {
  out = put(out, lead);
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) *out++ = "0123456789abcdef"[value >> static_cast<unsigned>(shift) & 0xfU];
  return out;
}

// Both return how many bytes of `text` they took.
struct TextEscape {
  static std::size_t put_one(char*& out, std::string_view text) {
    out = put_hex(out, "\\x", static_cast<unsigned char>(text.front()), 2);
    return 1;
  }
};

struct JsonEscape {
  static std::size_t put_one(char*& out, std::string_view text) {
    if (text.front() == '"' || text.front() == '\\') {
      *out++ = '\\';
      *out++ = text.front();
      return 1;
    }
    const std::size_t length = utf8_sequence(text);
    if (length == 0) {
      out = put(out, "\\ufffd");
      return 1;
    }
    const char32_t c = utf8_character(text.substr(0, length));
    out = is_unprintable(c) ? put_hex(out, "\\u", static_cast<unsigned>(c), 4) : put(out, text.substr(0, length));
    return length;
  }
};

template <class Escape>
char* put_escaped(char* out, std::string_view text) {
  while (!text.empty()) {
    if (text.size() >= kWord) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data(), kWord);
      if (needs_escape(word) == 0) {
        std::memcpy(out, &word, kWord);
        out += kWord;
        text.remove_prefix(kWord);
        continue;
      }
    }
    if (is_plain(static_cast<unsigned char>(text.front()))) {
      *out++ = text.front();
      text.remove_prefix(1);
    } else {
      text.remove_prefix(Escape::put_one(out, text));
    }
  }
  return out;
}

template <class Escape>
char* put_value(char* out, std::string_view text, std::size_t limit = kMaxValueBytes) {
  if (text.empty()) return put(out, "-");
  if (text.size() <= limit) return put_escaped<Escape>(out, text);
  return put(put_escaped<Escape>(out, text.substr(0, limit)), kCutMark);
}

// a value of the text line that stands without quotes
char* put_token(char* out, std::string_view text) {
  char* const start = out;
  out = put_value<TextEscape>(out, text);
  if (std::memchr(start, ' ', static_cast<std::size_t>(out - start)) == nullptr) return out;
  out = start;
  for (const char c : text.substr(0, kMaxValueBytes)) {
    if (is_plain(static_cast<unsigned char>(c)) && c != ' ') {
      *out++ = c;
    } else {
      TextEscape::put_one(out, {&c, 1});
    }
  }
  return out;
}

char* put_ms(char* out, std::int64_t us, std::string_view none) {
  if (us < 0) return put(out, none);
  return put_number(out, static_cast<std::uint64_t>(us / 1000));
}

char* put_status(char* out, int status) {
  return put_number(out, static_cast<std::uint64_t>(std::max(status, 0)));
}

}  // namespace

void TimestampCache::fill(std::int64_t second) {
  using namespace std::chrono;
  const sys_seconds time{seconds{second}};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  const auto two = [this](std::size_t at, std::int64_t value) {
    text_[at] = static_cast<char>('0' + value / 10 % 10);
    text_[at + 1] = static_cast<char>('0' + value % 10);
  };
  std::memcpy(text_, "0000-00-00T00:00:00.000Z", kTimestampBytes);
  two(0, static_cast<int>(date.year()) / 100);
  two(2, static_cast<int>(date.year()) % 100);
  two(5, static_cast<unsigned>(date.month()));
  two(8, static_cast<unsigned>(date.day()));
  two(11, clock.hours().count());
  two(14, clock.minutes().count());
  two(17, clock.seconds().count());
  second_ = second;
}

char* TimestampCache::write(char* out, std::int64_t unix_ms) {
  constexpr std::int64_t kEnd = 253402300800;  // the year 10000
  const std::int64_t ms = std::clamp<std::int64_t>(unix_ms, 0, kEnd * 1000 - 1);
  if (ms / 1000 != second_) fill(ms / 1000);
  const auto part = static_cast<unsigned>(ms % 1000);
  std::memcpy(out, text_, kTimestampBytes);
  out[20] = static_cast<char>('0' + part / 100);
  out[21] = static_cast<char>('0' + part / 10 % 10);
  out[22] = static_cast<char>('0' + part % 10);
  return out + kTimestampBytes;
}

std::size_t access_line_bound(const AccessRecord& record) {
  const std::string_view values[] = {record.client,     record.method,     record.host,    record.protocol, record.forwarded_for,
                                     record.user_agent, record.request_id, record.mapping, record.cluster,  record.upstream};
  std::size_t bytes = std::min(record.path.size(), kMaxPathBytes);
  for (const std::string_view value : values) bytes += std::min(value.size(), kMaxValueBytes);
  return kFixedBytes + kWorstEscape * bytes;
}

char* write_text_line(char* out, const AccessRecord& record, TimestampCache& timestamps) {
  const CloseReasonInfo& reason = info(record.reason);
  out = put(out, "ACCESS [");
  out = timestamps.write(out, record.start_ms);
  out = put(out, "] \"");
  out = put_value<TextEscape>(out, record.method);
  *out++ = ' ';
  out = put_value<TextEscape>(out, record.path, kMaxPathBytes);
  *out++ = ' ';
  out = put_value<TextEscape>(out, record.protocol);
  out = put(out, "\" ");
  out = put_status(out, record.status);
  *out++ = ' ';
  out = put(out, reason.word);
  *out++ = ' ';
  out = put_number(out, record.bytes_received);
  *out++ = ' ';
  out = put_number(out, record.bytes_sent);
  *out++ = ' ';
  out = put_ms(out, record.duration_us, "-");
  *out++ = ' ';
  out = put_ms(out, record.upstream_us, "-");
  for (const std::string_view value : {record.forwarded_for, record.user_agent, record.request_id, record.host, record.upstream}) {
    out = put(out, " \"");
    out = put_value<TextEscape>(out, value);
    *out++ = '"';
  }
  *out++ = ' ';
  out = put_token(out, record.client);
  out = put(out, " \"");
  out = put_value<TextEscape>(out, record.mapping);
  out = put(out, "\" ");
  out = put(out, reason.flag);
  *out++ = '\n';
  return out;
}

char* write_json_line(char* out, const AccessRecord& record, TimestampCache& timestamps) {
  const CloseReasonInfo& reason = info(record.reason);
  const auto text = [&out](std::string_view key, std::string_view value, std::size_t limit = kMaxValueBytes) {
    out = put(out, key);
    out = put_value<JsonEscape>(out, value, limit);
    *out++ = '"';
  };
  out = put(out, R"({"start_time":")");
  out = timestamps.write(out, record.start_ms);
  *out++ = '"';
  text(R"(,"method":")", record.method);
  text(R"(,"path":")", record.path, kMaxPathBytes);
  text(R"(,"protocol":")", record.protocol);
  out = put_status(put(out, R"(,"response_code":)"), record.status);
  out = put(put(out, R"(,"response_flags":")"), reason.word);
  out = put_number(put(out, R"(","bytes_received":)"), record.bytes_received);
  out = put_number(put(out, R"(,"bytes_sent":)"), record.bytes_sent);
  out = put_ms(put(out, R"(,"duration":)"), record.duration_us, "null");
  out = put_ms(put(out, R"(,"upstream_service_time":)"), record.upstream_us, "null");
  text(R"(,"x_forwarded_for":")", record.forwarded_for);
  text(R"(,"user_agent":")", record.user_agent);
  text(R"(,"request_id":")", record.request_id);
  text(R"(,"authority":")", record.host);
  text(R"(,"upstream_host":")", record.upstream);
  text(R"(,"upstream_cluster":")", record.cluster);
  text(R"(,"downstream_remote_address":")", record.client);
  out = put(put(out, R"(,"reason":")"), reason.word);
  out = put(put(out, R"(","flags":")"), reason.flag);
  text(R"(","mapping":")", record.mapping);
  return put(out, "}\n");
}

}  // namespace nuncio::observe
