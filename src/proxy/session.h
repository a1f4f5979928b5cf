// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// One client connection from its first byte to its end: exchange after exchange, in order, until one of them says that it was the last.
// Between two requests the session waits in its own frame and holds no buffer (architecture 3.4 rule 7).
#pragma once

#include "base/task.h"
#include "proxy/context.h"

namespace nuncio::proxy {

// Runs until the connection is closed. REQUIRES: the context outlives it and has a configuration
Task<void> serve_connection(Context& context, Fd connection, Address peer);

// Idle connections are closed, the others after the exchange that they carry.
void drain_connections(Context& context);

}  // namespace nuncio::proxy
