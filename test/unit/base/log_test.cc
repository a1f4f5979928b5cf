// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "base/log.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

using namespace nuncio;

namespace {

// Standard error goes to a file while this lives; the log is text at level `info` again afterwards.
class CapturedLog {
 public:
  explicit CapturedLog(const log::Settings& settings) : file_(std::tmpfile(), &std::fclose), saved_(::dup(STDERR_FILENO)) {
    REQUIRE(file_ != nullptr);
    ::dup2(::fileno(file_.get()), STDERR_FILENO);
    log::start(settings);
  }
  ~CapturedLog() {
    ::dup2(saved_, STDERR_FILENO);
    ::close(saved_);
    log::start({});
  }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;

  std::vector<std::string> lines() const {
    std::fflush(stderr);
    std::string text;
    char buffer[4096];
    ssize_t got = 0;
    for (off_t at = 0; (got = ::pread(::fileno(file_.get()), buffer, sizeof buffer, at)) > 0; at += got) text.append(buffer, got);
    std::vector<std::string> result;
    for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
      result.push_back(text.substr(at, end - at));
    }
    return result;
  }

 private:
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  int saved_;
};

std::string shape_of(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return c >= '0' && c <= '9'; }, '0');
  return text;
}

}  // namespace

TEST_CASE("log: levels have names") {
  for (const auto level :
       {log::Level::trace, log::Level::debug, log::Level::info, log::Level::warning, log::Level::error, log::Level::off}) {
    CHECK(log::level_named(log::name_of(level)) == level);
  }
  CHECK(log::level_named("WARN") == log::Level::warning);
  CHECK(log::level_named("Error") == log::Level::error);
  CHECK_FALSE(log::level_named(""));
  CHECK_FALSE(log::level_named("loud"));
  CHECK_FALSE(log::level_named("inf"));
}

TEST_CASE("log: text lines carry time, level and message; lower levels are silent") {
  const CapturedLog captured({log::Level::info, log::Format::text});
  log::debug("not {}", "seen");
  log::info("listening on {}:{}", "127.0.0.1", 8080);
  log::error("plain {{braces}}");
  const auto lines = captured.lines();
  REQUIRE(lines.size() == 2);
  CHECK(shape_of(lines[0].substr(0, 24)) == "0000-00-00T00:00:00.000Z");
  CHECK(lines[0].substr(24) == " info listening on 127.0.0.1:8080");
  CHECK(lines[1].ends_with(" error plain {braces}"));
}

TEST_CASE("log: no message makes a second line or steers a terminal") {
  const CapturedLog captured({log::Level::info, log::Format::text});
  log::warning("file {}", "a\nb\r\x1b[2J\x7f\xff \xc2\x9b \xe2\x80\xa8 \xc3\xa9");
  const auto lines = captured.lines();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].ends_with("warning file a\\x0ab\\x0d\\x1b[2J\\x7f\\xff \\x9b \\u2028 \xc3\xa9"));
}

TEST_CASE("log: JSON lines are JSON whatever the message holds") {
  const CapturedLog captured({log::Level::debug, log::Format::json});
  std::string message;
  for (int c = 0; c < 256; ++c) message += static_cast<char>(c);
  log::write(log::Level::debug, message);
  log::info("{}", "say \"hi\" \\ %v");
  const auto lines = captured.lines();
  REQUIRE(lines.size() == 2);
  const auto first = nlohmann::json::parse(lines[0]);
  CHECK(first["level"] == "debug");
  CHECK(first["message"].get<std::string>().substr(0, 128) == message.substr(0, 128));
  CHECK(nlohmann::json::parse(lines[1])["message"] == "say \"hi\" \\ %v");
}

TEST_CASE("log: the level can be changed; off is silent") {
  const CapturedLog captured({log::Level::error, log::Format::text});
  CHECK(log::level() == log::Level::error);
  CHECK_FALSE(log::enabled(log::Level::info));
  log::set_level(log::Level::debug);
  CHECK(log::enabled(log::Level::debug));
  CHECK_FALSE(log::enabled(log::Level::trace));
  log::set_level(log::Level::off);
  CHECK_FALSE(log::enabled(log::Level::error));
  CHECK_FALSE(log::enabled(log::Level::off));
  log::error("nothing");
  CHECK(captured.lines().empty());
}

TEST_CASE("log: several threads write whole lines") {
  constexpr int kThreads = 4;
  constexpr int kLines = 200;
  const CapturedLog captured({log::Level::info, log::Format::text});
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([i] {
        for (int k = 0; k < kLines; ++k) log::info("thread {} line {} end", i, k);
      });
    }
  }
  const auto lines = captured.lines();
  CHECK(lines.size() == kThreads * kLines);
  CHECK(std::ranges::all_of(lines, [](const std::string& line) { return line.ends_with(" end"); }));
}
