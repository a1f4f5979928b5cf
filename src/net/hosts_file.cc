// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "net/hosts_file.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"

namespace nuncio {

namespace {

constexpr std::string_view kBlanks = " \t\r";

std::optional<std::string_view> take_word(std::string_view& line) {
  const std::size_t begin = line.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::size_t end = std::min(line.find_first_of(kBlanks, begin), line.size());
  const std::string_view word = line.substr(begin, end - begin);
  line.remove_prefix(end);
  return word;
}

void add_line(std::string_view line, HostsTable& table) {
  line = line.substr(0, line.find('#'));
  const auto text = take_word(line);
  if (!text) return;
  const auto address = Address::literal(*text, 0);
  if (!address) return;
  while (const auto name = take_word(line)) {
    std::vector<Address>& known = table[lower_case(*name)];
    if (std::ranges::find(known, *address) == known.end()) known.push_back(*address);
  }
}

}  // namespace

HostsTable parse_hosts(std::string_view text) {
  HostsTable table;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    add_line(text.substr(0, end), table);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return table;
}

const std::vector<Address>* HostsFile::find(std::string_view name) {
  const FileStamp now = FileStamp::of(path_);
  if (now != stamp_) {
    stamp_ = now;
    table_ = parse_hosts(read_small_file(path_));
  }
  const auto found = table_.find(lower_case(name));
  return found == table_.end() ? nullptr : &found->second;
}

}  // namespace nuncio
