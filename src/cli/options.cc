// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "cli/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <utility>

#include "base/text.h"
#include "cli/cpu_quota.h"
#include "cli/listen_address.h"

#ifndef NUNCIO_VERSION
#define NUNCIO_VERSION "0.1.0"
#endif

namespace nuncio::cli {

namespace {

constexpr std::array<std::string_view, 3> kCommands = {"serve", "check", "echo"};
constexpr std::string_view kDefaultListen = "0.0.0.0:8080";
constexpr std::string_view kDefaultAdmin = "127.0.0.1:8877";
constexpr std::string_view kDefaultEcho = "127.0.0.1:9000";
constexpr std::uint64_t kMaxWorkers = 1024;
constexpr std::uint64_t kMaxConnections = 100'000'000;
constexpr std::uint64_t kDayMs = 86'400'000;

constexpr std::string_view kDocuments = "Documents";
constexpr std::string_view kNetwork = "Network";
constexpr std::string_view kLimits = "Limits";
constexpr std::string_view kLogs = "Logs";

constexpr std::string_view kEnvironmentNote =
    "Every option may be given in the environment, too: --config-dir as NUNCIO_CONFIG_DIR and so on;\n"
    "several values are separated by commas. The command line wins. AMBASSADOR_ID,\n"
    "AMBASSADOR_NAMESPACE and AMBASSADOR_SINGLE_NAMESPACE are heeded where neither is given.";

template <class Number>
auto number_into(Number& target, std::uint64_t min, std::uint64_t max) {
  return [&target, min, max](std::string_view text) -> Taken {
    const auto value = parse_decimal(text, max);
    if (!value || *value < min) return std::unexpected(fmt::format("'{}' is not a number from {} to {}", text, min, max));
    target = static_cast<Number>(*value);
    return {};
  };
}

auto text_into(std::string& target) {
  return [&target](std::string_view text) -> Taken {
    target = text;
    return {};
  };
}

auto switch_into(bool& target) {
  return [&target](std::string_view word) -> Taken {
    target = word == "true";
    return {};
  };
}

auto addresses_into(std::vector<Address>& target) {
  return [&target](std::string_view text) -> Taken {
    auto address = parse_listen_address(text);
    if (!address) return std::unexpected(std::move(address).error());
    const bool any_port = !address->is_unix() && address->port() == 0;
    if (!any_port && std::ranges::find(target, *address) != target.end()) return std::unexpected(fmt::format("'{}' is given twice", text));
    target.push_back(*address);
    return {};
  };
}

auto admin_into(std::optional<Address>& target) {
  return [&target](std::string_view text) -> Taken {
    target.reset();
    if (text == "off") return {};
    auto address = parse_listen_address(text);
    if (!address) return std::unexpected(std::move(address).error());
    target = *address;
    return {};
  };
}

Taken take_level(LogOptions& options, std::string_view text) {
  const auto level = log::level_named(text);
  if (!level) return std::unexpected(fmt::format("'{}' is not a level; write trace, debug, info, warning, error or off", text));
  options.level = *level;
  return {};
}

Taken take_format(LogOptions& options, std::string_view text) {
  if (!equals_ignore_case(text, "text") && !equals_ignore_case(text, "json")) {
    return std::unexpected(fmt::format("'{}' is not a format; write text or json", text));
  }
  options.format = equals_ignore_case(text, "json") ? log::Format::json : log::Format::text;
  return {};
}

void add_scope(std::vector<OptionSpec>& table, ScopeOptions& scope) {
  table.push_back({"config-dir", "DIR", kDocuments, "directory with the documents (*.yaml, *.yml, *.json)", text_into(scope.config_dir)});
  table.push_back({"ambassador-id", "ID", kDocuments, "serve the documents of this ambassador_id (default: default)",
                   text_into(scope.ambassador_id), false, "AMBASSADOR_ID"});
  table.push_back({"namespace", "NAME", kDocuments, "the proxy's own namespace (default: default)", text_into(scope.ns), false,
                   "AMBASSADOR_NAMESPACE"});
  table.push_back({"single-namespace", "", kDocuments, "ignore the objects of other namespaces", switch_into(scope.single_namespace), false,
                   "AMBASSADOR_SINGLE_NAMESPACE"});
}

void add_log(std::vector<OptionSpec>& table, LogOptions& options, std::string_view what) {
  table.push_back({"log-level", "LEVEL", kLogs, "trace, debug, info, warning, error or off (default: info)",
                   [&options](std::string_view text) { return take_level(options, text); }});
  table.push_back({"log-format", "FORMAT", kLogs, fmt::format("text or json, {} (default: text)", what),
                   [&options](std::string_view text) { return take_format(options, text); }});
}

void add_network(std::vector<OptionSpec>& table, ServeOptions& options) {
  table.push_back(
      {"listen", "ADDR:PORT", kNetwork,
       fmt::format("take requests there; may be repeated; also [IPV6]:PORT,\n:PORT and unix:PATH (default: {})", kDefaultListen),
       addresses_into(options.listen), true});
  table.push_back(
      {"admin", "ADDR:PORT", kNetwork, fmt::format("probes and metrics, or off (default: {})", kDefaultAdmin), admin_into(options.admin)});
  table.push_back({"workers", "N", kNetwork, fmt::format("threads that serve (default: one per CPU, here {})", options.workers),
                   number_into(options.workers, 1, kMaxWorkers)});
  table.push_back({"resolv-conf", "FILE", kNetwork, fmt::format("name servers to ask (default: {})", options.resolv_conf),
                   text_into(options.resolv_conf)});
  table.push_back({"drain-seconds", "N", kNetwork, "after SIGTERM, take new connections for so long (default: 0)",
                   number_into(options.drain_seconds, 0, kDayMs / 1000)});
}

void add_limits(std::vector<OptionSpec>& table, ServeOptions& options) {
  table.push_back({"head-timeout-ms", "MS", kLimits, fmt::format("for the whole head of a request (default: {})", options.head_timeout_ms),
                   number_into(options.head_timeout_ms, 1, kDayMs)});
  table.push_back({"body-timeout-ms", "MS", kLimits,
                   fmt::format("silence within the body of a request (default: {})", options.body_timeout_ms),
                   number_into(options.body_timeout_ms, 1, kDayMs)});
  table.push_back({"max-connections", "N", kLimits, "client connections at once (default: 0, as many as the\nlimit on open files allows)",
                   number_into(options.max_connections, 0, kMaxConnections)});
}

void add_access_log(std::vector<OptionSpec>& table, ServeOptions& options) {
  table.push_back({"access-log", "FILE", kLogs, "one line per request: a file, - (standard output) or off\n(default: -)",
                   [&options](std::string_view text) -> Taken {
                     options.access_log = text;
                     options.access_log_given = true;
                     return {};
                   }});
}

std::expected<void, Exit> require_directory(const ScopeOptions& scope) {
  if (!scope.config_dir.empty()) return {};
  return std::unexpected(unusable("no directory with documents is named; give --config-dir DIR or set NUNCIO_CONFIG_DIR"));
}

std::expected<Command, Exit> parse_serve(std::span<const std::string> arguments, const Environment& environment) {
  ServeOptions options;
  options.workers = available_cpus();
  options.admin = parse_listen_address(kDefaultAdmin).value();
  CommandSpec command{"serve",
                      "nuncio [serve] --config-dir DIR [OPTION]...\n       nuncio COMMAND --help",
                      "nuncio is a reverse proxy and ingress: it serves HTTP as Mapping documents say.",
                      {}};
  command.footer = fmt::format(
      "Commands:\n"
      "  serve                           serve (when no command is named)\n"
      "  check                           read the documents, print what is wrong with them, and exit\n"
      "  echo                            an origin for tries: answers each request with what it saw\n"
      "\n{}",
      kEnvironmentNote);
  add_scope(command.options, options.scope);
  add_network(command.options, options);
  add_limits(command.options, options);
  add_log(command.options, options.log, "of both logs");
  add_access_log(command.options, options);
  bool print_version = false;
  command.options.push_back({"version", "", "Other", "print the version and exit", switch_into(print_version), false, {}, ""});

  if (auto applied = apply(command, arguments, environment); !applied) return std::unexpected(std::move(applied).error());
  if (print_version) return std::unexpected(Exit{0, fmt::format("nuncio {}\n", version())});
  if (auto named = require_directory(options.scope); !named) return std::unexpected(std::move(named).error());
  options.listen_given = !options.listen.empty();
  if (!options.listen_given) options.listen.push_back(parse_listen_address(kDefaultListen).value());
  return options;
}

std::expected<Command, Exit> parse_check(std::span<const std::string> arguments, const Environment& environment) {
  CheckCommand options;
  CommandSpec command{"check",
                      "nuncio check [--config-dir] DIR [OPTION]...",
                      "Reads the documents and prints every diagnostic. Exit status: 0 without errors, 1 with errors,\n"
                      "2 when the arguments cannot be used.",
                      {}};
  command.positional = "config-dir";
  command.footer = kEnvironmentNote;
  add_scope(command.options, options.scope);
  command.options.push_back({"strict", "", kDocuments, "notices count as errors", switch_into(options.strict)});
  if (auto applied = apply(command, arguments, environment); !applied) return std::unexpected(std::move(applied).error());
  if (auto named = require_directory(options.scope); !named) return std::unexpected(std::move(named).error());
  return options;
}

std::expected<Command, Exit> parse_echo(std::span<const std::string> arguments, const Environment& environment) {
  EchoOptions options;
  CommandSpec command{"echo",
                      "nuncio echo [--listen ADDR:PORT]... [OPTION]...",
                      "An origin for tries: answers every request with its method, target, fields and body.",
                      {}};
  command.options.push_back(
      {"listen",
       "ADDR:PORT",
       kNetwork,
       fmt::format("take requests there; may be repeated; also [IPV6]:PORT,\n:PORT and unix:PATH (default: {})", kDefaultEcho),
       addresses_into(options.listen),
       true,
       {},
       "NUNCIO_ECHO_LISTEN"});  // NUNCIO_LISTEN is the proxy's
  command.footer = "In the environment: NUNCIO_ECHO_LISTEN, NUNCIO_LOG_LEVEL, NUNCIO_LOG_FORMAT.";
  add_log(command.options, options.log, "of the log");
  if (auto applied = apply(command, arguments, environment); !applied) return std::unexpected(std::move(applied).error());
  if (options.listen.empty()) options.listen.push_back(parse_listen_address(kDefaultEcho).value());
  return options;
}

Exit unknown_command(std::string_view word) {
  const auto nearest = nearest_word(word, kCommands);
  if (nearest) return unusable(fmt::format("unknown command '{}'; did you mean '{}'?", word, *nearest));
  return unusable(fmt::format("unknown command '{}'; there are serve, check and echo", word));
}

}  // namespace

std::string_view version() {
  return NUNCIO_VERSION;
}

std::expected<Command, Exit> parse(int argc, const char* const* argv, const Environment& environment) {
  const std::vector<std::string> all(argv + std::min(argc, 1), argv + argc);
  std::span<const std::string> arguments = all;
  std::string_view command = "serve";
  if (!all.empty() && !all.front().starts_with('-')) {
    command = all.front();
    arguments = arguments.subspan(1);
  }
  if (command == "serve") return parse_serve(arguments, environment);
  if (command == "check") return parse_check(arguments, environment);
  if (command == "echo") return parse_echo(arguments, environment);
  return std::unexpected(unknown_command(command));
}

Environment process_environment(const char* const* environ) {
  Environment result;
  for (; environ != nullptr && *environ != nullptr; ++environ) {
    const std::string_view entry = *environ;
    const std::size_t equals = entry.find('=');
    if (equals == std::string_view::npos) continue;
    if (entry.starts_with("NUNCIO_") || entry.starts_with("AMBASSADOR_")) result.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return result;
}

}  // namespace nuncio::cli
