// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// `nuncio echo`: an origin that answers every request with what it saw, as JSON: method, path, fields, the size and the beginning of the
// body. For trying nuncio out and for tests; it is not a web server.
#pragma once

#include <string>
#include <vector>

#include "net/socket.h"

namespace nuncio::cli {

// Runs until SIGTERM or SIGINT. Exit status: 0, or 2 when an address cannot be listened on.
int run_echo(const std::vector<Address>& listen);

}  // namespace nuncio::cli
