// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "upstream/cluster.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "net/sleep.h"

namespace nuncio::upstream {

namespace {

constexpr std::uint32_t kRefusedAgainMs = 100;
constexpr std::uint64_t kBadForMs = 5000;
constexpr std::uint32_t kLeastAddressMs = 50;

std::uint32_t ms_until(std::uint64_t by_ms, std::uint64_t now_ms) {
  return by_ms > now_ms ? static_cast<std::uint32_t>(by_ms - now_ms) : 0;
}

Error connect_error(int code) {
  const bool ours = code == EMFILE || code == ENFILE || code == ENOMEM || code == ENOBUFS;
  if (ours) return Error{CloseReason::overloaded, Side::self, Retry::never, code};
  return Error{code == ECONNREFUSED ? CloseReason::connect_refused : CloseReason::connect_failed, Side::upstream, Retry::yes, code};
}

// While no connection was made, the answer at whichever limit is 503 (spec README "503 or 504").
Error no_connection(Error error, CloseReason reason) {
  if (error.reason == CloseReason::upstream_timeout) error.reason = reason;
  return error;
}

// Fires a cancel of its own when the time is over, or when the outer one is cancelled.
class Until final : private Cancel::Target {
 public:
  Until(Loop& loop, Cancel& outer, std::uint64_t by_ms, Error error)
      : outer_(outer),
        error_(error),
        deadline_(
            loop.deadlines(), [](void* self) { static_cast<Until*>(self)->over(); }, this) {
    outer_.set(*this);
    deadline_.set(by_ms);
    if (outer.error()) cancel.cancel(*outer.error());
  }
  ~Until() { outer_.clear(); }
  Until(const Until&) = delete;
  Until& operator=(const Until&) = delete;

  Cancel cancel;

 private:
  void over() { cancel.cancel(error_); }
  void cancelled(Error error) override { cancel.cancel(error); }

  Cancel& outer_;
  Error error_;
  Deadline deadline_;
};

// Ends the connecting of a stream when the request's cancel fires.
class AbortOnCancel final : private Cancel::Target {
 public:
  AbortOnCancel(Cancel& cancel, Stream& stream) : cancel_(cancel), stream_(stream) {
    cancel_.set(*this);
    if (cancel.error()) stream_.cancel_write(*cancel.error());
  }
  ~AbortOnCancel() { cancel_.clear(); }
  AbortOnCancel(const AbortOnCancel&) = delete;
  AbortOnCancel& operator=(const AbortOnCancel&) = delete;

