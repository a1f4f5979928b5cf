// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors

#include "config/environment.h"

#include <algorithm>
#include <cstdlib>
#include <optional>

namespace nuncio::config {

namespace {

constexpr std::size_t kLongestName = 256;

bool is_name(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; });
}

std::optional<std::string_view> value_of(std::string_view name) {
  if (!is_name(name)) return std::nullopt;
  const char* value = std::getenv(std::string(name).c_str());
  if (!value) return std::nullopt;
  const std::string_view text = value;
  const bool safe = std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return safe ? std::optional(text) : std::nullopt;
}

}  // namespace

std::string expand_environment(std::string_view text) {
  std::string out;
  std::size_t done = 0;
  for (std::size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${", at + 2)) {
    const std::string_view rest = text.substr(at + 2, kLongestName + 1);
    const std::size_t length = rest.find('}');
    if (length == std::string_view::npos) continue;
    const auto value = value_of(rest.substr(0, length));
    if (!value) continue;
    out.append(text.substr(done, at - done)).append(*value);
    done = at + 2 + length + 1;
  }
  out.append(text.substr(done));
  return out;
}

}  // namespace nuncio::config
