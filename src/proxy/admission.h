// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The steps of an exchange before anything is sent upstream: what the log should know, what is refused, what nuncio answers itself,
// and which route takes the request. None of them waits.
#pragma once

#include <optional>

#include "http/h1_head.h"
#include "proxy/exchange.h"

namespace nuncio::proxy {

HeadLimits head_limits(const Exchange& x);
// The names for the log and the id of the request, also of one that cannot be read.
void note_request(Exchange& x);
// Version, path, field names: the request is what it may be here. Normalises the path.
Result<void> admit(Exchange& x);
// A page of the admin address, a probe, the answer to OPTIONS * and to a TRACE or OPTIONS that may not be forwarded any further.
std::optional<LocalPages::Page> local_page(Exchange& x);
// Finds the route; errors: nobody takes the request, the route may not be served, or not with the upgrade that is asked for.
Result<void> choose_route(Exchange& x);
// Takes what is there of the body; a malformed one is refused before an origin has heard of the request.
Result<void> begin_request_body(Exchange& x);
// The client waits for a 100 before it sends its body.
bool wants_continue(const Exchange& x);

}  // namespace nuncio::proxy
