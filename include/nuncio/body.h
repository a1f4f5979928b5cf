// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Bodies in motion. A BodySource is pulled: next() completes with a piece of content when one is there, and nothing is read before
// somebody asks, so backpressure is a property of the interface. A BodySink takes pieces and completes when they have been handed to
// the connection. Both are leaf operations: no coroutine frame per piece.
//
// A piece is views into the source's buffers; they stay valid until the next call of next() or poll().
// Errors: the source says why its body could not be completed (a cut or malformed body, a limit, a cancel); the sink why it could not
// be sent. A failed source or sink stays failed.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/task.h"
#include "nuncio/message.h"
#include "nuncio/result.h"

namespace nuncio {

struct Piece {
  std::span<const std::string_view> parts;
  std::size_t size = 0;  // bytes of all parts
  bool last = false;     // the body is complete with this piece; its trailers are known
};

class BodySource {
 public:
  class Next final : public Operation {
   public:
    explicit Next(BodySource& source) : source_(source) {}
    bool attempt() override { return source_.poll(result_); }
    Result<Piece> await_resume() const { return result_; }

   private:
    void park() override { source_.park(*this); }
    BodySource& source_;
    Result<Piece> result_;
  };

  Next next() { return Next(*this); }
  // one try without waiting; false: nothing is there yet
  virtual bool poll(Result<Piece>& piece) = 0;
  // how many bytes are still to come, when that is known
  virtual std::optional<std::uint64_t> left() const = 0;
  virtual bool complete() const = 0;
  // the trailer section; REQUIRES: complete()
  virtual const FieldList& trailers() const = 0;

 protected:
  ~BodySource() = default;
  virtual void park(Operation& operation) = 0;
};

class BodySink {
 public:
  class Send final : public Operation {
   public:
    explicit Send(BodySink& sink) : sink_(sink) {}
    bool attempt() override { return sink_.push(result_); }
    Result<void> await_resume() const { return result_; }

   private:
    void park() override { sink_.park(*this); }
    BodySink& sink_;
    Result<void> result_;
  };

  // `trailers` go out behind a last piece, where the protocol can carry them; null: there are none
  Send send(const Piece& piece, const FieldList* trailers = nullptr) {
    begin(piece, trailers);
    return Send(*this);
  }

 protected:
  ~BodySink() = default;
  virtual void begin(const Piece& piece, const FieldList* trailers) = 0;
  virtual bool push(Result<void>& result) = 0;
  virtual void park(Operation& operation) = 0;
};

}  // namespace nuncio
