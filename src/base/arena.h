// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The memory of one exchange: bump allocation in pooled chunks, everything freed at once by reset() or the destructor. Destructors of
// what lies in it are not run: it holds bytes and trivial structs only. Allocations beyond a chunk get a block of their own.
// A fresh arena holds no memory.
#pragma once

#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/chunk.h"

namespace nuncio {

class Arena {
 public:
  explicit Arena(ChunkPool& pool) : pool_(&pool) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  char* allocate(std::size_t bytes) {
    if (bytes > left_) return allocate_slowly(bytes);
    char* start = next_;
    next_ += bytes;
    left_ -= bytes;
    return start;
  }

  template <class T>
  T* allocate_array(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    const std::size_t misaligned = reinterpret_cast<std::size_t>(next_) % alignof(T);
    if (misaligned != 0 && left_ >= alignof(T)) allocate(alignof(T) - misaligned);
    if (count * sizeof(T) > left_) return reinterpret_cast<T*>(allocate_slowly(count * sizeof(T)));  // a block begins aligned
    return reinterpret_cast<T*>(allocate(count * sizeof(T)));
  }

  std::string_view copy(std::string_view text) { return concat({text}); }

  std::string_view concat(std::initializer_list<std::string_view> parts) {
    std::size_t size = 0;
    for (const std::string_view part : parts) size += part.size();
    char* start = allocate(size);
    char* end = start;
    for (const std::string_view part : parts) {
      if (!part.empty()) std::memcpy(end, part.data(), part.size());
      end += part.size();
    }
    return {start, size};
  }

  void reset() {
    first_.release();
    more_.clear();
    next_ = nullptr;
    left_ = 0;
  }

 private:
  char* allocate_slowly(std::size_t bytes);

  ChunkPool* pool_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
  Chunk first_;
  std::vector<Chunk> more_;
};

}  // namespace nuncio
