// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Bodies of HTTP/1 messages on a stream (RFC 9112 §6, §7). H1Reader takes a body off by its framing; H1Writer frames a message anew: a
// head that was handed over goes out in one write with the first piece. Neither copies content. Both belong to one exchange at a time
// and refer to the connection's stream.
//
// Errors of the reader: `bad_body` from a client, `upstream_malformed` or `upstream_truncated` from an upstream, what the stream says,
// or the limit's reason. Units: bytes.
#pragma once

#include <sys/uio.h>

#include <array>

#include "http/h1_chunked.h"
#include "net/stream.h"
#include "nuncio/body.h"

namespace nuncio {

class H1Reader final : public BodySource {
 public:
  // `trailers` keeps what a chunked body ends with; `limit` is how long the body may be silent
  H1Reader(Stream& stream, FieldList& trailers, Limit limit)
      : stream_(stream), trailers_(trailers), limit_(limit), decoder_(stream.side(), trailers) {}

  void start(Framing framing, std::uint64_t content_length);
  void set_limit(Limit limit) { limit_ = limit; }

  bool poll(Result<Piece>& piece) override;
  std::optional<std::uint64_t> left() const override;
  bool complete() const override { return complete_; }
  const FieldList& trailers() const override { return trailers_; }
  // takes the last piece off the stream, so that the next message may be read
  void finish() { take_lent(); }
  std::uint64_t content_bytes() const { return content_bytes_; }

 private:
  void park(Operation& operation) override { stream_.park_reader(operation, limit_); }
  void take_lent();
  bool decode(Result<Piece>& piece);
  bool decode_chunked(Result<Piece>& piece);
  void give(Result<Piece>& piece, std::size_t parts, std::size_t size, std::size_t lent);
  void end_of_stream(Result<Piece>& piece);
  std::size_t wanted_room() const;

  Stream& stream_;
  FieldList& trailers_;
  Limit limit_;
  ChunkedDecoder decoder_;
  std::array<std::string_view, 16> parts_;
  std::uint64_t left_ = 0;  // of a body with a length
  std::uint64_t content_bytes_ = 0;
  std::size_t lent_ = 0;  // bytes of the stream's input that the last piece names
  Framing framing_ = Framing::none;
  bool complete_ = true;
  bool large_ = false;  // the last read filled its buffer: a larger one saves calls
};

class H1Writer final : public BodySink {
 public:
  H1Writer(Stream& stream, Limit limit) : stream_(stream), limit_(limit) {}

  // The next send() begins with these bytes, which must stay until it completes. The pieces after them are framed like this.
  void start(std::string_view head, Framing framing);
  void set_limit(Limit limit) { limit_ = limit; }
  std::uint64_t content_bytes() const { return content_bytes_; }
  bool started() const { return started_; }    // some of the message may have gone out
  bool finished() const { return finished_; }  // the whole message has

 private:
  void begin(const Piece& piece, const FieldList* trailers) override;
  bool push(Result<void>& result) override;
  void park(Operation& operation) override { stream_.park_writer(operation, limit_); }
  void add(std::string_view bytes);
  void add_last_chunk(const FieldList* trailers);

  Stream& stream_;
  Limit limit_;
  std::string_view head_;
  std::array<char, kMaxChunkHead> chunk_head_;
  std::array<iovec, 22> parts_;  // head, chunk head, 16 parts, two line ends
  std::size_t count_ = 0;
  std::span<iovec> pending_;
  std::uint64_t content_bytes_ = 0;
  Framing framing_ = Framing::none;
  bool last_ = false;
  bool started_ = false;
  bool finished_ = false;
};

}  // namespace nuncio
