// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "observe/log_sink.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <system_error>
#include <utility>

#include "base/log.h"

namespace nuncio::observe {

namespace {

constexpr int kPatienceMs = 2000;
constexpr int kPollMs = 100;

std::string reason_of(int error) {
  return std::generic_category().message(error);
}

// Standard descriptors are used as they are: opening /dev/stdout anew fails for sockets and for a changed user.
int standard_descriptor(const std::string& target) {
  if (target == "-" || target == "/dev/stdout" || target == "/dev/fd/1") return STDOUT_FILENO;
  if (target == "/dev/stderr" || target == "/dev/fd/2") return STDERR_FILENO;
  return -1;
}

// O_NONBLOCK belongs to this open file alone, and a FIFO without a reader must not hold up the start
int open_file(const std::string& path) {
  return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);
}

// the longest piece of whole lines within PIPE_BUF, or PIPE_BUF bytes of a longer line
std::size_t piece_for_pipe(std::string_view lines) {
  if (lines.size() <= PIPE_BUF) return lines.size();
  const std::size_t end = lines.rfind('\n', PIPE_BUF - 1);
  return end == std::string_view::npos ? PIPE_BUF : end + 1;
}

}  // namespace

std::expected<LogSink, std::string> LogSink::open(const std::string& target) {
  const int standard = standard_descriptor(target);
  const int descriptor = standard >= 0 ? standard : open_file(target);
  if (descriptor < 0) return std::unexpected(fmt::format("cannot open the access log {}: {}", target, reason_of(errno)));
  if (standard >= 0 && ::fcntl(standard, F_GETFD) < 0) {
    return std::unexpected(fmt::format("cannot write the access log to {}: {}", target, reason_of(errno)));
  }
  return LogSink(target, descriptor, standard < 0);
}

LogSink::LogSink(std::string target, int descriptor, bool owned)
    : target_(std::move(target)), descriptor_(descriptor), owned_(owned), patience_ms_(kPatienceMs) {
  look_at_kind();
}

LogSink::LogSink(LogSink&& other) noexcept
    : target_(std::move(other.target_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      owned_(std::exchange(other.owned_, false)),
      is_file_(other.is_file_),
      failing_(other.failing_),
      torn_(other.torn_),
      patience_ms_(other.patience_ms_) {}

LogSink::~LogSink() {
  if (owned_) ::close(descriptor_);
}

void LogSink::look_at_kind() {
  struct stat status {};
  is_file_ = ::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode);
}

void LogSink::reopen() {
  if (!owned_) return;
  const int fresh = open_file(target_);
  if (fresh < 0) {
    log::error("cannot open the access log {} again: {}; the old file stays in use", target_, reason_of(errno));
    return;
  }
  ::close(descriptor_);
  descriptor_ = fresh;
  torn_ = false;
  look_at_kind();
}

std::uint64_t LogSink::write(std::string_view lines, const std::atomic<bool>& ending) {
  if (torn_ && write_some("\n", ending).empty()) torn_ = false;
  const std::string_view left = write_some(lines, ending);
  return static_cast<std::uint64_t>(std::count(left.begin(), left.end(), '\n'));
}

// returns what could not be written
std::string_view LogSink::write_some(std::string_view lines, const std::atomic<bool>& ending) {
  while (!lines.empty()) {
    if (!is_file_ && !wait_writable(ending)) return lines;
    const std::size_t piece = is_file_ ? lines.size() : piece_for_pipe(lines);
    const ssize_t written = ::write(descriptor_, lines.data(), piece);
    if (written > 0) {
      torn_ = lines[static_cast<std::size_t>(written) - 1] != '\n';
      lines.remove_prefix(static_cast<std::size_t>(written));
      note_success();
    } else if (written == 0 || (errno != EINTR && errno != EAGAIN)) {
      note_failure(written == 0 ? EIO : errno);
      return lines;
    }
  }
  return lines;
}

bool LogSink::wait_writable(const std::atomic<bool>& ending) {
  pollfd ready{descriptor_, POLLOUT, 0};
  while (::poll(&ready, 1, kPollMs) <= 0) {
    if (!ending.load(std::memory_order_relaxed)) continue;
    patience_ms_ -= kPollMs;
    if (patience_ms_ <= 0) return false;
  }
  return true;
}

void LogSink::note_failure(int error) {
  if (!std::exchange(failing_, true)) log::error("the access log {} cannot be written: {}; lines are dropped", target_, reason_of(error));
}

void LogSink::note_success() {
  if (std::exchange(failing_, false)) log::info("the access log {} can be written again", target_);
}

}  // namespace nuncio::observe
