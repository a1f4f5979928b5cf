// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The access log (architecture 3.1 rule 9). Each worker owns a Writer: it makes the line in place in a bounded ring with one producer,
// without a heap allocation, a lock or a system call. One log thread empties the rings into the file, at the latest 200 ms after the
// line was made; with no traffic it sleeps for good and uses no CPU.
//
// A ring that is full drops the line and counts it. A full disk, a closed pipe or a reader that stalls costs lines, which are counted
// and reported once; it never holds up a worker. Descriptors that nuncio inherited keep their flags (no O_NONBLOCK): pipes and terminals
// are polled and get at most PIPE_BUF bytes at a time.
//
// THREAD: open, writer, reopen, dropped and the destructor: any one thread at a time; Writer::write: its worker only, and not after the
// destructor began. reopen() only sets a flag and may be called in a signal handler.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "base/log.h"
#include "observe/access_record.h"

namespace nuncio::observe {

struct AccessLogSettings {
  std::string target = "-";  // a file's path (appended to), "-" for standard output, "off"
  log::Format format = log::Format::text;
  std::size_t writers = 1;           // one per worker
  std::size_t ring_bytes = 1 << 20;  // bound of each writer's ring; at least 256 KiB
};

class AccessLog {
  struct Private {};  // only open() makes logs and writers

 public:
  class Writer;

  // Starts the log thread (none for "off"). The error is a sentence for the user.
  static std::expected<std::unique_ptr<AccessLog>, std::string> open(const AccessLogSettings& settings);
  explicit AccessLog(Private);
  // Ends the thread after everything in the rings is written; a reader that stalls gets two seconds, then the rest is dropped.
  ~AccessLog();
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  Writer& writer(std::size_t index);
  // The file is opened anew by its path before the next line is written (after a rotation). Nothing happens for standard output.
  void reopen();
  // lines lost since the start: full rings and failed writes
  std::uint64_t dropped() const;

 private:
  struct Thread;
  std::unique_ptr<Thread> thread_;
};

class AccessLog::Writer {
 public:
  // False when the log is off: then there is no need to collect a record.
  bool enabled() const { return line_ != nullptr; }
  void write(const AccessRecord& record);

  explicit Writer(Private);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

 private:
  friend class AccessLog;
  friend struct AccessLog::Thread;
  struct Line;
  std::unique_ptr<Line> line_;
};

}  // namespace nuncio::observe
