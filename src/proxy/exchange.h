// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// One request and its answer: the request path, read top to bottom in exchange.cc. The Exchange is what the steps share; it owns the
// arena, the heads, the pin on the configuration and the upstream connection, and writes the line of the access log when it ends.
//
// A step that fails says so by an Error. Everything that may wait is ended by cancel(): the deadline of the route, a client that went
// away, a shutdown. Nothing is destroyed to end it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/arena.h"
#include "base/task.h"
#include "http/h1_body.h"
#include "nuncio/message.h"
#include "proxy/client.h"
#include "route/route.h"
#include "upstream/cluster.h"

namespace nuncio::proxy {

// What becomes of the client's connection
enum class Next : std::uint8_t {
  keep,            // it may carry another request
  close,           // nuncio ends it, and the client has to notice
  close_as_asked,  // the client wanted no other request
};

// The upstream's side of one attempt
struct Attempt {
  Attempt(Arena& arena, upstream::ConnectionPtr made, Limit silence);

  upstream::ConnectionPtr connection;
  ResponseHead head;
  FieldList trailers;
  H1Reader body;
  H1Writer request;
  bool request_failed = false;  // writing failed: an answer may still come, but the connection is not used again
};

class Exchange final : private Stream::Watcher {
 public:
  explicit Exchange(Client& from);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange();

  // Ends whatever waits. Before the answer's head has gone out the client can still be told; after that both sides are cut.
  void cancel_all(Error error);
  void use_route(const route::Route& chosen);
  // The request has been sent: `timeout_ms` runs from here (spec: ambassador-proxy.md 4.5).
  void request_sent();
  // Tells the client's stream who wants to know when it is reset.
  void watch_client();
  void unwatch_client() { client.stream.watch(nullptr); }
  // For what goes on long after its route was chosen: keeps what the log still needs and unpins the configuration.
  void let_go_of_configuration();

  Client& client;
  Context& context;
  Pin pin;
  Arena arena;
  RequestHead request;
  FieldList request_trailers;
  H1Reader request_body;
  Result<Piece> first_piece;  // of the request's body, when it was there with the head
  bool first_piece_there = false;
  H1Writer answer;
  Cancel cancel;
  std::optional<Attempt> attempt;  // the current one
  std::string_view request_bytes;  // the head as it goes upstream
  bool admitted = false;           // the request was understood
  bool body_begun = false;
  bool uploading = false;  // the request's body is on its way beside the answer

  const route::Route* route = nullptr;
  upstream::Cluster* cluster = nullptr;
  std::string_view upgrade;         // the protocol that is asked for and allowed
  std::string_view client_address;  // trusted address of the client
  std::string_view request_id;
  std::string_view original_target;  // path and query before rewriting
  bool head_sent = false;            // some of the final answer may have gone out
  bool continue_sent = false;

  // for the log
  int status = 0;
  CloseReason reason = CloseReason::completed;
  std::string_view method;
  std::string_view target;
  std::string_view host;
  std::string_view user_agent;
  std::string_view forwarded_for;
  std::string_view mapping;
  std::string_view cluster_label;
  std::string_view endpoint;
  std::int64_t started_us;
  std::int64_t sent_us = -1;
  std::int64_t upstream_us = -1;
  std::uint64_t tunnel_in = 0;
  std::uint64_t tunnel_out = 0;
  bool seen = false;  // something of a request has come

 private:
  void stream_event() override;
  static void deadline_passed(void* self);
  void log_line();

  Deadline deadline_;
  observe::RouteCounters* counters_ = nullptr;
  std::shared_ptr<const observe::CounterRegistry::Binding> counters_kept_;
  friend Task<Next> exchange(Client& client);
};

// Serves the next request of the connection.
Task<Next> exchange(Client& client);

std::int64_t monotonic_us();

}  // namespace nuncio::proxy
