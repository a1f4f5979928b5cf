// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "observe/access_log.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

using namespace nuncio;
using namespace nuncio::observe;
namespace fs = std::filesystem;

namespace {

class Directory {
 public:
  Directory() {
    std::string name = (fs::temp_directory_path() / "nuncio-log-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Directory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  std::string operator/(std::string_view name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

// Quiet while a test provokes messages of the diagnostic log
class Quiet {
 public:
  Quiet() { log::set_level(log::Level::off); }
  ~Quiet() { log::set_level(log::Level::info); }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;
};

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

// waits for what must come; the limit only ends a test that has failed
bool eventually(const std::function<bool()>& condition) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

std::unique_ptr<AccessLog> open_log(const std::string& target, std::size_t writers = 1, log::Format format = log::Format::text) {
  auto log = AccessLog::open({.target = target, .format = format, .writers = writers});
  REQUIRE(log.has_value());
  return std::move(*log);
}

void write_path(AccessLog& log, std::size_t writer, std::string_view path) {
  AccessRecord record;
  record.path = path;
  record.status = 200;
  log.writer(writer).write(record);
}

}  // namespace

TEST_CASE("access log: off takes no record and makes no thread") {
  const auto log = open_log("off", 2);
  CHECK_FALSE(log->writer(0).enabled());
  write_path(*log, 1, "/");
  log->reopen();
  CHECK(log->dropped() == 0);
}

TEST_CASE("access log: a file that cannot be opened is a sentence") {
  const auto log = AccessLog::open({.target = "/nonexistent/dir/access.log"});
  REQUIRE_FALSE(log.has_value());
  CHECK(log.error() == "cannot open the access log /nonexistent/dir/access.log: No such file or directory");
}

TEST_CASE("access log: lines reach the file while the log is open, after rest too") {
  const Directory directory;
  const std::string path = directory / "access.log";
  const auto log = open_log(path);
  CHECK(log->writer(0).enabled());
  for (std::size_t n = 1; n <= 3; ++n) {
    write_path(*log, 0, "/one");
    CHECK(eventually([&] { return lines_of(path).size() == n; }));
    std::this_thread::sleep_for(std::chrono::milliseconds(350));  // the thread has gone to sleep for good
  }
}

TEST_CASE("access log: the end writes everything, of all writers, whole and in order per writer") {
  constexpr std::size_t kWriters = 3;
  constexpr int kLines = 2000;
  const Directory directory;
  const std::string path = directory / "access.log";
  {
    const auto log = open_log(path, kWriters, log::Format::json);
    std::vector<std::jthread> threads;
    for (std::size_t w = 0; w < kWriters; ++w) {
      threads.emplace_back([&log, w] {
        for (int i = 0; i < kLines; ++i) write_path(*log, w, "/w" + std::to_string(w) + "/" + std::to_string(i));
      });
    }
    threads.clear();
    CHECK(log->dropped() == 0);
  }
  const auto lines = lines_of(path);
  CHECK(lines.size() == kWriters * kLines);
  std::vector<int> next(kWriters, 0);
  for (const std::string& line : lines) {
    const std::size_t at = line.find("/w");
    REQUIRE(at != std::string::npos);
    const auto w = static_cast<std::size_t>(line[at + 2] - '0');
    const std::string expected = "\"path\":\"/w" + std::to_string(w) + "/" + std::to_string(next.at(w)++) + "\"";
    REQUIRE(line.find(expected) != std::string::npos);
  }
}

TEST_CASE("access log: reopened by its path after a rotation") {
  const Directory directory;
  const std::string path = directory / "access.log";
  const std::string rotated = directory / "access.log.1";
  const auto log = open_log(path);
  write_path(*log, 0, "/before");
  REQUIRE(eventually([&] { return lines_of(path).size() == 1; }));
  fs::rename(path, rotated);
  log->reopen();
  REQUIRE(eventually([&] { return fs::exists(path); }));
  write_path(*log, 0, "/after");
  CHECK(eventually([&] { return lines_of(path).size() == 1; }));
  CHECK(lines_of(path)[0].find("/after") != std::string::npos);
  CHECK(lines_of(rotated).size() == 1);
}

TEST_CASE("access log: a reopening that fails keeps the old file") {
  const Quiet quiet;
  const Directory directory;
  fs::create_directory(directory / "logs");
  const std::string path = directory / "logs/access.log";
  const auto log = open_log(path);
  fs::rename(directory / "logs", directory / "moved");
  log->reopen();
  write_path(*log, 0, "/after");
  CHECK(eventually([&] { return lines_of(directory / "moved/access.log").size() == 1; }));
}

TEST_CASE("access log: appended to what is there") {
  const Directory directory;
  const std::string path = directory / "access.log";
  std::ofstream(path) << "old\n";
  { write_path(*open_log(path), 0, "/new"); }
  const auto lines = lines_of(path);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == "old");
}

TEST_CASE("access log: a full disk costs the lines and is counted") {
  const Quiet quiet;
  const auto log = open_log("/dev/full");
  for (int i = 0; i < 5; ++i) write_path(*log, 0, "/lost");
  CHECK(eventually([&] { return log->dropped() == 5; }));
  write_path(*log, 0, "/lost");
  CHECK(eventually([&] { return log->dropped() == 6; }));
}

TEST_CASE("access log: a pipe whose reader is gone costs the lines, not the process") {
  const Quiet quiet;
  const Directory directory;
  const std::string path = directory / "pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
  const auto log = open_log(path);
  ::close(reader);
  write_path(*log, 0, "/lost");
  CHECK(eventually([&] { return log->dropped() == 1; }));
}

TEST_CASE("access log: a reader that stalls costs lines that exceed the ring, and no worker waits") {
  const Quiet quiet;
  const Directory directory;
  const std::string path = directory / "pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
  REQUIRE(reader >= 0);
  const std::string long_path(4000, 'p');
  constexpr std::uint64_t kWritten = 1000;  // about 4 MB against 1 MiB of ring and 64 KiB of pipe
  std::string got;
  std::uint64_t lost = 0;
  {
    const auto log = open_log(path);
    for (std::uint64_t i = 0; i < kWritten; ++i) write_path(*log, 0, long_path);
    CHECK(log->dropped() > 0);
    std::vector<char> buffer(1 << 16);
    REQUIRE(eventually([&] {  // the reader wakes up: everything that was kept arrives
      ssize_t size = 0;
      while ((size = ::read(reader, buffer.data(), buffer.size())) > 0) got.append(buffer.data(), static_cast<std::size_t>(size));
      lost = log->dropped();
      return static_cast<std::uint64_t>(std::ranges::count(got, '\n')) + lost == kWritten;
    }));
  }
  ::close(reader);
  CHECK(lost < kWritten);
  CHECK(got.starts_with("ACCESS ["));
  CHECK(got.ends_with("\n"));
}

TEST_CASE("access log: the end does not wait for a reader that stalls") {
  const Quiet quiet;
  const Directory directory;
  const std::string path = directory / "pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
  {
    const auto log = open_log(path);
    const std::string long_path(4000, 'p');
    for (int i = 0; i < 100; ++i) write_path(*log, 0, long_path);
  }
  ::close(reader);
}

TEST_CASE("access log: standard output is used as it is") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  std::fflush(stdout);
  const int saved = ::dup(STDOUT_FILENO);
  ::dup2(ends[1], STDOUT_FILENO);
  int flags = -1;
  {
    const auto log = open_log("-");
    write_path(*log, 0, "/stdout");
    log->reopen();
    flags = ::fcntl(ends[1], F_GETFL);
  }
  ::dup2(saved, STDOUT_FILENO);
  ::close(saved);
  ::close(ends[1]);
  std::string text(4096, '\0');
  const ssize_t size = ::read(ends[0], text.data(), text.size());
  ::close(ends[0]);
  REQUIRE(size > 0);
  text.resize(static_cast<std::size_t>(size));
  CHECK(text.find("/stdout") != std::string::npos);
  CHECK((flags & O_NONBLOCK) == 0);
}
