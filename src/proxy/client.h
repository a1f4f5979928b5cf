// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// One client connection: its stream, who is at the other end, and how many requests it has carried. Belongs to its session.
#pragma once

#include <string>

#include "net/stream.h"
#include "proxy/context.h"

namespace nuncio::proxy {

class Exchange;

struct Client : ListHook {
  Client(Context& owner, Fd fd, const Address& peer);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();

  // ends the exchange that is under way, or the wait for the next one
  void cut(Error error);

  Context& context;
  Exchange* exchange = nullptr;  // the one that is under way
  Stream stream;
  std::string address;           // of the peer, without port
  bool internal;                 // the peer's address is private or loopback
  std::uint64_t head_by_ms = 0;  // when the head of the next request must be complete (clock of the loop)
  bool waiting = false;          // between two requests
  bool linger = false;           // the client may still be sending: closing at once would destroy the answer on its way (RFC 9112 §9.6)
  bool broken = false;           // there is nobody, or nothing whole, to wait for: close at once
  bool last_chance = false;      // waits for a request that may be on its way, for a moment, before the connection is drained
  std::uint32_t requests = 0;
};

}  // namespace nuncio::proxy
