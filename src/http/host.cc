// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "http/host.h"

#include <arpa/inet.h>

#include <array>
#include <cstring>

#include "base/text.h"

namespace nuncio {

namespace {

constexpr std::size_t kLongestName = 255;

// length of "[…]" or of the registered name at the beginning of `text`; 0 when there is none
std::size_t host_size(std::string_view text) {
  if (!text.starts_with('[')) {
    std::size_t size = 0;
    while (size < text.size() && is_char(text[size], kUnreservedChar)) ++size;
    return size <= kLongestName ? size : 0;
  }
  const std::size_t close = text.find(']');
  if (close == std::string_view::npos || !is_ipv6_address(text.substr(1, close - 1))) return 0;
  return close + 1;
}

}  // namespace

bool is_ipv6_address(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> copy{};
  if (text.size() >= copy.size() || text.find('\0') != std::string_view::npos) return false;
  text.copy(copy.data(), text.size());
  in6_addr address;
  return inet_pton(AF_INET6, copy.data(), &address) == 1;
}

std::optional<Authority> parse_authority(std::string_view text) {
  const std::size_t size = host_size(text);
  if (size == 0) return std::nullopt;
  Authority authority{text.substr(0, size), std::nullopt};
  const std::string_view rest = text.substr(size);
  if (rest.empty() || rest == ":") return authority;
  if (rest.front() != ':') return std::nullopt;
  const auto port = parse_decimal(rest.substr(1), 65535);
  if (!port) return std::nullopt;
  authority.port = static_cast<std::uint16_t>(*port);
  return authority;
}

}  // namespace nuncio
