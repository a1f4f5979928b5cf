// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The mechanism behind the command line: a table of options is parsed from arguments (CLI11) and environment, and printed as help. For
// an option NAME the sources are, in this order: --NAME, the variable NUNCIO_NAME, and the option's legacy variable of Ambassador. Every
// error is one sentence that names the source of the bad value; an unknown option names the nearest known one.
#pragma once

#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nuncio::cli {

using Environment = std::map<std::string, std::string, std::less<>>;

// The process ends here: `text` goes to standard output when `code` is 0, else to standard error; it ends in a line feed.
struct Exit {
  int code = 0;
  std::string text;
};

inline constexpr int kExitUnusable = 2;

// the error is a sentence without the option's name
using Taken = std::expected<void, std::string>;

struct OptionSpec {
  std::string_view name;  // without "--"
  // what the value is called in the help; empty: a switch, whose value is "true" or "false"
  std::string_view type;
  std::string_view group;
  std::string help;  // default included
  // called once per value
  std::function<Taken(std::string_view)> take;
  bool repeats = false;
  // for a switch, any text there means true
  std::string_view legacy = {};
  // instead of NUNCIO_NAME; empty: none
  std::optional<std::string_view> variable = std::nullopt;
};

struct CommandSpec {
  std::string_view name;
  std::string_view usage;
  std::string_view summary;
  std::vector<OptionSpec> options;
  std::string_view positional = {};  // name of the option that an argument without a name belongs to; empty: none may stand
  std::string footer = {};
};

// Takes every value that was given; Exit for --help and for what is wrong.
std::expected<void, Exit> apply(const CommandSpec& command, std::span<const std::string> arguments, const Environment& environment);

// "NUNCIO_CONFIG_DIR" for "config-dir"
std::string variable_of(std::string_view option);

// "nuncio: SENTENCE", status 2
Exit unusable(std::string_view sentence);

}  // namespace nuncio::cli
