// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "observe/access_log.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <csignal>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "observe/access_line.h"
#include "observe/counters.h"
#include "observe/line_ring.h"
#include "observe/log_sink.h"
#include "observe/waker.h"

namespace nuncio::observe {

namespace {

constexpr int kTickMs = 100;
constexpr std::size_t kMinRingBytes = 1 << 18;  // a reservation is at most half of it
static_assert(kMaxAccessLineBytes <= kMinRingBytes / 2);
// A ring is released in pieces of about this size, so that a slow reader frees room early.
constexpr std::size_t kPieceBytes = 1 << 16;
// Of one ring in a row, so that a busy worker cannot hold up the others' lines; more than a full ring has.
constexpr int kPiecesInRow = 64;
constexpr auto kReportEvery = std::chrono::minutes(1);

// Blocks the signals that others handle, for the thread that is made meanwhile (SIGPIPE and SIGXFSZ of a write among them).
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT}) sigdelset(&all, fault);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

std::string_view whole_lines(std::string_view bytes) {
  if (bytes.size() <= kPieceBytes) return bytes;
  return bytes.substr(0, bytes.find('\n', kPieceBytes) + 1);
}

}  // namespace

// What one writer and the log thread share
struct AccessLog::Writer::Line {
  Line(log::Format line_format, std::size_t ring_bytes, Waker& log_waker) : format(line_format), ring(ring_bytes), waker(log_waker) {}

  // A ring that fills faster than the thread looks at it asks for attention once per crossing of its half.
  void after_write() {
    if (!ring.above_half()) {
      asked = false;
    } else if (!std::exchange(asked, true)) {
      waker.wake();
    }
    waker.poke();
  }

  const log::Format format;
  LineRing ring;
  Waker& waker;
  TimestampCache timestamps;
  bool asked = false;
  Counter dropped;
};

struct AccessLog::Thread {
  void run();
  bool drain();
  void report_drops();
  std::uint64_t dropped() const;

  std::optional<LogSink> sink;  // nothing when the log is off
  Waker waker;
  std::vector<std::unique_ptr<Writer>> writers;
  std::atomic<bool> ending{false};
  std::atomic<bool> reopening{false};
  Counter lost;  // by failed writes
  std::uint64_t reported = 0;
  std::optional<std::chrono::steady_clock::time_point> last_report;
  std::thread thread;
};

void AccessLog::Thread::run() {
  for (;;) {
    const bool last = ending.load();
    if (reopening.exchange(false)) sink->reopen();
    const bool moved = drain();
    report_drops();
    if (last) return;
    if (moved) {
      waker.cancel_sleep();
      waker.wait(kTickMs);
    } else if (!waker.announced()) {
      waker.announce_sleep();
      waker.wait(kTickMs);
    } else {
      waker.wait(-1);
    }
  }
}

bool AccessLog::Thread::drain() {
  bool moved = false;
  for (const auto& writer : writers) {
    LineRing& ring = writer->line_->ring;
    for (int i = 0; i < kPiecesInRow; ++i) {
      const std::string_view piece = whole_lines(ring.readable());
      if (piece.empty()) break;
      const std::uint64_t lost_now = sink->write(piece, ending);
      if (lost_now > 0) lost.add(lost_now);
      ring.release(piece.size());
      moved = true;
    }
  }
  return moved;
}

void AccessLog::Thread::report_drops() {
  const std::uint64_t now_dropped = dropped() - lost.get();  // the sink speaks for its own
  const auto now = std::chrono::steady_clock::now();
  if (now_dropped == reported || (last_report && now - *last_report < kReportEvery)) return;
  log::warning("the access log is slower than the traffic: {} lines dropped", now_dropped - reported);
  reported = now_dropped;
  last_report = now;
}

std::uint64_t AccessLog::Thread::dropped() const {
  std::uint64_t sum = lost.get();
  for (const auto& writer : writers) sum += writer->enabled() ? writer->line_->dropped.get() : 0;
  return sum;
}

AccessLog::AccessLog(Private) : thread_(std::make_unique<Thread>()) {}

std::expected<std::unique_ptr<AccessLog>, std::string> AccessLog::open(const AccessLogSettings& settings) {
  auto log = std::make_unique<AccessLog>(Private());
  Thread& thread = *log->thread_;
  for (std::size_t i = 0; i < settings.writers; ++i) thread.writers.push_back(std::make_unique<Writer>(Private()));
  if (settings.target == "off") return log;

  auto sink = LogSink::open(settings.target);
  if (!sink) return std::unexpected(std::move(sink).error());
  if (!thread.waker.usable()) return std::unexpected("cannot start the access log: no descriptor is left");
  thread.sink.emplace(std::move(*sink));
  const std::size_t ring_bytes = std::bit_ceil(std::max(settings.ring_bytes, kMinRingBytes));
  for (const auto& writer : thread.writers) writer->line_ = std::make_unique<Writer::Line>(settings.format, ring_bytes, thread.waker);
  try {
    const SignalsBlocked blocked;
    thread.thread = std::thread([&thread] { thread.run(); });
  } catch (const std::system_error& error) {
    return std::unexpected(std::string("cannot start the access log's thread: ") + error.what());
  }
  return log;
}

AccessLog::~AccessLog() {
  if (!thread_->thread.joinable()) return;
  thread_->ending.store(true);
  thread_->waker.wake();
  thread_->thread.join();
}

AccessLog::Writer& AccessLog::writer(std::size_t index) {
  return *thread_->writers[index];
}

void AccessLog::reopen() {
  thread_->reopening.store(true);
  thread_->waker.wake();
}

std::uint64_t AccessLog::dropped() const {
  return thread_->dropped();
}

AccessLog::Writer::Writer(Private) {}
AccessLog::Writer::~Writer() = default;

void AccessLog::Writer::write(const AccessRecord& record) {
  if (!line_) return;
  Line& line = *line_;
  char* const start = line.ring.reserve(access_line_bound(record));
  if (start == nullptr) {
    line.dropped.add();
  } else {
    char* const end = line.format == log::Format::json ? write_json_line(start, record, line.timestamps)
                                                       : write_text_line(start, record, line.timestamps);
    line.ring.commit(static_cast<std::size_t>(end - start));
  }
  line.after_write();
}

}  // namespace nuncio::observe
