// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The authority of a request: value of Host, or of an absolute-form target (RFC 9110 §7.2, RFC 3986 §3.2). Narrower than the grammar:
// - an empty host is refused; http and https URIs with one are invalid (RFC 9110 §4.2.1);
// - a registered name holds unreserved characters only: no DNS name has sub-delims or percent-encoding, and two parsers could read
//   "a,b" or "%61" differently;
// - between brackets stands an IPv6 address, without zone; no IPvFuture;
// - no userinfo (http-rules 11). The port may be empty ("host:") and is at most 65535.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace nuncio {

struct Authority {
  std::string_view host;              // as it came, IPv6 with its brackets
  std::optional<std::uint16_t> port;  // nothing when absent or empty
};

std::optional<Authority> parse_authority(std::string_view text);

// an IPv6 address in its text form, without brackets and zone
bool is_ipv6_address(std::string_view text);

}  // namespace nuncio
