// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "proxy/client.h"

#include <ctime>

#include "proxy/exchange.h"

namespace nuncio::proxy {

Client::Client(Context& owner, Fd fd, const Address& peer)
    : context(owner), stream(owner.loop, std::move(fd), Side::client), address(peer.host_text()), internal(peer.is_internal()) {
  context.clients.push_back(*this);
  context.counters.connections_accepted.add();
  context.counters.connections_active.up();
}

Client::~Client() {
  context.counters.connections_active.down();
  if (context.all_clients != nullptr) context.all_clients->fetch_sub(1, std::memory_order_relaxed);
  context.counters.client_bytes_received.add(stream.bytes_in());
  context.counters.client_bytes_sent.add(stream.bytes_out());
}

void Client::cut(Error error) {
  broken = true;
  if (exchange != nullptr) exchange->cancel_all(error);
  stream.abort(error);
}

std::string_view DateText::at(std::int64_t unix_seconds) {
  if (unix_seconds != second_) {
    second_ = unix_seconds;
    const std::time_t time = unix_seconds;
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    std::strftime(text_, sizeof text_, "%a, %d %b %Y %H:%M:%S GMT", &parts);  // the C locale is never changed
  }
  return text_;
}

}  // namespace nuncio::proxy
