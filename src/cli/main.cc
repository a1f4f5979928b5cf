// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <exception>

#include "base/log.h"
#include "cli/check.h"
#include "cli/echo.h"
#include "cli/options.h"
#include "serve/process.h"

namespace nuncio::cli {

namespace {

config::LoadOptions load_options(const ScopeOptions& scope) {
  return {scope.ambassador_id, scope.ns, scope.single_namespace};
}

int run(const ServeOptions& options) {
  log::start({options.log.level, options.log.format});
  serve::Settings settings;
  settings.config_dir = options.scope.config_dir;
  settings.load = load_options(options.scope);
  settings.listen = options.listen;
  settings.admin = options.admin;
  settings.workers = options.workers;
  settings.resolv_conf = options.resolv_conf;
  settings.access_log = options.access_log;
  settings.log_format = options.log.format;
  settings.drain_ms = static_cast<std::uint32_t>(options.drain_seconds) * 1000;
  settings.head_timeout_ms = static_cast<std::uint32_t>(options.head_timeout_ms);
  settings.body_timeout_ms = static_cast<std::uint32_t>(options.body_timeout_ms);
  settings.max_connections = options.max_connections;
  settings.version = version();
  const auto ended = serve::run(settings);
  if (ended) return 0;
  std::fprintf(stderr, "nuncio: %s\n", ended.error().c_str());
  return 2;
}

int run(const CheckCommand& options) {
  CheckOptions check;
  check.paths.emplace_back(options.scope.config_dir);
  check.load = load_options(options.scope);
  check.strict = options.strict;
  return run_check(check);
}

int run(const EchoOptions& options) {
  log::start({options.log.level, options.log.format});
  return run_echo(options.listen);
}

// A descriptor that was closed at start would be given to a socket, and then be written to as standard output or error.
void open_standard_descriptors() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    if (::open("/dev/null", O_RDWR) < 0) return;  // gets this very number, the lowest that is free
  }
}

}  // namespace

}  // namespace nuncio::cli

int main(int argc, char** argv) {
  nuncio::cli::open_standard_descriptors();
  try {
    const auto command = nuncio::cli::parse(argc, argv, nuncio::cli::process_environment(environ));
    if (!command) {
      std::fputs(command.error().text.c_str(), command.error().code == 0 ? stdout : stderr);
      return command.error().code;
    }
    return std::visit([](const auto& options) { return nuncio::cli::run(options); }, *command);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "nuncio: %s\n", problem.what());
    return 2;
  }
}
