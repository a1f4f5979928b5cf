// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The syntax of field lines (RFC 9112 §5, http-rules 8, 9), one for heads and trailer sections: a name is a token with the colon right
// behind it, a value holds no control character but HTAB, a line ends in CRLF. No folded lines, no white space before a name.
// Fields are views into the bytes that were parsed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "nuncio/message.h"

namespace nuncio {

inline constexpr std::size_t kMaxFields = 128;  // of a head, and of a trailer section

enum class FieldLines : std::uint8_t { ok, malformed, too_many };

// `section`: the field lines and the empty line behind them, nothing more. Adds to `fields`, also when it fails.
FieldLines parse_field_lines(std::string_view section, FieldList& fields);

}  // namespace nuncio
