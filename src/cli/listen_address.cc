// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "cli/listen_address.h"

#include <fmt/format.h>
#include <sys/un.h>

#include <cstdint>
#include <optional>

#include "base/text.h"

namespace nuncio::cli {

namespace {

using Parsed = std::expected<Address, std::string>;

constexpr std::string_view kForms = "write ADDR:PORT, [IPV6]:PORT, :PORT or unix:PATH";
constexpr std::size_t kMaxUnixPath = sizeof(sockaddr_un::sun_path) - 1;

Parsed parse_unix(std::string_view text) {
  const std::string_view path = text.substr(std::string_view("unix:").size());
  if (path.empty()) return std::unexpected(fmt::format("'{}' has no path; {}", text, kForms));
  if (path.size() > kMaxUnixPath) {
    return std::unexpected(fmt::format("the path of '{}' is longer than the {} bytes that a unix socket may have", text, kMaxUnixPath));
  }
  const auto address = Address::parse(text);
  if (!address) return std::unexpected(fmt::format("'{}' is not the address of a unix socket", text));
  return *address;
}

Parsed parse_host(std::string_view text, std::string_view host, std::uint16_t port) {
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (!bracketed && host.find(':') != std::string_view::npos) {
    return std::unexpected(fmt::format("'{}' is ambiguous; an IPv6 address stands in brackets: [ADDR]:PORT", text));
  }
  std::string_view literal = bracketed ? host.substr(1, host.size() - 2) : host;
  if (literal.empty() && !bracketed) literal = "0.0.0.0";
  if (equals_ignore_case(literal, "localhost")) literal = "127.0.0.1";
  const bool looks_v6 = literal.find(':') != std::string_view::npos;
  const auto address = bracketed == looks_v6 ? Address::literal(literal, port) : std::nullopt;
  if (address) return *address;
  return std::unexpected(fmt::format("'{}' is not an IP address; names are not looked up for listeners", host));
}

}  // namespace

Parsed parse_listen_address(std::string_view text) {
  if (text.starts_with("tls:")) {
    return std::unexpected(fmt::format("'{}': TLS is not served by this version; only clear-text listeners are", text));
  }
  if (text.starts_with("unix:")) return parse_unix(text);
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || text.ends_with(']')) {
    return std::unexpected(fmt::format("'{}' has no port; {}", text, kForms));
  }
  const std::string_view digits = text.substr(colon + 1);
  const auto port = parse_decimal(digits, 65535);
  if (!port) return std::unexpected(fmt::format("'{}' is not a port (0 to 65535); {}", digits, kForms));
  return parse_host(text, text.substr(0, colon), static_cast<std::uint16_t>(*port));
}

}  // namespace nuncio::cli
