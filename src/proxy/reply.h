// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Answers that nuncio makes itself (spec: ambassador-proxy.md 4.3, README "bodies of local answers"): the sentence of the reason table
// as text/plain, x-request-id always; a gRPC request gets its refusal as a gRPC status. Where the framing of the request is in doubt, or
// its body was not read to the end, the connection is closed behind the answer.
#pragma once

#include "proxy/context.h"
#include "proxy/exchange.h"

namespace nuncio::proxy {

Task<Next> refuse(Exchange& x, Error error);
// The upstream's body failed before a byte of its answer was sent: the client can still be told.
Task<Next> refuse_instead(Exchange& x, Error error);
Task<Next> answer_page(Exchange& x, const LocalPages::Page& page);

}  // namespace nuncio::proxy
