// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The client's side of HTTP/1.1: takes one request head off a stream. Heads of answers: http/fields; bodies: http/h1_body.
// The head's bytes are copied into the arena of the exchange, so that the stream's buffer is free for what follows.
#pragma once

#include "base/arena.h"
#include "http/h1_head.h"
#include "net/stream.h"

namespace nuncio {

// Waits for a request head and reads it. `by_ms` (clock of the loop): when it must be complete, from its first byte; a client that
// falls silent before gets `head_timeout`. An end of the stream inside a head is `client_closed`.
Task<Result<void>> read_request_head(Stream& stream, HeadLimits limits, std::uint64_t by_ms, RequestHead& head);

}  // namespace nuncio