 private:
  void cancelled(Error error) override { stream_.cancel_write(error); }
  Cancel& cancel_;
  Stream& stream_;
};

}  // namespace

Cluster::Cluster(Context& context, const ClusterSpec& spec, Name* name, std::shared_ptr<Breaker> breaker)
    : context_(context), spec_(spec), name_(name), breaker_(std::move(breaker)) {}

Cluster::~Cluster() {
  close_idle();
}

void Cluster::close_idle() {
  for (const auto& endpoint : endpoints_) std::exchange(endpoint->idle, {}).clear();
}

// Whose turn it is; one that failed lately is passed over while there is another.
Endpoint* Cluster::next_endpoint() {
  if (endpoints_.empty()) return nullptr;
  if (endpoints_.size() == 1) return endpoints_.front().get();
  const std::uint64_t now = context_.loop.now_ms();
  for (std::size_t i = 0; i < endpoints_.size(); ++i) {
    next_endpoint_ = (next_endpoint_ + 1) % endpoints_.size();
    if (endpoints_[next_endpoint_]->bad_until_ms <= now) break;
  }
  return endpoints_[next_endpoint_].get();
}

ConnectionPtr Cluster::take_from(Endpoint& endpoint) {
  if (endpoint.idle.empty()) return nullptr;
  ConnectionPtr connection = std::move(endpoint.idle.back());
  endpoint.idle.pop_back();
  connection->set_busy();
  context_.counters.upstream_connections_reused.add();
  return connection;
}

ConnectionPtr Cluster::take_idle() {
  if (names_changed()) refresh_endpoints();
  Endpoint* endpoint = next_endpoint();
  return endpoint == nullptr ? nullptr : take_from(*endpoint);
}

// At the limit an idle connection to another endpoint is better than waiting.
ConnectionPtr Cluster::take_any_idle() {
  for (const auto& endpoint : endpoints_) {
    if (ConnectionPtr connection = take_from(*endpoint)) return connection;
  }
  return nullptr;
}

void Cluster::give_back(ConnectionPtr connection) {
  connection->count_request();
  count_bytes(*connection);
  if (connection->endpoint().withdrawn) return connection.reset();
  // workers take turns as well: closing it passes the place on (permit_over)
  if (others_wait() && (owed_ > 0 || waiters_.empty())) return connection.reset();
  if (hand_over(connection)) return;
  auto& idle = connection->endpoint().idle;
  connection->set_idle(idle.size(), static_cast<std::uint32_t>(spec_.idle_timeout_ms));
  idle.push_back(std::move(connection));
}

// True: the first who waits has it now.
bool Cluster::hand_over(ConnectionPtr& connection) {
  Waiter* waiter = waiters_.pop_front();
  if (waiter == nullptr) return false;
  context_.counters.upstream_connections_reused.add();
  waiter->signal.complete(std::move(connection));
  return true;
}

void Cluster::drop(Connection& idle) {
  auto& others = idle.endpoint().idle;
  const std::size_t slot = idle.slot();
  const ConnectionPtr dropped = std::move(others[slot]);  // keeps the endpoint until the list is in order
  others.erase(others.begin() + static_cast<std::ptrdiff_t>(slot));
  for (std::size_t i = slot; i < others.size(); ++i) others[i]->set_slot(i);
}

void Cluster::let_go_of_one() {
  const auto with_idle = std::ranges::find_if(endpoints_, [](const auto& endpoint) { return !endpoint->idle.empty(); });
  if (with_idle != endpoints_.end()) return drop(*(*with_idle)->idle.front());
  if (open_ > owed_) ++owed_;
}

void Cluster::connection_opened() {
  ++open_;
  context_.counters.upstream_connections_active.up();
}

void Cluster::connection_closed(Connection& connection) {
  --open_;
  context_.counters.upstream_connections_active.down();
  count_bytes(connection);
}

void Cluster::count_bytes(Connection& connection) {
  context_.counters.upstream_bytes_received.add(connection.take_bytes_in());
  context_.counters.upstream_bytes_sent.add(connection.take_bytes_out());
}

void Cluster::permit_over() {
  breaker_->connection_closed();
  if (!others_wait()) owed_ = 0;
  if (owed_ > 0) {
    --owed_;
    return context_.freed(spec_.key);
  }
  if (!waiters_.empty()) return connection_may_be_free();
  if (others_wait()) context_.freed(spec_.key);
}

void Cluster::connection_may_be_free() {
  if (Waiter* waiter = waiters_.pop_front()) waiter->signal.complete(ConnectionPtr());
}

// A request that waits at the limit, counted where every worker sees it.
class Cluster::Queued {
 public:
  explicit Queued(Cluster& cluster) : cluster_(cluster) { ++cluster_.own_pending_; }
  ~Queued() {
    --cluster_.own_pending_;
    cluster_.breaker_->pending_over();
  }
  Queued(const Queued&) = delete;
  Queued& operator=(const Queued&) = delete;

