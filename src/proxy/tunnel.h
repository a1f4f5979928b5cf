// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// An upgraded connection: after the 101 bytes move both ways, whatever they mean (http-rules 22). Ends when both directions have ended,
// when one side breaks, or when nothing has moved in either direction for the route's idle time. An end in one direction is passed on
// and leaves the other one open. A tunnel holds no configuration: a reload neither waits for it nor touches it.
#pragma once

#include "proxy/exchange.h"

namespace nuncio::proxy {

Task<Next> tunnel(Exchange& x);

}  // namespace nuncio::proxy
