// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// What serving a request needs of its worker. Everything here belongs to the worker's thread and outlives every session.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/intrusive_list.h"
#include "base/random.h"
#include "net/loop.h"
#include "nuncio/message.h"
#include "observe/access_log.h"
#include "observe/counters.h"
#include "proxy/generation.h"

namespace nuncio::proxy {

struct Client;

// What nuncio answers by itself: the probes on every listener, the diagnostics on the admin address.
class LocalPages {
 public:
  struct Page {
    int status = 200;
    std::string_view content_type = "text/plain; charset=utf-8";
    std::string body;
  };
  // the page that the request asks for, or nothing
  virtual std::optional<Page> find(const RequestHead& request) = 0;

 protected:
  ~LocalPages() = default;
};

// The Date of answers, made once a second.
class DateText {
 public:
  std::string_view at(std::int64_t unix_seconds);

 private:
  std::int64_t second_ = -1;
  char text_[32] = {};
};

struct Timeouts {
  std::uint32_t head_ms = 60000;   // from the first byte of a head to its end; also the silence of a new connection
  std::uint32_t body_ms = 60000;   // silence inside a request body, when the route allows more
  std::uint32_t linger_ms = 2000;  // how long what a client still sends is thrown away before its connection is closed
};

struct Context {
  Loop& loop;
  observe::WorkerCounters& counters;
  observe::AccessLog::Writer* log;  // null: no access log here
  Timeouts timeouts;
  LocalPages& probes;           // on the traffic port
  LocalPages* admin = nullptr;  // this is the admin address: these pages and nothing else
  Generations generations;
  Random random;
  DateText date;
  List<Client> clients;
  bool draining = false;
  // Of the process; a place is taken before accepting and given back by the Client. Null: not counted.
  std::atomic<std::size_t>* all_clients = nullptr;
};

}  // namespace nuncio::proxy
