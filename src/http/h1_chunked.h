// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The chunked transfer coding (RFC 9112 §7.1), both ways. The decoder takes its input in any pieces and hands out the content as views
// into that input, several at a time, so that a buffer with many small chunks is one step. Strict (http-rules 5, 6): bare hexadecimal
// sizes, CRLF only, each size and the sum checked for overflow, extensions bounded and dropped, no control characters. Trailers obey the
// syntax of fields; names that frame, route or authenticate a message are refused, so that nobody downstream can merge them.
//
// Owns nothing: trailers are copied into the arena of the FieldList that was given. Errors: `bad_body` (Side::client) or
// `upstream_malformed` (Side::upstream); no more is to be read from that connection then. Sizes are bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "nuncio/message.h"
#include "nuncio/result.h"

namespace nuncio {

inline constexpr std::size_t kMaxChunkLine = 1024;              // digits and extensions of one chunk
inline constexpr std::uint64_t kMaxExtensionBytes = 16 * 1024;  // of all chunks together, beyond one for each byte of content
inline constexpr std::size_t kMaxTrailerBytes = 16 * 1024;      // of the trailer section

class ChunkedDecoder {
 public:
  struct Step {
    std::size_t consumed = 0;  // bytes of the input that are done with
    std::size_t pieces = 0;    // how many of `content` were filled, in order
  };

  // `trailers` must outlive the decoder; its arena keeps the trailers' bytes
  ChunkedDecoder(Side side, FieldList& trailers) : side_(side), trailers_(&trailers) {}

  // Decodes as far as the input or `content` lasts. The rest of the input, if any, belongs to another step (content was full) or, after
  // done(), to the next message. An empty input is allowed. REQUIRES: content is not empty; no call after an error.
  Result<Step> decode(std::string_view input, std::span<std::string_view> content);

  bool done() const { return state_ == State::done; }
  std::uint64_t content_bytes() const { return content_bytes_; }  // so far

 private:
  enum class State : std::uint8_t { size_begin, size, size_end, extension, data, data_cr, data_lf, trailers, done };

  bool take_line_byte(char c);
  bool take_size_digit(char c);
  bool take_extension_byte(char c);
  bool end_size_line();
  bool take_trailer_byte(char c);
  void grow_section();
  std::string_view take_data(std::string_view input);

  Side side_;
  State state_ = State::size_begin;
  bool after_cr_ = false;  // within the trailer section
  FieldList* trailers_;
  std::uint64_t left_ = 0;  // of the current chunk
  std::uint64_t content_bytes_ = 0;
  std::uint64_t extension_bytes_ = 0;
  std::size_t line_bytes_ = 0;
  char* section_ = nullptr;  // the trailer section so far, in the arena
  std::size_t section_size_ = 0;
  std::size_t section_capacity_ = 0;
  std::size_t line_begin_ = 0;  // of the section's current line
};

// May a field with this name stand in a trailer section?
bool is_trailer_allowed(const Field& field);

inline constexpr std::size_t kMaxChunkHead = 18;  // 16 digits and CRLF
inline constexpr std::string_view kChunkEnd = "\r\n";
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";  // with an empty trailer section

// "1f4\r\n" for a chunk of `size` bytes, not 0; returns how many bytes it has. The chunk's bytes and kChunkEnd follow.
std::size_t write_chunk_head(std::uint64_t size, std::span<char, kMaxChunkHead> out);

// The last chunk, the trailers and the empty line. Returns the size; nothing is written when `out` is too small for it.
std::size_t write_last_chunk(const FieldList& trailers, std::span<char> out);

}  // namespace nuncio
