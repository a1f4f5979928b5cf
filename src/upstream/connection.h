// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// One HTTP/1.1 connection to an endpoint of a cluster. Belongs to the exchange that uses it, or to the cluster's pool while it is idle;
// counts against the cluster's limit for as long as it exists. An idle connection that says anything, or ends, or has been idle for too
// long, is closed by its pool (http-rules 20).
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/stream.h"
#include "upstream/breaker.h"

namespace nuncio::upstream {

class Cluster;
class Connection;

struct Endpoint;

// The right to have one connection to a cluster, taken from its limit; given back when it ends. Moves from address to address while a
// connection is being made, and then lives in it.
class Permit {
 public:
  explicit Permit(Cluster& cluster) : cluster_(&cluster) {}
  Permit(Permit&& other) noexcept : cluster_(std::exchange(other.cluster_, nullptr)) {}
  Permit& operator=(Permit&& other) noexcept {
    std::swap(cluster_, other.cluster_);
    return *this;
  }
  ~Permit();

 private:
  Cluster* cluster_;
};

class Connection final : private Stream::Watcher {
 public:
  Connection(Loop& loop, Fd fd, Cluster& cluster, std::shared_ptr<Endpoint> endpoint, Permit permit);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  // for another address, when this connection could not be made
  Permit take_permit() { return std::move(permit_); }
  Stream& stream() { return stream_; }
  Endpoint& endpoint() { return *endpoint_; }
  bool reused() const { return served_ > 0; }
  void count_request() { ++served_; }
  // the bytes since the last call
  std::uint64_t take_bytes_in() { return stream_.bytes_in() - std::exchange(counted_in_, stream_.bytes_in()); }
  std::uint64_t take_bytes_out() { return stream_.bytes_out() - std::exchange(counted_out_, stream_.bytes_out()); }
  // idle, at this place among its endpoint's, for at most `idle_ms` (0: for ever)
  void set_idle(std::size_t slot, std::uint32_t idle_ms);
  void set_busy();
  std::size_t slot() const { return slot_; }
  void set_slot(std::size_t slot) { slot_ = slot; }

 private:
  void stream_event() override;
  static void idle_too_long(void* self);

  Cluster& cluster_;
  Permit permit_;
  Stream stream_;
  std::shared_ptr<Endpoint> endpoint_;
  Deadline idle_;
  std::size_t slot_ = 0;
  std::uint64_t counted_in_ = 0;
  std::uint64_t counted_out_ = 0;
  std::uint32_t served_ = 0;
};

// One address of a cluster, with the idle connections to it. Shared by the connections that were made to it, so that it outlives its
// withdrawal from the cluster.
struct Endpoint {
  explicit Endpoint(const Address& where) : address(where), text(where.text()) {}
  Address address;
  std::string text;                               // "127.0.0.1:8000", for logs
  std::uint64_t bad_until_ms = 0;                 // a connection failed lately: others first
  bool withdrawn = false;                         // the name does not lead here any more
  std::vector<std::unique_ptr<Connection>> idle;  // the most recently used one last
};

}  // namespace nuncio::upstream
