// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The answer as the client gets it (spec: ambassador-proxy.md 4.2; http-rules 14, 15, 20, 21), and whether its connection may carry
// another request.
#pragma once

#include "proxy/exchange.h"

namespace nuncio::proxy {

// Edits the upstream's head in place and hands its bytes to the writer of the answer. `request_done`: nothing of the request is still
// on its way; an answer that comes earlier ends the connection (http-rules 16).
Next edit_response_fields(Exchange& x, bool request_done);

// Server, Date and what the Mapping adds and removes; for local answers, too.
void add_common_response_fields(Exchange& x, FieldList& fields);
// Framing for this client, Connection, and the bytes of the head.
Next start_answer(Exchange& x, ResponseHead& head, bool may_keep);

}  // namespace nuncio::proxy
