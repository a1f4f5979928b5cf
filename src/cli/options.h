// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The command line and its environment. One table of options drives parsing, the environment and --help. The command line wins, then
// NUNCIO_NAME, then the variable of Ambassador where there is one (AMBASSADOR_ID, AMBASSADOR_NAMESPACE, AMBASSADOR_SINGLE_NAMESPACE).
// A variable that is set but empty counts as not set.
//
// parse() is a pure function of its arguments, apart from counting CPUs for the default of --workers. What is wrong is a sentence and
// exit status 2; --help and --version are a text and 0.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/log.h"
#include "cli/option_table.h"
#include "net/socket.h"

namespace nuncio::cli {

// what every command that reads documents needs to know
struct ScopeOptions {
  std::string config_dir;
  std::string ambassador_id = "default";
  std::string ns = "default";
  bool single_namespace = false;
};

struct LogOptions {
  log::Level level = log::Level::info;
  log::Format format = log::Format::text;
};

struct ServeOptions {
  ScopeOptions scope;
  LogOptions log;
  std::vector<Address> listen;   // never empty
  bool listen_given = false;     // was --listen written? (spec README "ports")
  std::optional<Address> admin;  // nothing: "off"
  unsigned workers = 1;
  std::string resolv_conf = "/etc/resolv.conf";
  std::string access_log = "-";   // a path, "-" or "off"
  bool access_log_given = false;  // spec README "Module envoy_log_path"
  int drain_seconds = 0;
  int head_timeout_ms = 60000;
  int body_timeout_ms = 60000;
  unsigned max_connections = 0;  // 0: as many as the descriptor limit allows
};

struct CheckCommand {
  ScopeOptions scope;
  bool strict = false;  // notices fail, too
};

struct EchoOptions {
  LogOptions log;
  std::vector<Address> listen;  // never empty
};

using Command = std::variant<ServeOptions, CheckCommand, EchoOptions>;
std::string_view version();

std::expected<Command, Exit> parse(int argc, const char* const* argv, const Environment& environment);

// the environment of the process: NUNCIO_… and AMBASSADOR_… only
Environment process_environment(const char* const* environ);

}  // namespace nuncio::cli
