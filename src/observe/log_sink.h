// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Where the log thread writes to. A regular file gets everything in one write; anything else (pipe, terminal, socket) is polled first and
// gets pieces of at most PIPE_BUF bytes that end at a line's end where possible: such a write does not block, though the descriptor may
// be a blocking one that others share, and lines of several writers of one pipe do not mix.
//
// A write that fails loses the lines that it had left; the first failure of a row is reported, and so is the recovery. A line that was
// torn by a failure is ended before the next one begins.
//
// THREAD: the log thread (open: the thread that starts it).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace nuncio::observe {

class LogSink {
 public:
  // `target`: a path, or "-", "/dev/stdout", "/dev/fd/1" for standard output; likewise "/dev/stderr", "/dev/fd/2"
  static std::expected<LogSink, std::string> open(const std::string& target);
  LogSink(LogSink&& other) noexcept;
  LogSink& operator=(LogSink&&) = delete;
  ~LogSink();

  // Returns how many lines were lost. Waits for a reader that stalls; once `ending` is true, for two seconds in all.
  std::uint64_t write(std::string_view lines, const std::atomic<bool>& ending);
  // A file is opened anew by its path; when that fails, the old one stays in use, with a message.
  void reopen();

 private:
  LogSink(std::string target, int descriptor, bool owned);
  void look_at_kind();
  bool wait_writable(const std::atomic<bool>& ending);
  std::string_view write_some(std::string_view lines, const std::atomic<bool>& ending);
  void note_failure(int error);
  void note_success();

  std::string target_;
  int descriptor_;
  bool owned_;
  bool is_file_ = false;
  bool failing_ = false;
  bool torn_ = false;  // the last thing written is not a whole line
  int patience_ms_;
};

}  // namespace nuncio::observe
