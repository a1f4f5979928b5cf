// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The upstream's side of HTTP/1.1: takes heads of answers off a stream. Heads of requests: http/fields; bodies: http/h1_body.
// Errors: `upstream_malformed`, `upstream_head_too_large`; `reset_before_head` when the stream ends before an answer began, to be
// retried only on a connection that had served before, and never when some bytes of an answer had come.
#pragma once

#include "base/arena.h"
#include "http/h1_head.h"
#include "net/stream.h"

namespace nuncio {

// Waits for the next head of an answer to `method`, interim ones (1xx) included. `limit`: how long the upstream may be silent.
Task<Result<void>> read_response_head(Stream& stream, std::string_view method, Limit limit, ResponseHead& head);

}  // namespace nuncio
