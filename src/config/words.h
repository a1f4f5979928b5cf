// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Small judgements about texts in documents, beside those of base/text: numbers, booleans, what may stand in a line, and how texts are
// shown in messages.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nuncio::config {

// without blanks and line breaks around it
std::string_view trim(std::string_view text);
std::vector<std::string_view> split_at(std::string_view text, char separator);

// decimal, with an optional sign; nothing else (`010` is ten)
std::optional<std::int64_t> to_integer(std::string_view text);
// true yes on, false no off, in any letter case
std::optional<bool> to_flag(std::string_view text);

bool has_line_break_or_nul(std::string_view text);
// no blank, control or non-ASCII byte
bool is_visible_ascii(std::string_view text);

// for messages: in quotes, without control characters, shortened
std::string quote(std::string_view text);

// "did you mean 'prefix'?", or empty when nothing known is near
std::string nearest_hint(std::string_view word, std::span<const std::string_view> known);

}  // namespace nuncio::config
