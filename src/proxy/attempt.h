// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// One try to get an answer: a connection, the request's head with the first bytes of its body in one write, the rest of the body beside
// the wait, interim answers passed on, the answer's head. And what may be tried again (spec README "retries", http-rules 16, 18).
#pragma once

#include "proxy/exchange.h"

namespace nuncio::proxy {

inline constexpr int kMostAttempts = 2;

// `fresh`: on a new connection. When it fails, the upload that it has begun may still run in `upload`.
Task<Result<void>> send_and_await_head(Exchange& x, Scope& upload, bool fresh);

// A reused connection that died before any byte of an answer is replaced once, when the request can be repeated.
bool may_send_again(const Exchange& x, const Scope& upload, const Error& error);

// Ends the upload if it still runs. The client's connection cannot carry another request then.
Task<void> stop_upload(Exchange& x, Scope& upload, Error error);
// what an upload that outlives the answer ends with
Error unfinished_request();

Task<Result<void>> send_continue(Exchange& x);

}  // namespace nuncio::proxy
