// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "net/stream.h"

#include <event2/event.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace nuncio {

namespace {

constexpr std::size_t kCopyBelow = 4096;

// A head and a small body cost less copied together than described to the kernel as two.
ssize_t send_parts(int fd, std::span<const iovec> parts) {
  std::size_t size = 0;
  for (const iovec& part : parts) size += part.iov_len;
  if (parts.size() == 1) return ::send(fd, parts.front().iov_base, size, MSG_NOSIGNAL);
  if (size <= kCopyBelow) {
    std::array<char, kCopyBelow> together;
    char* end = together.data();
    for (const iovec& part : parts) {
      if (part.iov_len > 0) std::memcpy(end, part.iov_base, part.iov_len);
      end += part.iov_len;
    }
    return ::send(fd, together.data(), size, MSG_NOSIGNAL);
  }
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts.data());
  message.msg_iovlen = parts.size();
  return ::sendmsg(fd, &message, MSG_NOSIGNAL);
}

}  // namespace

Stream::Stream(Loop& loop, Fd fd, Side side)
    : loop_(loop),
      fd_(std::move(fd)),
      deadline_(
          loop.deadlines(), [](void* self) { static_cast<Stream*>(self)->on_deadline(); }, this),
      side_(side) {
  const auto on_event = [](evutil_socket_t, short what, void* self) { static_cast<Stream*>(self)->on_event(what); };
  event_.reset(event_new(loop.base(), fd_.get(), EV_READ | EV_WRITE | EV_CLOSED | EV_ET | EV_PERSIST, on_event, this));
  if (event_ == nullptr || event_add(event_.get(), nullptr) != 0) failed_ = ENOMEM;
}

Stream::~Stream() = default;

void Stream::consume(std::size_t bytes) {
  begin_ += static_cast<std::uint32_t>(bytes);
  if (begin_ != end_) return;
  in_.release();
  begin_ = end_ = 0;
}

void Stream::on_event(short what) {
  // A reset is announced as both directions; the calls that follow find out.
  if ((what & EV_READ) != 0) readable_ = true;
  if ((what & EV_CLOSED) != 0) readable_ = hup_ = true;
  if ((what & EV_WRITE) != 0) writable_ = true;
  const task::Batch batch;  // a coroutine that is woken here may destroy this stream
  if (writer_ != nullptr && writable_) try_writer();
  if (reader_ != nullptr && readable_) {
    try_reader();
  } else if (watcher_ != nullptr && readable_) {
    watcher_->stream_event();
  }
}

void Stream::next_turn() {
  on_event(0);
}

void Stream::try_reader() {
  if (!reader_->attempt()) return;
  read_by_ = Deadline::kNever;
  std::exchange(reader_, nullptr)->finish();
}

void Stream::try_writer() {
  if (!writer_->attempt()) return;
  write_by_ = Deadline::kNever;
  std::exchange(writer_, nullptr)->finish();
}

void Stream::arm_deadline() {
  const std::uint64_t first = std::min(read_by_, write_by_);
  if (first < deadline_.at()) deadline_.set(first);
}

// The wheel's entry may be earlier than both limits, because an operation that completed leaves it where it was.
void Stream::on_deadline() {
  const task::Batch batch;
  const std::uint64_t now = loop_.now_ms();
  if (read_by_ <= now) {
    read_by_ = Deadline::kNever;
    read_expired_ = true;
    if (reader_ != nullptr) try_reader();
    read_expired_ = false;
  }
  if (write_by_ <= now) {
    write_by_ = Deadline::kNever;
    write_expired_ = true;
    if (writer_ != nullptr) try_writer();
    write_expired_ = false;
  }
  arm_deadline();
}

Error Stream::socket_error(int code) const {
  const CloseReason reason = side_ == Side::client ? CloseReason::client_closed : CloseReason::reset_before_head;
  return Error{reason, side_, side_ == Side::upstream ? Retry::if_reused : Retry::never, code};
}

std::optional<Error> Stream::read_failure() const {
  if (read_cancel_) return read_cancel_;
  if (read_expired_) return Error{read_reason_, side_, Retry::never, ETIMEDOUT};
  if (failed_ != 0) return socket_error(failed_);
  return std::nullopt;
}

std::optional<Error> Stream::write_failure() const {
  if (write_cancel_) return write_cancel_;
  if (write_expired_) return Error{write_reason_, side_, Retry::never, ETIMEDOUT};
  if (failed_ != 0) return socket_error(failed_);
  return std::nullopt;
}

bool Stream::over_budget() {
  if (budget_turn_ != loop_.turn()) {
    budget_turn_ = loop_.turn();
    turn_bytes_ = 0;
  }
  return turn_bytes_ >= kTurnBytes;
}

void Stream::make_room(std::size_t room) {
  if (!in_) {
    in_ = loop_.chunks().take(room);
    return;
  }
  const std::size_t unread = end_ - begin_;
  if (end_ == in_.capacity() && begin_ == 0) {  // full: a larger one
    Chunk larger = loop_.chunks().take(std::max(room, in_.capacity() * 4));
    std::memcpy(larger.data(), in_.data(), unread);
    in_ = std::move(larger);
  } else if (end_ == in_.capacity()) {
    std::memmove(in_.data(), in_.data() + begin_, unread);
    begin_ = 0;
    end_ = static_cast<std::uint32_t>(unread);
  }
}

