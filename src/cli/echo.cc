// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "cli/echo.h"

#include <event2/event.h>
#include <signal.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/arena.h"
#include "base/intrusive_list.h"
#include "base/log.h"
#include "http/fields.h"
#include "http/h1_body.h"
#include "http/h1_server.h"
#include "net/listener.h"
#include "serve/sockets.h"

namespace nuncio::cli {

namespace {

constexpr std::uint32_t kSilenceMs = 60000;
constexpr std::size_t kShownBody = 4096;

std::string describe(const RequestHead& head, std::uint64_t body_bytes, const std::string& shown) {
  nlohmann::ordered_json fields = nlohmann::ordered_json::object();
  for (const Field& field : head.fields.all()) {
    auto& value = fields[std::string(field.name)];
    value = value.is_null() ? std::string(field.value) : value.get<std::string>() + ", " + std::string(field.value);
  }
  nlohmann::ordered_json page;
  page["method"] = head.method;
  page["path"] = std::string(head.path) + std::string(head.query);
  page["host"] = head.authority;
  page["headers"] = std::move(fields);
  page["body_bytes"] = body_bytes;
  if (!shown.empty()) page["body"] = shown;
  // what is not UTF-8 is shown as U+FFFD
  return page.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Task<Result<void>> read_body(H1Reader& body, std::string& shown) {
  while (!body.complete()) {
    const auto piece = co_await body.next();
    if (!piece) co_return std::unexpected(piece.error());
    for (const std::string_view part : piece->parts) shown.append(part.substr(0, kShownBody - std::min(kShownBody, shown.size())));
  }
  body.finish();
  co_return Result<void>();
}

// True: the connection may carry another request.
Task<bool> answer_one(Stream& stream) {
  Arena arena(stream.loop().chunks());
  RequestHead head(arena);
  const HeadLimits limits;
  const auto got = co_await read_request_head(stream, limits, stream.loop().now_ms() + kSilenceMs, head);
  if (!got) co_return false;
  FieldList trailers(arena);
  H1Reader body(stream, trailers, Limit{kSilenceMs, CloseReason::body_timeout});
  body.start(head.framing, head.content_length);
  H1Writer writer(stream, Limit{kSilenceMs, CloseReason::client_stalled});
  const Piece nothing;
  if (head.expects_continue) {
    writer.start("HTTP/1.1 100 Continue\r\n\r\n", Framing::none);
    const auto told = co_await writer.send(nothing);
    if (!told) co_return false;
  }
  std::string shown;
  const auto read = co_await read_body(body, shown);
  if (!read) co_return false;

  const std::string page = describe(head, body.content_bytes(), shown);
  ResponseHead answer(arena);
  answer.status = 200;
  answer.reason = "OK";
  answer.fields.add("content-type", "application/json", FieldId::content_type);
  if (!head.keep_alive) answer.fields.add("connection", "close", FieldId::connection);
  answer.framing = Framing::length;
  answer.content_length = page.size();
  writer.start(response_head_bytes(answer), head.method == "HEAD" ? Framing::none : Framing::length);
  const std::string_view bytes = page;
  const Piece all{std::span<const std::string_view>(&bytes, 1), bytes.size(), true};
  const auto sent = co_await writer.send(all);
  co_return sent.has_value() && head.keep_alive;
}

struct Connection : ListHook {
  Connection(Loop& loop, Fd fd) : stream(loop, std::move(fd), Side::client) {}
  Stream stream;
};

Task<void> serve(Loop& loop, Fd fd, List<Connection>& all) {
  Connection connection(loop, std::move(fd));
  all.push_back(connection);
  for (;;) {
    const bool again = co_await answer_one(connection.stream);
    if (!again) break;
  }
}

class Origin final : public Listener::Owner {
 public:
  explicit Origin(Loop& loop) : loop_(loop) {}
  void accepted(Fd connection, const Address&) override { sessions_.start(serve(loop_, std::move(connection), connections_)); }
  void accepting_paused(int) override {}
  bool take_place() override { return true; }
  void give_place_back() override {}
  // ends every connection; their sessions are over when it returns
  void cut() {
    const task::Batch batch;
    connections_.for_each([](Connection& one) { one.stream.abort(Error{CloseReason::drained, Side::client, Retry::never, 0}); });
  }

 private:
  Loop& loop_;
  List<Connection> connections_;
  Scope sessions_;
};

}  // namespace

int run_echo(const std::vector<Address>& listen) {
  ::signal(SIGPIPE, SIG_IGN);
  auto loop = std::make_unique<Loop>();
  auto origin = std::make_unique<Origin>(*loop);
  std::vector<std::unique_ptr<Listener>> listeners;
  for (const Address& address : listen) {
    auto sockets = serve::open_sockets(address, 1);
    if (!sockets) {
      log::error("{}", sockets.error());
      return 2;
    }
    log::info("echo origin on {}", sockets->bound.text());
    listeners.push_back(std::make_unique<Listener>(*loop, std::move(sockets->per_worker[0]), *origin));
  }
  const auto on_signal = [](evutil_socket_t, short, void* self) { static_cast<Loop*>(self)->stop(); };
  std::vector<EventPtr> signals;
  for (const int number : {SIGTERM, SIGINT}) {
    signals.emplace_back(evsignal_new(loop->base(), number, on_signal, loop.get()));
    event_add(signals.back().get(), nullptr);
  }
  loop->run();
  listeners.clear();
  origin->cut();
  return 0;
}

}  // namespace nuncio::cli
