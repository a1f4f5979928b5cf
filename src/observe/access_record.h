// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// What the access log knows about one request. Plain values; the views need to live only until Writer::write returns. Text that a peer
// sent is given as it came: escaping and cutting happen when the line is made. An empty view or a negative time means "there is none" and
// is written as "-" (null for a number in JSON); status 0 stays 0.
#pragma once

#include <cstdint>
#include <string_view>

#include "nuncio/close_reason.h"

namespace nuncio::observe {

struct AccessRecord {
  std::int64_t start_ms = 0;  // when the request head began, wall clock, ms since 1970 UTC
  std::string_view client;    // trusted client address, without a port
  std::string_view method;
  std::string_view host;           // authority as the client sent it
  std::string_view path;           // target as the client sent it, query included
  std::string_view protocol;       // "HTTP/1.1"
  std::string_view forwarded_for;  // x-forwarded-for as it went upstream
  std::string_view user_agent;
  std::string_view request_id;
  int status = 0;  // what the client got; 499 when it left before
  CloseReason reason = CloseReason::completed;
  std::string_view mapping;          // "namespace/name" or the name alone; from the configuration
  std::string_view cluster;          // label of the cluster
  std::string_view upstream;         // address and port of the last endpoint that was tried
  std::uint64_t bytes_received = 0;  // body bytes from the client
  std::uint64_t bytes_sent = 0;      // body bytes to the client
  std::int64_t duration_us = 0;      // from the first byte of the head to the end of the exchange
  std::int64_t upstream_us = -1;     // from the head sent upstream to the head of the answer
};

}  // namespace nuncio::observe
