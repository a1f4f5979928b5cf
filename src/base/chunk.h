// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Pooled buffers: 16 KiB for heads and ordinary bodies, 64 KiB for large ones, anything else straight from the heap. A stream takes a
// Chunk when it becomes readable and lets go of it when it is drained, so an idle connection holds none (architecture 3.3). The most
// recently used buffer is handed out first, because it is still in the cache. The pool keeps a bounded number of free buffers.
//
// THREAD: a pool and its chunks belong to one loop. A chunk must not outlive its pool.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace nuncio {

class ChunkPool;

class Chunk {
 public:
  Chunk() = default;
  Chunk(Chunk&& other) noexcept : pool_(other.pool_), bytes_(std::move(other.bytes_)), capacity_(std::exchange(other.capacity_, 0)) {}
  Chunk& operator=(Chunk&& other) noexcept {
    if (this != &other) {
      release();
      pool_ = other.pool_;
      bytes_ = std::move(other.bytes_);
      capacity_ = std::exchange(other.capacity_, 0);
    }
    return *this;
  }
  ~Chunk() { release(); }

  explicit operator bool() const { return bytes_ != nullptr; }
  char* data() const { return bytes_.get(); }
  std::size_t capacity() const { return capacity_; }
  void release();

 private:
  friend class ChunkPool;
  Chunk(ChunkPool* pool, std::unique_ptr<char[]> bytes, std::size_t capacity)
      : pool_(pool), bytes_(std::move(bytes)), capacity_(capacity) {}

  ChunkPool* pool_ = nullptr;
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
};

class ChunkPool {
 public:
  static constexpr std::size_t kSmall = 16 * 1024;
  static constexpr std::size_t kLarge = 64 * 1024;

  ChunkPool() = default;
  ChunkPool(const ChunkPool&) = delete;
  ChunkPool& operator=(const ChunkPool&) = delete;

  // at least `bytes` large
  Chunk take(std::size_t bytes = kSmall);

 private:
  friend class Chunk;
  void put_back(std::unique_ptr<char[]> bytes, std::size_t capacity);

  std::vector<std::unique_ptr<char[]>> small_;
  std::vector<std::unique_ptr<char[]>> large_;
};

inline void Chunk::release() {
  if (bytes_ == nullptr) return;
  pool_->put_back(std::move(bytes_), std::exchange(capacity_, 0));
}

}  // namespace nuncio
