// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Why an exchange ended: the one table behind the word in the access log, the counter, the status of the local answer, the flag that
// Envoy's logs would show and the sentence in the answer's body and in the manual (spec: ambassador-proxy.md 4.3, README "decided").
// An exchange that went through from end to end is `completed`. Status 0: no answer can be given any more (the head has gone out, or
// the client is away), the connection is cut instead. Status 499 stands in the log only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace nuncio {

// X(word, status, flag, sentence)
#define NUNCIO_CLOSE_REASONS(X)                                                                                               \
  X(completed, 0, "-", "the exchange went through")                                                                           \
  X(local_answer, 200, "-", "nuncio answered by itself")                                                                      \
  X(no_route, 404, "NR", "")                                                                                                  \
  X(malformed_request, 400, "DPE", "the request is malformed")                                                                \
  X(bad_framing, 400, "DPE", "the framing of the request body is in doubt")                                                   \
  X(bad_host, 400, "DPE", "the request needs exactly one valid Host")                                                         \
  X(bad_path, 400, "DPE", "the request target is not acceptable")                                                             \
  X(connect_refused_here, 400, "DPE", "CONNECT is not served")                                                                \
  X(unknown_coding, 501, "DPE", "the transfer coding is not served")                                                          \
  X(target_too_long, 414, "DPE", "the request target is too long")                                                            \
  X(head_too_large, 431, "DPE", "the request head is too large")                                                              \
  X(unsupported_version, 505, "DPE", "the HTTP version is not served")                                                        \
  X(http10_disabled, 426, "-", "HTTP/1.0 is not served")                                                                      \
  X(expectation_failed, 417, "DPE", "the expectation cannot be met")                                                          \
  X(head_timeout, 408, "DPE", "the request head took too long")                                                               \
  X(body_timeout, 408, "SI", "the request body took too long")                                                                \
  X(bad_body, 400, "DPE", "the request body is malformed")                                                                    \
  X(body_too_large, 413, "-", "the request body is too large")                                                                \
  X(upgrade_refused, 403, "-", "the upgrade is not allowed here")                                                             \
  X(client_closed, 499, "DC", "the client went away")                                                                         \
  X(client_stalled, 499, "SI", "the client stopped reading the answer")                                                       \
  X(not_protected, 500, "UAEX", "the policy that protects this route is not in force")                                        \
  X(service_unusable, 503, "UH", "the route's service cannot be used")                                                        \
  X(no_endpoint, 503, "UH", "the upstream's name does not resolve")                                                           \
  X(connect_refused, 503, "UF", "the upstream refused the connection")                                                        \
  X(connect_failed, 503, "UF", "the upstream cannot be reached")                                                              \
  X(connect_timeout, 503, "UF", "connecting to the upstream took too long")                                                   \
  X(pool_overflow, 503, "UO", "too many requests are waiting for the upstream")                                               \
  X(pool_timeout, 503, "UO", "no connection to the upstream became free in time")                                             \
  X(reset_before_head, 503, "UC", "the upstream closed the connection before it answered")                                    \
  X(upstream_malformed, 502, "UPE", "the upstream's answer is malformed")                                                     \
  X(upstream_head_too_large, 502, "UPE", "the head of the upstream's answer is too large")                                    \
  X(upstream_bad_upgrade, 502, "UPE", "the upstream switched to a protocol that was not asked for")                           \
  X(upstream_timeout, 504, "UT", "the upstream took too long to answer")                                                      \
  X(upstream_idle, 504, "SI", "the upstream fell silent")                                                                     \
  X(upstream_truncated, 502, "UC", "the upstream's answer was cut short")                                                     \
  X(tunnel_idle, 0, "SI", "nothing moved through the tunnel for its idle time")                                               \
  X(drained, 503, "-", "nuncio is shutting down")                                                                             \
  X(overloaded, 503, "-", "nuncio has no descriptors or memory left for this request")                                        \
  X(internal_error, 500, "-", "nuncio failed")

enum class CloseReason : std::uint8_t {
#define NUNCIO_X(word, status, flag, sentence) word,
  NUNCIO_CLOSE_REASONS(NUNCIO_X)
#undef NUNCIO_X
};

inline constexpr std::size_t kCloseReasonCount = 0
#define NUNCIO_X(word, status, flag, sentence) +1
    NUNCIO_CLOSE_REASONS(NUNCIO_X)
#undef NUNCIO_X
    ;

struct CloseReasonInfo {
  std::string_view word;      // in the log, in metrics
  int status;                 // of the local answer
  std::string_view flag;      // Envoy's response flag
  std::string_view sentence;  // body of the local answer; empty: no body
};

inline constexpr CloseReasonInfo kCloseReasons[] = {
#define NUNCIO_X(word, status, flag, sentence) {#word, status, flag, sentence},
    NUNCIO_CLOSE_REASONS(NUNCIO_X)
#undef NUNCIO_X
};

constexpr const CloseReasonInfo& info(CloseReason reason) { return kCloseReasons[static_cast<std::size_t>(reason)]; }

}  // namespace nuncio
