// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Tells whether a small system file is still the one that was read: identity, size and change times, through links. An absent file has
// the empty stamp. Reading is bounded.
//
// THREAD: any; pure but for the file system.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace nuncio {

struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0;

  static FileStamp of(const std::string& path);
  bool operator==(const FileStamp&) const = default;
};

// Empty when it cannot be read; at most 16 MiB of it.
std::string read_small_file(const std::string& path);

}  // namespace nuncio
