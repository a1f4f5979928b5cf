// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The value of --listen and --admin: ADDR:PORT, [IPV6]:PORT, :PORT (every IPv4 address) or unix:PATH. Only literal addresses (and
// localhost, which is 127.0.0.1): a listener must not depend on a name service. Port 0 lets the system choose. What is wrong is a
// sentence for the user, without the option's name.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "net/socket.h"

namespace nuncio::cli {

std::expected<Address, std::string> parse_listen_address(std::string_view text);

}  // namespace nuncio::cli
