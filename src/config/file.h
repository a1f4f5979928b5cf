// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The only I/O of the configuration: which files a directory holds, and their text. Only regular files are read, links to them
// followed; a FIFO, device or socket of a fitting name is never waited for (spec: http-rules 29).
#pragma once

#include <cstddef>
#include <expected>
#include <filesystem>
#include <string>
#include <vector>

namespace nuncio::config {

inline constexpr std::size_t kMostFileBytes = std::size_t{64} << 20;

// A sentence without the name of the file. `regular` false: there is something of another type, which is not a fault.
struct FileProblem {
  std::string message;
  bool regular = true;
};

// without a byte order mark
std::expected<std::string, FileProblem> read_file(const std::filesystem::path& path);

// names of *.yaml, *.yml and *.json in any letter case, sorted by their bytes; none that begins with '.' or ends in '~'
std::expected<std::vector<std::string>, std::string> list_directory(const std::filesystem::path& directory);

}  // namespace nuncio::config