 private:
  Cluster& cluster_;
};

Task<Result<ConnectionPtr>> Cluster::acquire(Want& want) {
  if (!want.fresh) {
    if (ConnectionPtr idle = take_idle()) co_return idle;
  }
  if (!breaker_->try_connection(spec_.max_connections)) {
    auto turn = co_await acquire_in_turn(want);
    if (!turn || *turn != nullptr) co_return turn;
  }
  const std::uint64_t by_ms = context_.loop.now_ms() + static_cast<std::uint64_t>(spec_.connect_timeout_ms);
  auto connection = co_await connect(want, by_ms);
  co_return connection;
}

// A connection that somebody gave back, or null: the limit allows a new one, and it is counted. It is tried once more after this one is
// seen to wait: whoever frees a place meanwhile tells it.
Task<Result<ConnectionPtr>> Cluster::acquire_in_turn(Want& want) {
  if (!breaker_->try_pending(spec_.max_pending)) co_return failed(CloseReason::pool_overflow, Side::self);
  const Queued queued(*this);
  const std::uint64_t by_ms = context_.loop.now_ms() + want.queue_ms;
  for (bool first = true; !breaker_->try_connection(spec_.max_connections); first = false) {
    if (!want.fresh) {
      if (ConnectionPtr idle = take_any_idle()) co_return idle;
    }
    auto turn = co_await wait_for_turn(want.cancel, by_ms, first);
    if (!turn) co_return std::unexpected(no_connection(turn.error(), CloseReason::pool_timeout));
    if (*turn != nullptr && !want.fresh) co_return std::move(*turn);
  }
  co_return ConnectionPtr();
}

// Who was woken and found the place taken goes to the front again.
Task<Result<ConnectionPtr>> Cluster::wait_for_turn(Cancel& cancel, std::uint64_t by_ms, bool first) {
  Until until(context_.loop, cancel, by_ms, Error{CloseReason::pool_timeout, Side::self, Retry::never, 0});
  Waiter waiter;
  if (first) {
    waiters_.push_back(waiter);
  } else {
    waiters_.push_front(waiter);
  }
  context_.wants(spec_.key);
  co_return co_await waiter.signal.wait(until.cancel);
}

Task<Result<void>> Cluster::wait_for_addresses(Cancel& cancel, std::uint64_t by_ms) {
  if (name_ == nullptr || name_->answer() != nullptr) co_return Result<void>();
  Until until(context_.loop, cancel, by_ms, Error{CloseReason::no_endpoint, Side::upstream, Retry::never, 0});
  Name::Waiter waiter;
  name_->wait(waiter);
  const auto answered = co_await waiter.answered.wait(until.cancel);
  if (!answered) co_return std::unexpected(answered.error());
  co_return Result<void>();
}

void Cluster::refresh_endpoints() {
  NameAnswerPtr answer = known_;
  if (name_ != nullptr) {
    answer = name_->answer();
  } else if (known_ == nullptr) {
    if (const auto literal = Address::literal(spec_.host, spec_.port)) answer = Names::literal(*literal);
  }
  if (answer == known_ || answer == nullptr) return;
  std::vector<std::shared_ptr<Endpoint>> fresh;
  for (Address address : answer->addresses) {
    address.set_port(spec_.port);
    const auto old = std::ranges::find(endpoints_, address, [](const auto& endpoint) { return endpoint->address; });
    fresh.push_back(old == endpoints_.end() ? std::make_shared<Endpoint>(address) : *old);
  }
  for (const auto& endpoint : endpoints_) {
    if (std::ranges::find(fresh, endpoint) != fresh.end()) continue;
    endpoint->withdrawn = true;
    std::exchange(endpoint->idle, {}).clear();
  }
  endpoints_ = std::move(fresh);
  known_ = std::move(answer);
}

// From the one whose turn it is, but those that failed lately come last; none is left out.
std::vector<std::shared_ptr<Endpoint>> Cluster::endpoints_to_try() {
  std::vector<std::shared_ptr<Endpoint>> order;
  const std::uint64_t now = context_.loop.now_ms();
  for (std::size_t i = 0; i < endpoints_.size(); ++i) order.push_back(endpoints_[(next_endpoint_ + i) % endpoints_.size()]);
  std::ranges::stable_partition(order, [now](const auto& endpoint) { return endpoint->bad_until_ms <= now; });
  return order;
}

Task<Result<ConnectionPtr>> Cluster::connect(Want& want, std::uint64_t by_ms) {
  Permit permit(*this);
  const auto named = co_await wait_for_addresses(want.cancel, by_ms);
  if (!named) co_return std::unexpected(no_connection(named.error(), CloseReason::no_endpoint));
  for (;;) {
    refresh_endpoints();
    auto connection = co_await try_addresses(want, by_ms, permit);
    if (connection) co_return connection;
    if (want.cancel.error()) co_return std::unexpected(no_connection(*want.cancel.error(), CloseReason::connect_timeout));
    context_.counters.upstream_connections_failed.add();
    if (name_ != nullptr) context_.name_failed(spec_.names);
    const bool refused =
        connection.error().reason == CloseReason::connect_refused || connection.error().reason == CloseReason::connect_failed;
    if (!refused || ms_until(by_ms, context_.loop.now_ms()) <= kRefusedAgainMs) co_return connection;
    const auto slept = co_await sleep_for(context_.loop, kRefusedAgainMs, want.cancel);
    if (!slept) co_return std::unexpected(no_connection(slept.error(), connection.error().reason));
  }
}

Task<Result<ConnectionPtr>> Cluster::try_addresses(Want& want, std::uint64_t by_ms, Permit& permit) {
  const auto order = endpoints_to_try();
  Error last{CloseReason::no_endpoint, Side::upstream, Retry::never, 0};
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::uint32_t left = ms_until(by_ms, context_.loop.now_ms());
    if (left == 0) break;
    // one address that swallows everything must not use up the time of the others
    const std::uint32_t share = std::max(left / static_cast<std::uint32_t>(order.size() - i), std::min(left, kLeastAddressMs));
    want.tried = order[i];
    auto connection = co_await connect_one(want.cancel, order[i], share, permit);
    if (connection || want.cancel.error()) co_return connection;
    order[i]->bad_until_ms = context_.loop.now_ms() + kBadForMs;
    last = connection.error();
  }
  co_return std::unexpected(last);
}

Task<Result<ConnectionPtr>> Cluster::connect_one(Cancel& cancel, std::shared_ptr<Endpoint> endpoint, std::uint32_t limit_ms,
                                                 Permit& permit) {
  auto fd = start_connect(endpoint->address);
  if (!fd) co_return std::unexpected(connect_error(fd.error().code));
  auto connection = std::make_unique<Connection>(context_.loop, std::move(*fd), *this, std::move(endpoint), std::move(permit));
  const AbortOnCancel guard(cancel, connection->stream());
  const Limit limit{limit_ms, CloseReason::connect_timeout};
  const auto made = co_await connection->stream().connected(limit);
  if (!made) {
    permit = connection->take_permit();
    Error error = made.error();
    error.retry = Retry::yes;
    co_return std::unexpected(error);
  }
  context_.counters.upstream_connections_opened.add();
  co_return std::move(connection);
}

}  // namespace nuncio::upstream
