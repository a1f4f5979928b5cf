// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "net/resolv_conf.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "net/socket.h"

namespace nuncio {

namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr std::uint16_t kDnsPort = 53;
constexpr std::size_t kMaxServers = 8;
constexpr std::size_t kMaxSearch = 32;
constexpr std::uint64_t kMaxNdots = 15;  // resolv.conf(5), like the next two
constexpr std::uint64_t kMaxTimeoutSeconds = 30;
constexpr std::uint64_t kMaxAttempts = 5;

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t begin = line.find_first_not_of(kBlanks); begin < line.size(); begin = line.find_first_not_of(kBlanks, begin)) {
    const std::size_t end = std::min(line.find_first_of(kBlanks, begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

std::optional<Address> server_address(std::string_view text) {
  if (const auto plain = Address::literal(text, kDnsPort)) return plain;
  const auto with_port = Address::parse(text);
  return with_port && !with_port->is_unix() && with_port->port() != 0 ? with_port : std::nullopt;
}

void set_search(const std::vector<std::string_view>& words, std::vector<std::string>& search) {
  search.clear();
  for (std::size_t i = 1; i < words.size() && search.size() < kMaxSearch; ++i) {
    std::string_view suffix = words[i];
    while (suffix.starts_with('.')) suffix.remove_prefix(1);
    while (suffix.ends_with('.')) suffix.remove_suffix(1);
    if (!suffix.empty()) search.emplace_back(suffix);
  }
}

void set_option(std::string_view option, ResolvConf& conf) {
  const std::size_t colon = std::min(option.find(':'), option.size());
  const std::string_view name = option.substr(0, colon);
  if (name == "rotate") conf.rotate = true;
  if (name == "use-vc") conf.use_tcp = true;
  const auto value = parse_decimal(option.substr(std::min(colon + 1, option.size())));
  if (!value) return;
  if (name == "ndots") conf.ndots = static_cast<std::uint32_t>(std::min(*value, kMaxNdots));
  if (name == "timeout") conf.timeout_ms = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(*value, 1, kMaxTimeoutSeconds)) * 1000;
  if (name == "attempts") conf.attempts = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(*value, 1, kMaxAttempts));
}

void add_line(std::string_view line, ResolvConf& conf) {
  line = line.substr(0, line.find_first_of("#;"));
  std::vector<std::string_view> words = words_of(line);
  if (words.size() < 2) return;
  if (words[0] == "nameserver" && conf.servers.size() < kMaxServers) {
    if (const auto server = server_address(words[1])) conf.servers.push_back(server->text());
  } else if (words[0] == "search") {
    set_search(words, conf.search);
  } else if (words[0] == "domain") {
    words.resize(2);
    set_search(words, conf.search);
  } else if (words[0] == "options") {
    for (std::size_t i = 1; i < words.size(); ++i) set_option(words[i], conf);
  }
}

}  // namespace

ResolvConf parse_resolv_conf(std::string_view text) {
  ResolvConf conf;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    add_line(text.substr(0, end), conf);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (conf.servers.empty()) conf.servers.emplace_back("127.0.0.1:53");
  return conf;
}

std::vector<std::string> search_names(const ResolvConf& conf, std::string_view name) {
  if (name.ends_with('.')) return {std::string(name.substr(0, name.size() - 1))};
  std::vector<std::string> names;
  const bool first = static_cast<std::uint64_t>(std::ranges::count(name, '.')) >= conf.ndots;
  if (first) names.emplace_back(name);
  for (const std::string& suffix : conf.search) names.push_back(std::string(name) + "." + suffix);
  if (!first) names.emplace_back(name);
  return names;
}

bool ResolvConfFile::refresh() {
  const FileStamp now = FileStamp::of(path_);
  if (read_ && now == stamp_) return false;
  read_ = true;
  stamp_ = now;
  conf_ = parse_resolv_conf(read_small_file(path_));
  return true;
}

}  // namespace nuncio
