// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Run-time failures are values. An Error says why (the reason table), whose fault it was, and whether the request may be sent once
// more; the status of the answer follows from the reason. Nothing on the request path throws.
#pragma once

#include <expected>

#include "nuncio/close_reason.h"

namespace nuncio {

enum class Side : std::uint8_t { self, client, upstream };

// May the request be sent again on another connection? (spec README "retries")
enum class Retry : std::uint8_t {
  never,
  if_reused,  // only when the connection had served a request before: the origin may have closed it while it was idle
  yes,        // nothing can have been processed: the connection was never made, or no byte was written
};

struct Error {
  CloseReason reason = CloseReason::internal_error;
  Side side = Side::self;
  Retry retry = Retry::never;
  int system = 0;  // errno, 0 when there is none
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> failed(CloseReason reason, Side side, Retry retry = Retry::never, int system = 0) {
  return std::unexpected(Error{reason, side, retry, system});
}

}  // namespace nuncio
