// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// One generation of the configuration as the workers see it: compiled, immutable, published by a post to every loop. An exchange pins
// it by a plain counter in its worker's holder (architecture 3.1), so nothing here is ever copied or locked on the request path.
// Nothing that outlives an exchange points into a snapshot.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "nuncio/diagnostic.h"
#include "nuncio/model.h"

namespace nuncio {

namespace route {
class Table;
}

// Everything that influences a connection to an upstream; equal specs share one pool (spec: ambassador-proxy.md 8.4 [better]).
struct ClusterSpec {
  std::string key;                 // identity: the text of all settings below; pools, counters and marks are keyed by it
  std::string label;               // "host:port", for logs and metrics
  std::string host;                // literal address or DNS name
  std::vector<std::string> names;  // names to resolve, in order of preference; empty for a literal
  std::uint16_t port = 80;
  int connect_timeout_ms = 3000;
  int idle_timeout_ms = 3600000;  // of an idle pooled connection; 0: never
  std::uint32_t max_connections = 1024;
  std::uint32_t max_pending = 1024;
};

// What the protocol code needs from the Module; the same for every request of a generation
struct HttpSettings {
  std::string server_name = "nuncio";  // empty: the upstream's `server` passes
  bool via = true;
  bool use_remote_address = true;
  int trusted_hops = 0;
  bool preserve_external_request_id = false;
  bool suppress_envoy_headers = false;
  bool enable_http10 = true;
  bool merge_slashes = false;
  bool reject_escaped_slashes = false;
  model::UnderscoreAction underscores = model::UnderscoreAction::allow;
  std::uint32_t max_head_bytes = 60 * 1024;
  int client_idle_timeout_ms = 3600000;  // between two requests of a connection; 0: never
  bool liveness_probe = true;
  bool readiness_probe = true;
};

struct Snapshot {
  std::uint64_t generation = 0;
  HttpSettings http;
  std::vector<ClusterSpec> clusters;           // a Route names its cluster by the index here
  std::shared_ptr<const route::Table> routes;  // never null
  std::vector<model::DocumentInfo> documents;
  Diagnostics diagnostics;
};

}  // namespace nuncio
