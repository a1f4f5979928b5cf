// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Upgrades of an HTTP/1.1 connection (RFC 9110 §7.8, RFC 6455 §4, http-rules 22). A request that asks for one goes on as an upgrade only
// when its Mapping allows the protocol and the request is valid; a 101 makes a tunnel only when it answers exactly that.
// `head.upgrade` comes from the parser: empty unless Connection names it, the version is 1.1 and there is no body.
// THREAD: any.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "nuncio/message.h"

namespace nuncio {

inline constexpr std::size_t kWebsocketAcceptBytes = 28;  // base64 of a SHA-1 digest

enum class UpgradeKind : std::uint8_t {
  none,           // no upgrade asked for, or none that can be understood: the request goes on as plain HTTP
  websocket,      // a valid opening handshake
  bad_websocket,  // asks for websocket, but is not a valid handshake (RFC 6455 §4.2.1): 400
  other,          // one other protocol, see upgrade_protocol
};

UpgradeKind upgrade_kind(const RequestHead& head);

// The one protocol that the request asks for, as it came ("websocket", "spdy/3.1"); empty when it asks for none or for several
std::string_view upgrade_protocol(const RequestHead& head);

// Does a 101 answer what was asked? The same protocol, and for websocket the right Sec-WebSocket-Accept. `asked` is the request's head
// with its Sec-WebSocket-Key still in place, `protocol` what upgrade_protocol said of it.
bool upgrade_matches(const RequestHead& asked, std::string_view protocol, const ResponseHead& answer);

// Sec-WebSocket-Accept for a key (RFC 6455 §4.2.2)
std::array<char, kWebsocketAcceptBytes> websocket_accept(std::string_view key);

}  // namespace nuncio
