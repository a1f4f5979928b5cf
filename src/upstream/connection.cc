// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "upstream/connection.h"

#include "upstream/cluster.h"

namespace nuncio::upstream {

Permit::~Permit() {
  if (cluster_ != nullptr) cluster_->permit_over();
}

Connection::Connection(Loop& loop, Fd fd, Cluster& cluster, std::shared_ptr<Endpoint> endpoint, Permit permit)
    : cluster_(cluster),
      permit_(std::move(permit)),
      stream_(loop, std::move(fd), Side::upstream),
      endpoint_(std::move(endpoint)),
      idle_(loop.deadlines(), &Connection::idle_too_long, this) {
  stream_.expect_connect();
  cluster_.connection_opened();
}

Connection::~Connection() {
  cluster_.connection_closed(*this);
}

void Connection::set_idle(std::size_t slot, std::uint32_t idle_ms) {
  slot_ = slot;
  stream_.watch(this);
  if (idle_ms > 0) idle_.set(stream_.loop().now_ms() + idle_ms);
}

void Connection::set_busy() {
  stream_.watch(nullptr);
  idle_.clear();
}

// An origin has nothing to say between two requests: these bytes, or this end, must not reach the next client.
void Connection::stream_event() {
  cluster_.drop(*this);
}

void Connection::idle_too_long(void* self) {
  auto& connection = *static_cast<Connection*>(self);
  connection.cluster_.drop(connection);
}

}  // namespace nuncio::upstream
