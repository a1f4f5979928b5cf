// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "base/log.h"

#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <exception>
#include <iterator>
#include <memory>
#include <string>

#include "base/text.h"
#include "base/utf8.h"

namespace nuncio::log {

namespace {

constexpr std::array<std::string_view, 6> kNames = {"trace", "debug", "info", "warning", "error", "off"};
constexpr const char* kTextPattern = "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
constexpr const char* kJsonPattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":"%v"})";

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::trace:
      return spdlog::level::trace;
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warning:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
    case Level::off:
      break;
  }
  return spdlog::level::off;
}

Level from_spdlog(spdlog::level::level_enum level) {
  for (const Level candidate : {Level::trace, Level::debug, Level::info, Level::warning, Level::error}) {
    if (to_spdlog(candidate) == level) return candidate;
  }
  return Level::off;
}

void set_pattern(spdlog::logger& logger, Format format) {
  const char* const pattern = format == Format::json ? kJsonPattern : kTextPattern;
  logger.set_formatter(std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc));
}

std::shared_ptr<spdlog::logger> make_logger() {
  auto logger = std::make_shared<spdlog::logger>("nuncio", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  set_pattern(*logger, Format::text);
  logger->set_error_handler([](const std::string&) {});
  return logger;
}

// `json` is written by start() alone, before there are other threads
struct Output {
  std::shared_ptr<spdlog::logger> logger = make_logger();
  bool json = false;
};

Output& output() {
  static Output instance;
  return instance;
}

void append_hex(fmt::memory_buffer& out, char32_t c, bool wide) {
  if (wide) {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
  } else {
    fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned>(c));
  }
}

void append_escaped(fmt::memory_buffer& out, std::string_view text, bool json) {
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    const auto byte = static_cast<unsigned char>(text.front());
    if (length == 0) {
      append_hex(out, json ? U'\ufffd' : byte, json);
    } else if (const char32_t c = utf8_character(text.substr(0, length)); is_unprintable(c)) {
      append_hex(out, c, json || c > 0xff);
    } else {
      if (json && (byte == '"' || byte == '\\')) out.push_back('\\');
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

}  // namespace

std::optional<Level> level_named(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (equals_ignore_case(name, kNames[i])) return static_cast<Level>(i);
  }
  return equals_ignore_case(name, "warn") ? std::optional(Level::warning) : std::nullopt;
}

std::string_view name_of(Level level) {
  return kNames[static_cast<std::size_t>(level)];
}

void start(const Settings& settings) {
  Output& out = output();
  out.json = settings.format == Format::json;
  set_pattern(*out.logger, settings.format);
  set_level(settings.level);
}

void set_level(Level level) {
  output().logger->set_level(to_spdlog(level));
}

Level level() {
  return from_spdlog(output().logger->level());
}

bool enabled(Level level) {
  return level != Level::off && output().logger->should_log(to_spdlog(level));
}

void write(Level level, std::string_view message) noexcept {
  try {
    if (!enabled(level)) return;
    fmt::memory_buffer line;
    append_escaped(line, message, output().json);
    output().logger->log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
  } catch (const std::exception&) {
    // a log that cannot be written must not end what it tells about
  }
}

void vwrite(Level level, fmt::string_view format, fmt::format_args arguments) noexcept {
  try {
    fmt::memory_buffer message;
    fmt::vformat_to(std::back_inserter(message), format, arguments);
    write(level, std::string_view(message.data(), message.size()));
  } catch (const std::exception&) {
    write(level, "a message could not be formatted");
  }
}

}  // namespace nuncio::log
