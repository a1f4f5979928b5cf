// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "cli/option_table.h"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/text.h"

namespace nuncio::cli {

namespace {

constexpr std::size_t kHelpColumn = 34;
constexpr const char* kLastGroup = "Other";  // of --help, which CLI11 knows first

class HelpFormatter : public CLI::Formatter {
 public:
  explicit HelpFormatter(std::string_view usage) : usage_(usage) { column_width(kHelpColumn); }
  std::string make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const override {
    std::string text = fmt::format("Usage: {}\n\n{}\n", usage_, app->get_description());
    std::vector<std::string> groups = app->get_groups();
    if (const auto last = std::ranges::find(groups, kLastGroup); last != groups.end()) std::rotate(last, last + 1, groups.end());
    for (const std::string& group : groups) {
      const auto options = app->get_options([&group](const CLI::Option* option) { return option->get_group() == group; });
      if (!options.empty()) text += make_group(group, false, options);
    }
    return fmt::format("{}\n{}\n", text, app->get_footer());
  }
  std::string make_option_opts(const CLI::Option* option) const override {
    return option->get_type_name().empty() ? std::string() : " " + option->get_type_name();
  }

 private:
  std::string usage_;
};

// A value and where it came from, for messages: "--workers" or "NUNCIO_WORKERS"
struct Given {
  std::string source;
  std::vector<std::string> values;
};

std::unexpected<Exit> refuse(std::string_view sentence) {
  return std::unexpected(unusable(sentence));
}

std::string dashed(std::string_view name) {
  return fmt::format("--{}", name);
}

std::unique_ptr<CLI::App> make_app(const CommandSpec& command) {
  auto app = std::make_unique<CLI::App>(std::string(command.summary), "nuncio");
  app->formatter(std::make_shared<HelpFormatter>(command.usage));
  app->set_help_flag("-h,--help", "print this help and exit")->group(kLastGroup);
  app->footer(command.footer);
  app->allow_extras();
  for (const OptionSpec& spec : command.options) {
    CLI::Option* const option =
        spec.type.empty() ? app->add_flag(dashed(spec.name), spec.help) : app->add_option(dashed(spec.name), spec.help);
    option->group(std::string(spec.group))->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    if (!spec.type.empty()) option->type_name(std::string(spec.type));
  }
  return app;
}

std::string unknown_option(const CommandSpec& command, std::string_view written) {
  const std::string_view option = written.substr(0, written.find('='));
  const std::string_view word = option.substr(std::min(option.find_first_not_of('-'), option.size()));
  std::vector<std::string_view> known = {"help"};
  for (const OptionSpec& spec : command.options) known.push_back(spec.name);
  const auto nearest = nearest_word(word, known);
  if (nearest) return fmt::format("unknown option '{}'; did you mean '--{}'?", option, *nearest);
  return fmt::format("unknown option '{}'; 'nuncio {} --help' lists them", option, command.name);
}

// CLI11 hands over what it could not place: unknown options and arguments without a name. It takes the next argument for the value of an
// option, whatever that looks like.
std::expected<void, Exit> judge_options(const CommandSpec& command, const CLI::App& app) {
  for (const std::string& extra : app.remaining()) {
    if (extra.size() > 1 && extra.front() == '-') return refuse(unknown_option(command, extra));
  }
  for (const OptionSpec& spec : command.options) {
    for (const std::string& value : app.get_option(dashed(spec.name))->results()) {
      if (value.starts_with("--")) return refuse(fmt::format("--{}: a value ({}) is missing before '{}'", spec.name, spec.type, value));
    }
  }
  return {};
}

std::expected<std::optional<Given>, Exit> judge_positional(const CommandSpec& command, const std::vector<std::string>& extras) {
  std::optional<Given> positional;
  for (const std::string& extra : extras) {
    if (command.positional.empty()) return refuse(fmt::format("unexpected argument '{}'", extra));
    if (positional) return refuse(fmt::format("unexpected argument '{}'; one directory is enough", extra));
    positional = Given{fmt::format("'{}'", extra), {extra}};
  }
  return positional;
}

std::vector<std::string> words_of(std::string_view text) {
  constexpr std::string_view kBetween = ", \t\n";
  std::vector<std::string> words;
  for (std::size_t at = text.find_first_not_of(kBetween); at != std::string_view::npos; at = text.find_first_not_of(kBetween, at)) {
    const std::size_t end = std::min(text.find_first_of(kBetween, at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

const std::string* variable(const Environment& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() || found->second.empty() ? nullptr : &found->second;
}

Given given_in_environment(const OptionSpec& spec, const Environment& environment) {
  const std::string name = spec.variable ? std::string(*spec.variable) : variable_of(spec.name);
  if (const std::string* value = variable(environment, name)) {
    return {name, spec.repeats ? words_of(*value) : std::vector<std::string>{*value}};
  }
  if (spec.legacy.empty()) return {};
  if (const std::string* value = variable(environment, spec.legacy)) {
    return {std::string(spec.legacy), {spec.type.empty() ? "true" : *value}};
  }
  return {};
}

std::optional<std::string_view> switch_word(std::string_view text) {
  for (const std::string_view word : {"true", "yes", "on", "1"}) {
    if (equals_ignore_case(text, word)) return "true";
  }
  for (const std::string_view word : {"false", "no", "off", "0"}) {
    if (equals_ignore_case(text, word)) return "false";
  }
  return std::nullopt;
}

Taken take_value(const OptionSpec& spec, std::string_view value) {
  if (spec.type.empty()) {
    const auto word = switch_word(value);
    if (!word) return std::unexpected(fmt::format("'{}' is neither true nor false", value));
    return spec.take(*word);
  }
  if (value.empty()) return std::unexpected("the value is empty");
  return spec.take(value);
}

std::expected<void, Exit> take_all(const OptionSpec& spec, const Given& given) {
  if (given.values.size() > 1 && !spec.repeats) return refuse(fmt::format("{} is given more than once", given.source));
  for (const std::string& value : given.values) {
    const Taken taken = take_value(spec, value);
    if (!taken) return refuse(fmt::format("{}: {}", given.source, taken.error()));
  }
  return {};
}

// CLI11 speaks of "1 required but received 0"; what happens here is only a missing value
std::expected<void, Exit> parse_arguments(CLI::App& app, std::span<const std::string> arguments) {
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    return {};
  } catch (const CLI::CallForHelp&) {
    return std::unexpected(Exit{0, app.help()});
  } catch (const CLI::ArgumentMismatch&) {
    return refuse(fmt::format("{} needs a value", arguments.empty() ? "an option" : arguments.back()));
  } catch (const CLI::Error& error) {
    return refuse(error.what());
  }
}

}  // namespace

std::string variable_of(std::string_view option) {
  std::string name = "NUNCIO_";
  for (const char c : option) name += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

Exit unusable(std::string_view sentence) {
  return {kExitUnusable, fmt::format("nuncio: {}\n", sentence)};
}

std::expected<void, Exit> apply(const CommandSpec& command, std::span<const std::string> arguments, const Environment& environment) {
  const std::unique_ptr<CLI::App> app = make_app(command);
  if (auto parsed = parse_arguments(*app, arguments); !parsed) return parsed;
  if (auto judged = judge_options(command, *app); !judged) return judged;
  const auto positional = judge_positional(command, app->remaining());
  if (!positional) return std::unexpected(positional.error());
  for (const OptionSpec& spec : command.options) {
    const CLI::Option& option = *app->get_option(dashed(spec.name));
    Given given{dashed(spec.name), option.results()};
    if (*positional && spec.name == command.positional) {
      if (!given.values.empty()) return refuse(fmt::format("unexpected argument {} beside {}", (*positional)->source, given.source));
      given = **positional;
    }
    if (given.values.empty()) given = given_in_environment(spec, environment);
    if (auto taken = take_all(spec, given); !taken) return taken;
  }
  return {};
}

}  // namespace nuncio::cli
