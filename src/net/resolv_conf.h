// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// resolv.conf(5): name servers, search list and options. Read here because c-ares 1.18 knows neither `timeout:` and `attempts:` nor
// ports; `nameserver ADDR:PORT` and `nameserver [ADDR]:PORT` are extensions of ours. What is not understood is ignored, as every reader
// of this file does; a file that is absent means the name server of this host. Later lines win, `search` and `domain` alike.
//
// THREAD: parsing is a pure function; a ResolvConfFile belongs to one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/file_stamp.h"

namespace nuncio {

struct ResolvConf {
  std::vector<std::string> servers;  // as c-ares wants them, "127.0.0.1:53" or "[::1]:53"; never empty
  std::vector<std::string> search;   // without dots at the ends
  std::uint32_t ndots = 1;
  std::uint32_t timeout_ms = 2000;  // for the first attempt at each server, later ones wait longer
  std::uint32_t attempts = 2;
  bool rotate = false;
  bool use_tcp = false;
};

ResolvConf parse_resolv_conf(std::string_view text);

// What to ask for `name`, in order: the name itself first when it has at least `ndots` dots, last otherwise. Without the final dot.
std::vector<std::string> search_names(const ResolvConf& conf, std::string_view name);

class ResolvConfFile {
 public:
  explicit ResolvConfFile(std::string path) : path_(std::move(path)) {}

  // Reads the file when it has changed since the last call; true when it was read.
  bool refresh();
  const ResolvConf& conf() const { return conf_; }

 private:
  std::string path_;
  FileStamp stamp_;
  bool read_ = false;
  ResolvConf conf_;
};

}  // namespace nuncio
