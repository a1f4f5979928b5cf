// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "http/h1_body.h"

#include <algorithm>

#include "base/arena.h"

namespace nuncio {

void H1Reader::start(Framing framing, std::uint64_t content_length) {
  framing_ = framing;
  left_ = framing == Framing::length ? content_length : 0;
  complete_ = framing == Framing::none || (framing == Framing::length && left_ == 0);
}

std::optional<std::uint64_t> H1Reader::left() const {
  if (framing_ == Framing::chunked || framing_ == Framing::until_close) return std::nullopt;
  return left_;
}

void H1Reader::take_lent() {
  if (lent_ == 0) return;
  stream_.consume(lent_);
  lent_ = 0;
}

std::size_t H1Reader::wanted_room() const {
  const bool long_body = framing_ == Framing::length ? left_ > ChunkPool::kSmall : large_;
  return long_body ? ChunkPool::kLarge : ChunkPool::kSmall;
}

bool H1Reader::poll(Result<Piece>& piece) {
  take_lent();
  for (;;) {
    if (complete_) {
      piece = Piece{{}, 0, true};
      return true;
    }
    if (!stream_.input().empty() && decode(piece)) return true;
    const auto got = stream_.try_read(wanted_room());
    if (!got) return false;
    if (!*got) {
      piece = std::unexpected(got->error());
      if (stream_.side() == Side::upstream && piece.error().reason == CloseReason::reset_before_head) {
        piece.error().reason = CloseReason::upstream_truncated;
      }
      return true;
    }
    if (**got == 0) {
      end_of_stream(piece);
      return true;
    }
    large_ = **got >= ChunkPool::kSmall;
  }
}

// False: what is there is no content yet.
bool H1Reader::decode(Result<Piece>& piece) {
  if (framing_ == Framing::chunked) return decode_chunked(piece);
  const std::string_view input = stream_.input();
  parts_[0] = framing_ == Framing::length ? input.substr(0, std::min<std::uint64_t>(left_, input.size())) : input;
  if (framing_ == Framing::length) {
    left_ -= parts_[0].size();
    complete_ = left_ == 0;
  }
  give(piece, 1, parts_[0].size(), parts_[0].size());
  return true;
}

bool H1Reader::decode_chunked(Result<Piece>& piece) {
  const auto step = decoder_.decode(stream_.input(), parts_);
  if (!step) {
    piece = std::unexpected(step.error());
    return true;
  }
  std::size_t size = 0;
  for (std::size_t i = 0; i < step->pieces; ++i) size += parts_[i].size();
  complete_ = decoder_.done();
  if (size == 0 && !complete_) {
    stream_.consume(step->consumed);
    return false;
  }
  give(piece, step->pieces, size, step->consumed);
  return true;
}

void H1Reader::give(Result<Piece>& piece, std::size_t parts, std::size_t size, std::size_t lent) {
  lent_ = lent;
  content_bytes_ += size;
  piece = Piece{{parts_.data(), parts}, size, complete_};
}

void H1Reader::end_of_stream(Result<Piece>& piece) {
  if (framing_ == Framing::until_close) {
    complete_ = true;
    piece = Piece{{}, 0, true};
    return;
  }
  const CloseReason reason = stream_.side() == Side::client ? CloseReason::bad_body : CloseReason::upstream_truncated;
  piece = failed(reason, stream_.side());
}

void H1Writer::start(std::string_view head, Framing framing) {
  head_ = head;
  framing_ = framing;
  finished_ = false;
}

void H1Writer::add(std::string_view bytes) {
  // iovec has no const; sendmsg does not write
  parts_[count_++] = iovec{const_cast<char*>(bytes.data()), bytes.size()};
}

void H1Writer::begin(const Piece& piece, const FieldList* trailers) {
  count_ = 0;
  last_ = piece.last;
  if (!head_.empty()) add(std::exchange(head_, {}));
  if (framing_ != Framing::none) {
    const bool chunk = framing_ == Framing::chunked && piece.size > 0;
    if (chunk) add({chunk_head_.data(), write_chunk_head(piece.size, chunk_head_)});
    for (const std::string_view part : piece.parts) add(part);
    if (chunk) add(kChunkEnd);
    if (framing_ == Framing::chunked && piece.last) add_last_chunk(trailers);
    content_bytes_ += piece.size;
  }
  pending_ = {parts_.data(), count_};
}

void H1Writer::add_last_chunk(const FieldList* trailers) {
  if (trailers == nullptr || trailers->size() == 0) return add(kLastChunk);
  std::size_t room = kLastChunk.size();
  for (const Field& field : trailers->all()) room += field.name.size() + field.value.size() + 4;
  const std::span<char> out{trailers->arena().allocate(room), room};
  add({out.data(), write_last_chunk(*trailers, out)});
}

bool H1Writer::push(Result<void>& result) {
  started_ = true;
  const auto written = stream_.try_write(pending_);
  if (!written) return false;
  result = *written;
  finished_ = result.has_value() && last_;
  return true;
}

}  // namespace nuncio
