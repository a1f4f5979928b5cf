// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "proxy/tunnel.h"

#include "http/fields.h"
#include "http/h1_server.h"
#include "proxy/response_fields.h"

namespace nuncio::proxy {

namespace {

// Ends the tunnel when neither direction has moved for a while.
class IdleWatch {
 public:
  IdleWatch(Exchange& x, std::uint32_t idle_ms)
      : x_(x),
        idle_ms_(idle_ms),
        deadline_(
            x.context.loop.deadlines(), [](void* self) { static_cast<IdleWatch*>(self)->over(); }, this) {
    moved();
  }
  void moved() {
    if (idle_ms_ > 0) deadline_.set(x_.context.loop.now_ms() + idle_ms_);
  }

 private:
  void over() { x_.cancel_all(Error{CloseReason::tunnel_idle, Side::self, Retry::never, 0}); }
  Exchange& x_;
  std::uint32_t idle_ms_;
  Deadline deadline_;
};

// One way of the tunnel. When it has ended, it still looks out for a reset of its side: nobody reads there any more.
struct Direction final : Stream::Watcher {
  Direction(Exchange& exchange, Stream& source, Stream& target, std::uint64_t& counter)
      : x(exchange), from(source), to(target), count(counter) {}
  ~Direction() { from.watch(nullptr); }
  Direction(const Direction&) = delete;
  Direction& operator=(const Direction&) = delete;

  void stream_event() override {
    if (from.was_reset()) x.cancel_all(Error{CloseReason::client_closed, from.side(), Retry::never, 0});
  }

  Exchange& x;
  Stream& from;
  Stream& to;
  std::uint64_t& count;
};

// REQUIRES: `way` outlives the task
Task<void> pump(Exchange& x, Direction& way, IdleWatch& watch) {
  const Limit none{};
  for (;;) {
    if (way.from.input().empty()) {
      const auto got = co_await way.from.read(none);
      if (!got) {
        x.cancel_all(got.error());
        co_return;
      }
      if (*got == 0) break;
    }
    watch.moved();
    const std::string_view bytes = way.from.input();
    iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    const std::span<iovec> parts(&part, 1);
    const auto sent = co_await way.to.write(parts, none);
    if (!sent) {
      x.cancel_all(sent.error());
      co_return;
    }
    watch.moved();
    way.count += bytes.size();
    way.from.consume(bytes.size());
  }
  way.to.finish_writing();
  way.from.watch(&way);
}

Task<Result<void>> send_switch(Exchange& x) {
  ResponseHead& head = x.attempt->head;
  remove_hop_by_hop(head.fields);
  add_common_response_fields(x, head.fields);
  head.fields.add("connection", "upgrade", FieldId::connection);
  head.fields.add("upgrade", x.upgrade, FieldId::upgrade);
  head.framing = Framing::none;
  x.status = head.status;
  x.head_sent = true;
  x.answer.start(response_head_bytes(head), Framing::none);
  const Piece all{{}, 0, true};
  co_return co_await x.answer.send(all);
}

}  // namespace

Task<Next> tunnel(Exchange& x) {
  const auto told = co_await send_switch(x);
  if (!told) {
    x.reason = told.error().reason;
    x.client.broken = true;
    co_return Next::close;
  }
  const auto idle_ms = static_cast<std::uint32_t>(x.route->idle_timeout_ms);
  observe::WorkerCounters& counters = x.context.counters;
  counters.tunnels_opened.add();
  counters.tunnels_active.up();
  x.unwatch_client();
  x.uploading = true;
  x.let_go_of_configuration();

  IdleWatch watch(x, idle_ms);
  Stream& upstream = x.attempt->connection->stream();
  Direction up(x, x.client.stream, upstream, x.tunnel_in);
  Direction down(x, upstream, x.client.stream, x.tunnel_out);
  Scope both;
  both.start(pump(x, up, watch));
  both.start(pump(x, down, watch));
  co_await both.join();
  counters.tunnels_active.down();
  if (x.cancel.error() && x.cancel.error()->reason == CloseReason::tunnel_idle) x.reason = CloseReason::tunnel_idle;
  co_return Next::close;
}

}  // namespace nuncio::proxy
