// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// What the process was started with; the command line is turned into this by src/cli. Const while the process runs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "config/load.h"
#include "net/socket.h"

namespace nuncio::serve {

struct Settings {
  std::string config_dir;
  config::LoadOptions load;
  std::vector<Address> listen;
  std::optional<Address> admin;
  unsigned workers = 1;
  std::string resolv_conf = "/etc/resolv.conf";
  std::string access_log = "-";
  log::Format log_format = log::Format::text;
  std::uint32_t drain_ms = 0;
  std::uint32_t head_timeout_ms = 60000;
  std::uint32_t body_timeout_ms = 60000;
  std::uint32_t max_connections = 0;  // of clients, in the process; 0: what the descriptor limit allows
  std::string version;
};

}  // namespace nuncio::serve
