// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The request target for the upstream (spec: routing 3.7): the matched prefix is replaced, the query stays. A result without a leading
// '/' gets one. Pure; writes into the caller's buffer only when the target is not already there in one piece.
//
// A prefix that ends inside a segment must not open a way around the normalisation: prefix `/a`, rewrite `/z/` and the path `/a../x`
// would send `/z/../x`. Where the seam makes a dot segment the request is refused with `bad_path`.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "nuncio/result.h"
#include "route/route.h"

namespace nuncio::route {

struct UpstreamTarget {
  std::string_view target;          // path and query
  bool sets_original_path = false;  // x-envoy-original-path: path and query as they were is to be sent
};

// bytes that rewrite() may need
std::size_t rewrite_bound(const Route& route, std::string_view path, std::string_view query);

// `path` is normalised and was matched by `route` (or is "*", which stays); `query` has its '?' or is empty.
// `buffer` holds at least rewrite_bound() bytes and outlives the result, as do path and query.
Result<UpstreamTarget> rewrite(const Route& route, std::string_view path, std::string_view query, std::span<char> buffer);

}  // namespace nuncio::route