std::optional<Result<std::size_t>> Stream::try_read(std::size_t room) {
  if (const auto error = read_failure()) return Result<std::size_t>(std::unexpected(*error));
  if (eof_) return Result<std::size_t>(0);
  if (!readable_ && !unverified_) return std::nullopt;
  if (over_budget()) {
    readable_ = true;
    loop_.defer(*this);
    return std::nullopt;
  }
  make_room(room);
  const std::size_t space = in_.capacity() - end_;
  const ssize_t got = ::recv(fd_.get(), in_.data() + end_, space, 0);
  if (got > 0) {
    end_ += static_cast<std::uint32_t>(got);
    bytes_in_ += static_cast<std::uint64_t>(got);
    turn_bytes_ += static_cast<std::uint32_t>(got);
    if (static_cast<std::size_t>(got) < space && !hup_) {
      // libevent announces bytes with a reset behind them as it does bytes alone. Before anybody waits for more, one more call has to
      // find out; an answer that is written first finds out as well, so a keep-alive request costs nothing.
      readable_ = false;
      unverified_ = true;
    }
    return Result<std::size_t>(static_cast<std::size_t>(got));
  }
  const int code = errno;
  if (begin_ == end_) consume(0);
  if (got == 0) {
    eof_ = true;
    return Result<std::size_t>(0);
  }
  if (code == EAGAIN || code == EINTR) {
    unverified_ = false;
    readable_ = code == EINTR;
    if (readable_) loop_.defer(*this);
    return std::nullopt;
  }
  failed_ = code;
  return Result<std::size_t>(std::unexpected(socket_error(code)));
}

void Stream::park_reader(Operation& operation, Limit limit) {
  reader_ = &operation;
  if (limit.ms == 0) return;
  read_reason_ = limit.reason;
  read_by_ = loop_.now_ms() + limit.ms;
  arm_deadline();
}

void Stream::park_writer(Operation& operation, Limit limit) {
  writer_ = &operation;
  write_limit_ms_ = limit.ms;
  if (limit.ms == 0) return;
  write_reason_ = limit.reason;
  write_by_ = loop_.now_ms() + limit.ms;
  arm_deadline();
}

std::optional<Result<void>> Stream::try_write(std::span<iovec>& parts) {
  if (const auto error = write_failure()) return Result<void>(std::unexpected(*error));
  for (;;) {
    while (!parts.empty() && parts.front().iov_len == 0) parts = parts.subspan(1);
    if (parts.empty()) return Result<void>();
    if (!writable_) return std::nullopt;
    const ssize_t sent = send_parts(fd_.get(), parts);
    if (sent >= 0) {
      mark_written(parts, static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      writable_ = false;
    } else if (errno != EINTR) {
      return Result<void>(std::unexpected(socket_error(errno)));
    }
  }
}

// A slow peer has its limit anew whenever it took something.
void Stream::mark_written(std::span<iovec>& parts, std::size_t bytes) {
  bytes_out_ += bytes;
  unverified_ = false;
  if (write_by_ != Deadline::kNever) write_by_ = loop_.now_ms() + write_limit_ms_;
  while (bytes > 0) {
    iovec& part = parts.front();
    const std::size_t step = std::min(bytes, part.iov_len);
    part.iov_base = static_cast<char*>(part.iov_base) + step;
    part.iov_len -= step;
    bytes -= step;
    if (part.iov_len == 0) parts = parts.subspan(1);
  }
}

std::optional<Result<void>> Stream::try_connect() {
  if (const auto error = write_failure()) return Result<void>(std::unexpected(*error));
  if (!writable_) return std::nullopt;
  int code = 0;
  socklen_t size = sizeof code;
  ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &code, &size);
  if (code == 0) return Result<void>();
  const CloseReason reason = code == ECONNREFUSED ? CloseReason::connect_refused : CloseReason::connect_failed;
  return Result<void>(failed(reason, side_, Retry::yes, code));
}

void Stream::cancel_read(Error error) {
  if (!read_cancel_) read_cancel_ = error;
  if (reader_ != nullptr) try_reader();
}

void Stream::cancel_write(Error error) {
  if (!write_cancel_) write_cancel_ = error;
  if (writer_ != nullptr) try_writer();
}

void Stream::abort(Error error) {
  const task::Batch batch;
  cancel_read(error);
  cancel_write(error);
}

void Stream::forget_cancel() {
  read_cancel_.reset();
  write_cancel_.reset();
}

bool Stream::was_reset() {
  int code = 0;
  socklen_t size = sizeof code;
  ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &code, &size);
  if (code != 0) failed_ = code;
  return failed_ != 0;
}

void Stream::finish_writing() {
  ::shutdown(fd_.get(), SHUT_WR);
}

void Stream::reset_on_close() {
  const linger abortive{1, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &abortive, sizeof abortive);
}

}  // namespace nuncio
