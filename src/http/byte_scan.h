// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The inner loops of the HTTP/1 parser: how far does a run of allowed bytes reach? Sixteen bytes at a time with SSE2 where the machine
// has it, and by the table of base/text.h for the rest; both say the same. They never read outside [at, end).
#pragma once

#include <bit>
#include <cstdint>

#include "base/text.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace nuncio::scan {

inline const char* skip_class(const char* at, const char* end, CharClass which) {
  while (at != end && is_char(*at, which)) ++at;
  return at;
}

#ifdef __SSE2__

inline __m128i load16(const char* at) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}
inline __m128i at_most(__m128i bytes, char bound) {
  return _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(bound)), bytes);
}
inline __m128i equal(__m128i bytes, char c) {
  return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c));
}
inline unsigned bits(__m128i mask) {
  return static_cast<unsigned>(_mm_movemask_epi8(mask));
}

// the end of a run of token characters
inline const char* skip_token(const char* at, const char* end) {
  while (end - at >= 16) {
    const __m128i bytes = load16(at);
    const __m128i letter = at_most(_mm_sub_epi8(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), _mm_set1_epi8('a')), 25);
    const unsigned others = bits(_mm_or_si128(letter, equal(bytes, '-'))) ^ 0xffff;
    if (others != 0) {
      at += std::countr_zero(others);
      break;
    }
    at += 16;
  }
  return skip_class(at, end, kTokenChar);
}

// the end of a run of field-value characters
inline const char* skip_field_value(const char* at, const char* end) {
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = load16(at);
    const __m128i control = _mm_andnot_si128(equal(bytes, '\t'), at_most(bytes, 0x1f));
    const unsigned stops = bits(_mm_or_si128(control, equal(bytes, 0x7f)));
    if (stops != 0) return at + std::countr_zero(stops);
  }
  return skip_class(at, end, kFieldValueChar);
}

// the end of a run of characters that a request target may hold
inline const char* skip_target(const char* at, const char* end) {
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = load16(at);
    const __m128i visible = _mm_cmpgt_epi8(bytes, _mm_set1_epi8(0x20));  // signed: bytes from 0x80 on are negative
    const __m128i refused = _mm_or_si128(equal(bytes, 0x7f), equal(bytes, '#'));
    const unsigned stops = bits(_mm_andnot_si128(refused, visible)) ^ 0xffff;
    if (stops != 0) return at + std::countr_zero(stops);
  }
  return skip_class(at, end, kTargetChar);
}

#else

inline const char* skip_token(const char* at, const char* end) {
  return skip_class(at, end, kTokenChar);
}
inline const char* skip_field_value(const char* at, const char* end) {
  return skip_class(at, end, kFieldValueChar);
}
inline const char* skip_target(const char* at, const char* end) {
  return skip_class(at, end, kTargetChar);
}

#endif

// Where CR, LF and NUL stand in 64 bytes: bit i for byte i
struct LineMarks {
  std::uint64_t cr = 0;
  std::uint64_t lf = 0;
  std::uint64_t nul = 0;
};

#ifdef __SSE2__

struct Bytes64 {
  __m128i part[4];

  std::uint64_t bits_of(char c) const {
    const auto part_bits = [this, c](unsigned i) { return static_cast<std::uint64_t>(bits(equal(part[i], c))) << (16 * i); };
    return part_bits(0) | part_bits(1) | part_bits(2) | part_bits(3);
  }
  bool has_nul() const {
    const __m128i lowest = _mm_min_epu8(_mm_min_epu8(part[0], part[1]), _mm_min_epu8(part[2], part[3]));
    return bits(equal(lowest, '\0')) != 0;
  }
};

inline LineMarks line_marks(const char* at) {
  const Bytes64 bytes{{load16(at), load16(at + 16), load16(at + 32), load16(at + 48)}};
  return {.cr = bytes.bits_of('\r'), .lf = bytes.bits_of('\n'), .nul = bytes.has_nul() ? bytes.bits_of('\0') : 0};
}

#else

inline LineMarks line_marks(const char* at) {
  LineMarks marks;
  for (unsigned i = 0; i < 64; ++i) {
    marks.cr |= static_cast<std::uint64_t>(at[i] == '\r') << i;
    marks.lf |= static_cast<std::uint64_t>(at[i] == '\n') << i;
    marks.nul |= static_cast<std::uint64_t>(at[i] == '\0') << i;
  }
  return marks;
}

#endif

}  // namespace nuncio::scan
