// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The request as the origin gets it (spec: ambassador-proxy.md 4.1, routing 3.7; http-rules 14, 15): what stays on the client's
// connection is taken off, the path is rewritten, nuncio's own fields and then those of the Mapping are added.
#pragma once

#include "proxy/exchange.h"

namespace nuncio::proxy {

// Edits the request in place and makes the bytes of its head. The error is a path that its Mapping cannot rewrite.
Result<void> edit_request_fields(Exchange& x);

}  // namespace nuncio::proxy
