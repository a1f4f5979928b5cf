// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Bytes of one connection, both directions, on one loop (architecture 3.3). Owns the descriptor, its libevent event and, only while
// there are unread bytes, one input buffer. The event is added once, edge-triggered, and never modified: readiness lives here,
// backpressure is not reading.
//
// Each direction has at most one waiter. Every wait has a limit (ms) and the reason that it ends with; a limit that passes, a cancel
// or a failed call completes the operation with an Error whose side is the stream's side. cancel_read and cancel_write end one
// direction and leave the other usable; they stay in force for later operations until forget_cancel().
//
// A stream reads at most kTurnBytes per turn of the loop, then it goes on in the next one, so that a fast peer cannot keep the loop.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/task.h"
#include "net/loop.h"
#include "net/socket.h"

namespace nuncio {

// How long an operation may wait, and what it ends with when it waited longer. 0 ms: for ever.
struct Limit {
  std::uint32_t ms = 0;
  CloseReason reason = CloseReason::internal_error;
};

class Stream final : private Loop::Deferred {
 public:
  static constexpr std::size_t kTurnBytes = 256 * 1024;

  // Whoever wants to know that something came in, or that the peer went away, while nobody reads. One at a time.
  class Watcher {
   public:
    virtual void stream_event() = 0;

   protected:
    ~Watcher() = default;
  };

  Stream(Loop& loop, Fd fd, Side side);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream();

  // The unread bytes. Valid until the next read() or consume() that empties them.
  std::string_view input() const { return {in_.data() + begin_, end_ - begin_}; }
  void consume(std::size_t bytes);
  bool input_full() const { return in_ && begin_ == 0 && end_ == in_.capacity(); }

  // More input, beside what is unread; one try without waiting. The value is how many bytes came, 0: the peer has finished sending;
  // nothing: no byte is there yet. `room`: how large a new buffer should be.
  std::optional<Result<std::size_t>> try_read(std::size_t room = ChunkPool::kSmall);
  // Sends what the socket takes and moves `parts` behind it; nothing: there is more to send, and the socket is full.
  std::optional<Result<void>> try_write(std::span<iovec>& parts);
  // `operation` is attempted when the direction may go on, was cancelled, or the limit has passed (then a try fails with its reason).
  void park_reader(Operation& operation, Limit limit);
  void park_writer(Operation& operation, Limit limit);

  class Read final : public Operation {
   public:
    Read(Stream& stream, Limit limit) : stream_(stream), limit_(limit) {}
    bool attempt() override { return (result_ = stream_.try_read()).has_value(); }
    Result<std::size_t> await_resume() const { return *result_; }

   private:
    void park() override { stream_.park_reader(*this, limit_); }
    Stream& stream_;
    Limit limit_;
    std::optional<Result<std::size_t>> result_;
  };
  // like try_read(), but waits
  Read read(Limit limit) { return Read(*this, limit); }

  class Write final : public Operation {
   public:
    Write(Stream& stream, std::span<iovec> parts, Limit limit) : stream_(stream), parts_(parts), limit_(limit) {}
    bool attempt() override { return (result_ = stream_.try_write(parts_)).has_value(); }
    Result<void> await_resume() const { return *result_; }

   private:
    void park() override { stream_.park_writer(*this, limit_); }
    Stream& stream_;
    std::span<iovec> parts_;
    Limit limit_;
    std::optional<Result<void>> result_;
  };
  // Everything, or an error. The parts are changed on the way; they and what they name must stay until it completes.
  Write write(std::span<iovec> parts, Limit limit) { return Write(*this, parts, limit); }

  class Connect final : public Operation {
   public:
    Connect(Stream& stream, Limit limit) : stream_(stream), limit_(limit) {}
    bool attempt() override { return (result_ = stream_.try_connect()).has_value(); }
    Result<void> await_resume() const { return *result_; }

   private:
    void park() override { stream_.park_writer(*this, limit_); }
    Stream& stream_;
    Limit limit_;
    std::optional<Result<void>> result_;
  };
  // Completes when the connection that was being made (start_connect) stands.
  Connect connected(Limit limit) { return Connect(*this, limit); }

  void cancel_read(Error error);
  void cancel_write(Error error);
  void abort(Error error);
  void forget_cancel();

  // REQUIRES: the descriptor's connect() is under way
  void expect_connect() { writable_ = false; }

  void watch(Watcher* watcher) { watcher_ = watcher; }
  // Looks whether the connection was reset; takes no byte away.
  bool was_reset();
  // There is something in the socket, or its end. False when certainly not.
  bool may_have_input() const { return readable_ || hup_ || eof_; }

  void finish_writing();  // FIN: the peer reads its end
  // The next close() sends a reset: a peer must not take what it got for complete.
  void reset_on_close();

  Loop& loop() { return loop_; }
  Side side() const { return side_; }
  int fd() const { return fd_.get(); }
  std::uint64_t bytes_in() const { return bytes_in_; }
  std::uint64_t bytes_out() const { return bytes_out_; }

 private:
  void on_event(short what);
  void mark_written(std::span<iovec>& parts, std::size_t bytes);
  void on_deadline();
  void next_turn() override;
  void try_reader();
  void try_writer();
  std::optional<Error> read_failure() const;
  std::optional<Error> write_failure() const;
  bool over_budget();
  void make_room(std::size_t room);
  std::optional<Result<void>> try_connect();
  void arm_deadline();
  Error socket_error(int code) const;

  Loop& loop_;
  Fd fd_;
  EventPtr event_;
  Chunk in_;
  std::uint32_t begin_ = 0;
  std::uint32_t end_ = 0;
  Operation* reader_ = nullptr;
  Operation* writer_ = nullptr;
  Watcher* watcher_ = nullptr;

  Deadline deadline_;
  std::uint64_t read_by_ = Deadline::kNever;
  std::uint64_t write_by_ = Deadline::kNever;
  std::optional<Error> read_cancel_;
  std::optional<Error> write_cancel_;
  CloseReason read_reason_ = CloseReason::internal_error;
  CloseReason write_reason_ = CloseReason::internal_error;
  std::uint32_t write_limit_ms_ = 0;

  std::uint64_t bytes_in_ = 0;
  std::uint64_t bytes_out_ = 0;
  std::uint64_t budget_turn_ = 0;
  std::uint32_t turn_bytes_ = 0;
  int failed_ = 0;  // errno of a broken connection
  Side side_;
  bool readable_ = false;
  bool writable_ = true;
  bool hup_ = false;         // the FIN has been announced: read on until it is seen, even after a short read
  bool unverified_ = false;  // after a short read: a reset that was announced together with the bytes has not been seen
  bool eof_ = false;
  bool read_expired_ = false;
  bool write_expired_ = false;
};

}  // namespace nuncio
