// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The answer's body on its way to the client, and the end of an exchange.
#pragma once

#include "proxy/exchange.h"

namespace nuncio::proxy {

// Moves the answer's body, piece by piece, as fast as the slower side. The head goes out with the first piece, or alone when no piece
// is there yet. The error is of the side that failed. An upstream is not silent while the request still moves the other way.
Task<Result<void>> relay_answer(Exchange& x);

// The answer went through: the upstream connection goes back to its pool when its state allows.
Next finish(Exchange& x, Next next);

// The answer could not be completed: whatever the client got must look cut.
Next cut(Exchange& x, Error error);

}  // namespace nuncio::proxy
