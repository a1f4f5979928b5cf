// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// HeadScan of h1_head.h. Sixty-four bytes at a time become three sets of bits (CR, LF, NUL), and a few operations on those find every
// bare CR or LF and the empty line. Whatever is found counts only if it lies before the limits, so that the verdict is that of a machine
// which looks at one byte after the other.
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "http/byte_scan.h"
#include "http/h1_head.h"

namespace nuncio {

// What matters among at most 64 bytes; bit i stands for byte i
struct scan::Block {
  std::uint64_t lines = 0;  // LF
  std::uint64_t bad = 0;    // NUL, bare LF, and the byte behind a bare CR
  std::uint64_t stops = 0;  // bad, or the LF of an empty line
};

namespace {

using scan::Block;

constexpr std::size_t kBlock = 64;
constexpr std::string_view kResponseBegin = "HTTP/1.";

Block look(std::string_view bytes, std::uint64_t& after_cr, std::uint64_t& after_lf) {
  std::array<char, kBlock> padded;
  const char* at = bytes.data();
  const std::size_t count = bytes.size();
  if (count < kBlock) {
    padded.fill(' ');
    std::memcpy(padded.data(), at, count);
    at = padded.data();
  }
  const auto [cr, lf, nul] = scan::line_marks(at);
  Block block;
  block.lines = lf;
  block.bad = (((cr << 1 | after_cr) ^ lf) | nul) & (~std::uint64_t{0} >> (kBlock - count));
  block.stops = block.bad | (lf & (lf << 2 | after_lf));
  after_cr = cr >> (count - 1) & 1;
  after_lf = count > 1 ? lf >> (count - 2) & 3 : (after_lf >> 1 | (lf & 1) << 1);
  return block;
}

// " HTTP/1.1" or another pair of digits: whether the version is served is for the parser to say
bool ends_in_version(std::string_view line) {
  if (line.size() < 9) return false;
  const std::string_view tail = line.substr(line.size() - 9);
  return tail.starts_with(" HTTP/") && is_char(tail[6], kDigitChar) && tail[7] == '.' && is_char(tail[8], kDigitChar);
}

std::size_t first_bit(std::uint64_t set) {
  return static_cast<std::size_t>(std::countr_zero(set));
}

}  // namespace

Result<std::size_t> HeadScan::scan(std::string_view bytes) {
  if (scanned_ == begin_) {
    const Result<bool> begun = begin_line(bytes);
    if (!begun) return std::unexpected(begun.error());
    if (!*begun) return 0;
  }
  if (kind_ == Kind::response && scanned_ < kResponseBegin.size()) {
    const std::size_t known = std::min(bytes.size(), kResponseBegin.size());
    if (bytes.substr(0, known) != kResponseBegin.substr(0, known)) return malformed();
  }
  const std::size_t limit = begin_ + limits_.head_bytes;
  while (scanned_ < bytes.size()) {
    const std::size_t count = std::min(kBlock, bytes.size() - scanned_);
    const Block block = look({bytes.data() + scanned_, count}, after_cr_, after_lf_);
    const bool nothing_happens = block.stops == 0 && line_end_ != 0 && scanned_ + count <= limit;
    if (!nothing_happens) {
      const Result<std::size_t> end = judge(block, bytes, count);
      if (!end || *end != 0) return end;
    }
    scanned_ += count;
  }
  return 0;
}

// Skips empty lines before a request. Has a first line begun?
Result<bool> HeadScan::begin_line(std::string_view bytes) {
  while (kind_ == Kind::request && begin_ < bytes.size() && bytes[begin_] == '\r') {
    if (begin_ + 1 == bytes.size()) return false;
    if (bytes[begin_ + 1] != '\n' || begin_ == 2 * kMaxEmptyLines) return malformed();
    begin_ += 2;
    scanned_ = begin_;
  }
  if (begin_ == bytes.size()) return false;
  if (!is_char(bytes[begin_], kTokenChar)) return malformed();
  return true;
}

// The verdict on a block that begins at scanned_: as scan()
Result<std::size_t> HeadScan::judge(const Block& block, std::string_view bytes, std::size_t count) {
  const std::size_t stop = block.stops == 0 ? count : first_bit(block.stops);
  if (line_end_ == 0) {
    const bool ended = block.lines != 0 && first_bit(block.lines) < stop;
    const Result<void> line = ended ? end_line(bytes, scanned_ + first_bit(block.lines) + 1) : grow_line(scanned_ + stop, stop < count);
    if (!line) return std::unexpected(line.error());
  }
  const std::size_t limit = begin_ + limits_.head_bytes;  // offset of the first byte that is too much
  if (scanned_ + stop >= limit && (stop < count || scanned_ + stop > limit)) return too_large(CloseReason::head_too_large);
  if (stop == count) return 0;
  if ((block.bad >> stop & 1) != 0) return malformed();
  return scanned_ + stop + 1;
}

// The start line ends at offset `end`
Result<void> HeadScan::end_line(std::string_view bytes, std::size_t end) {
  line_end_ = end;
  if (end - begin_ > line_limit()) return too_large(CloseReason::target_too_long);
  const std::string_view line = bytes.substr(begin_, end - begin_ - 2);
  if (kind_ == Kind::request && !ends_in_version(line)) return malformed();
  return {};
}

// No end of the start line before offset `size`; `stopped`: the byte at `size` is a bad one
Result<void> HeadScan::grow_line(std::size_t size, bool stopped) const {
  const std::size_t limit = begin_ + line_limit();
  if (size > limit || (stopped && size == limit)) return too_large(CloseReason::target_too_long);
  return {};
}

std::size_t HeadScan::line_limit() const {
  return std::min(limits_.line_bytes, limits_.head_bytes);
}

std::unexpected<Error> HeadScan::malformed() const {
  if (kind_ == Kind::request) return failed(CloseReason::malformed_request, Side::client);
  return failed(CloseReason::upstream_malformed, Side::upstream);
}

std::unexpected<Error> HeadScan::too_large(CloseReason request_reason) const {
  if (kind_ == Kind::request) return failed(request_reason, Side::client);
  return failed(CloseReason::upstream_head_too_large, Side::upstream);
}

}  // namespace nuncio
