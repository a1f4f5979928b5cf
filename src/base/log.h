// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The diagnostic log: what the process has to say about itself, on standard error, one line per message, as text or as JSON. Access-log
// lines are something else (observe/access_log). Messages may quote input: control characters, and bytes that are not UTF-8, are
// escaped here, so that no peer and no document can forge a line.
//
// Before start() the log writes text from level `info` on. A message that cannot be written is lost; nothing here throws or fails.
// THREAD: any. A write may wait for standard error, so the request path logs only what is rare.
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace nuncio::log {

enum class Level : std::uint8_t { trace, debug, info, warning, error, off };
enum class Format : std::uint8_t { text, json };

// "trace", "debug", "info", "warning" ("warn"), "error", "off"; any letter case
std::optional<Level> level_named(std::string_view name);
std::string_view name_of(Level level);

struct Settings {
  Level level = Level::info;
  Format format = Format::text;
};

void start(const Settings& settings);
void set_level(Level level);
Level level();

// one message; `enabled` spares its making
bool enabled(Level level);
void write(Level level, std::string_view message) noexcept;
void vwrite(Level level, fmt::string_view format, fmt::format_args arguments) noexcept;

template <class... Arguments>
void debug(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  if (enabled(Level::debug)) vwrite(Level::debug, format, fmt::make_format_args(arguments...));
}
template <class... Arguments>
void info(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  if (enabled(Level::info)) vwrite(Level::info, format, fmt::make_format_args(arguments...));
}
template <class... Arguments>
void warning(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  if (enabled(Level::warning)) vwrite(Level::warning, format, fmt::make_format_args(arguments...));
}
template <class... Arguments>
void error(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  if (enabled(Level::error)) vwrite(Level::error, format, fmt::make_format_args(arguments...));
}

}  // namespace nuncio::log
