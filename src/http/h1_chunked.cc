// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "http/h1_chunked.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "base/arena.h"
#include "base/text.h"
#include "http/field_lines.h"
#include "http/fields.h"

namespace nuncio {

namespace {

constexpr std::uint64_t kMaxContent = std::numeric_limits<std::int64_t>::max();

std::unexpected<Error> refuse(Side side) {
  return failed(side == Side::client ? CloseReason::bad_body : CloseReason::upstream_malformed, side);
}

}  // namespace

Result<ChunkedDecoder::Step> ChunkedDecoder::decode(std::string_view input, std::span<std::string_view> content) {
  Step step;
  while (step.consumed < input.size() && state_ != State::done) {
    if (state_ == State::data) {
      if (step.pieces == content.size()) break;
      const std::string_view piece = take_data(input.substr(step.consumed));
      content[step.pieces++] = piece;
      step.consumed += piece.size();
    } else if (!take_line_byte(input[step.consumed++])) {
      return refuse(side_);
    }
  }
  return step;
}

std::string_view ChunkedDecoder::take_data(std::string_view input) {
  const std::string_view piece = input.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size())));
  left_ -= piece.size();
  content_bytes_ += piece.size();
  if (left_ == 0) state_ = State::data_cr;
  return piece;
}

// Everything but content; false: malformed
bool ChunkedDecoder::take_line_byte(char c) {
  switch (state_) {
    case State::size_begin:
      left_ = 0;
      line_bytes_ = 0;
      state_ = State::size;
      return take_size_digit(c);
    case State::size:
      if (c != ';' && c != '\r') return take_size_digit(c);
      state_ = c == ';' ? State::extension : State::size_end;
      return true;
    case State::extension:
      return take_extension_byte(c);
    case State::size_end:
      return c == '\n' && end_size_line();
    case State::data_cr:
      state_ = State::data_lf;
      return c == '\r';
    case State::data_lf:
      state_ = State::size_begin;
      return c == '\n';
    case State::trailers:
      return take_trailer_byte(c);
    case State::data:
    case State::done:
      break;
  }
  return false;
}

bool ChunkedDecoder::take_size_digit(char c) {
  const int digit = hex_digit(c);
  if (digit < 0 || left_ > kMaxContent >> 4 || ++line_bytes_ > kMaxChunkLine) return false;
  left_ = left_ << 4 | static_cast<std::uint64_t>(digit);
  return true;
}

bool ChunkedDecoder::take_extension_byte(char c) {
  if (c == '\r') {
    state_ = State::size_end;
    return true;
  }
  const bool bounded = ++line_bytes_ <= kMaxChunkLine && ++extension_bytes_ <= kMaxExtensionBytes + content_bytes_;
  return bounded && c != '\t' && is_char(c, kFieldValueChar);
}

bool ChunkedDecoder::end_size_line() {
  state_ = left_ == 0 ? State::trailers : State::data;
  return left_ <= kMaxContent - content_bytes_;
}

// Collects the trailer section up to its empty line; the syntax of fields is checked on the whole
bool ChunkedDecoder::take_trailer_byte(char c) {
  if (section_size_ == kMaxTrailerBytes || c == '\0' || (c == '\n') != after_cr_) return false;
  after_cr_ = c == '\r';
  if (section_size_ == section_capacity_) grow_section();
  section_[section_size_++] = c;
  if (c != '\n') return true;
  const bool ended = section_size_ == line_begin_ + 2;
  line_begin_ = section_size_;
  if (!ended) return true;
  state_ = State::done;
  const std::size_t before = trailers_->size();
  if (parse_field_lines({section_, section_size_}, *trailers_) != FieldLines::ok) return false;
  return std::ranges::all_of(trailers_->all().subspan(before), is_trailer_allowed);
}

void ChunkedDecoder::grow_section() {
  constexpr std::size_t kFirst = 256;
  section_capacity_ = std::max(kFirst, 2 * section_capacity_);
  char* larger = trailers_->arena().allocate(section_capacity_);
  if (section_size_ != 0) std::memcpy(larger, section_, section_size_);
  section_ = larger;
}

// RFC 9110 §6.5.1: nothing that frames, routes, authenticates, or says how to process the content. Only names: what a field of another
// kind means in a trailer section is between the ends.
bool is_trailer_allowed(const Field& field) {
  switch (field.id) {
    case FieldId::other:
      break;
    case FieldId::date:
    case FieldId::server:
    case FieldId::user_agent:
    case FieldId::via:
    case FieldId::x_envoy_upstream_service_time:
      return true;
    default:
      return false;
  }
  constexpr std::array<std::string_view, 10> kRefused = {"authorization",       "cache-control", "content-encoding",   "content-range",
                                                         "forwarded",           "location",      "proxy-authenticate", "range",
                                                         "proxy-authorization", "set-cookie"};
  const auto is_refused = [&](std::string_view name) { return equals_ignore_case(name, field.name); };
  return std::ranges::none_of(kRefused, is_refused) && !starts_with_ignore_case(field.name, "x-forwarded-");
}

std::size_t write_chunk_head(std::uint64_t size, std::span<char, kMaxChunkHead> out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::size_t digits = 1;
  while (digits < 16 && size >> (4 * digits) != 0) ++digits;
  for (std::size_t i = digits; i-- > 0; size >>= 4) out[i] = kDigits[size & 15];
  out[digits] = '\r';
  out[digits + 1] = '\n';
  return digits + 2;
}

std::size_t write_last_chunk(const FieldList& trailers, std::span<char> out) {
  constexpr std::string_view kBegin = "0\r\n";
  const std::size_t size = kBegin.size() + write_field_section(trailers, {});
  if (size > out.size()) return size;
  std::ranges::copy(kBegin, out.begin());
  return kBegin.size() + write_field_section(trailers, out.subspan(kBegin.size()));
}

}  // namespace nuncio
