// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// hosts(5), kept parsed and read again when it has changed. Names compare without regard to case. A name on several lines has the
// addresses of all of them. A file that cannot be read counts as empty.
//
// THREAD: parsing is a pure function; a HostsFile belongs to one thread.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "net/file_stamp.h"
#include "net/socket.h"

namespace nuncio {

// by lower-case name; ports are 0
using HostsTable = std::unordered_map<std::string, std::vector<Address>>;

HostsTable parse_hosts(std::string_view text);

class HostsFile {
 public:
  explicit HostsFile(std::string path) : path_(std::move(path)) {}

  // nullptr: the file does not know the name
  const std::vector<Address>* find(std::string_view name);

 private:
  std::string path_;
  FileStamp stamp_;
  HostsTable table_;
};

}  // namespace nuncio
