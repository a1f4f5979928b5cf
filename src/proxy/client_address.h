// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Who the client is, as far as it can be believed (spec: ambassador-proxy.md 4.1, 4.1.1). Trusts nobody by default: with no trusted
// hops the peer of the connection is the client, whatever X-Forwarded-For says.
#pragma once

#include <string_view>

#include "proxy/exchange.h"

namespace nuncio::proxy {

// the address for the log and for everything that decides by address
std::string_view trusted_client_address(const Exchange& x);
// comes the request from inside? (decides who may keep its request id)
bool is_internal(const Exchange& x);

}  // namespace nuncio::proxy
