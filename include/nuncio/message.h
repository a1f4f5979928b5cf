// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Heads of messages as the request path sees them (RFC 9110 §6). All strings are views: into the arena of the exchange, or into
// something that outlives it (a literal, the pinned snapshot). Fields keep their order and the spelling of their names (spec README
// "case of field names"); names that nuncio itself looks at carry an id, so that nobody compares text twice.
//
// A FieldList lives in the arena of its exchange and never frees; removing compacts it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace nuncio {

class Arena;

// X(id, name): the field names that the protocol code looks at. Everything else is FieldId::other.
#define NUNCIO_FIELD_IDS(X) \
  X(connection, "connection") \
  X(content_length, "content-length") \
  X(content_type, "content-type") \
  X(cookie, "cookie") \
  X(date, "date") \
  X(expect, "expect") \
  X(host, "host") \
  X(keep_alive, "keep-alive") \
  X(max_forwards, "max-forwards") \
  X(proxy_connection, "proxy-connection") \
  X(sec_websocket_accept, "sec-websocket-accept") \
  X(sec_websocket_key, "sec-websocket-key") \
  X(sec_websocket_version, "sec-websocket-version") \
  X(server, "server") \
  X(te, "te") \
  X(trailer, "trailer") \
  X(transfer_encoding, "transfer-encoding") \
  X(upgrade, "upgrade") \
  X(user_agent, "user-agent") \
  X(via, "via") \
  X(x_envoy_expected_rq_timeout_ms, "x-envoy-expected-rq-timeout-ms") \
  X(x_envoy_external_address, "x-envoy-external-address") \
  X(x_envoy_internal, "x-envoy-internal") \
  X(x_envoy_original_path, "x-envoy-original-path") \
  X(x_envoy_upstream_service_time, "x-envoy-upstream-service-time") \
  X(x_envoy_other, "x-envoy-") \
  X(x_forwarded_client_cert, "x-forwarded-client-cert") \
  X(x_forwarded_for, "x-forwarded-for") \
  X(x_forwarded_host, "x-forwarded-host") \
  X(x_forwarded_proto, "x-forwarded-proto") \
  X(x_request_id, "x-request-id")

enum class FieldId : std::uint8_t {
  other,
#define NUNCIO_X(id, name) id,
  NUNCIO_FIELD_IDS(NUNCIO_X)
#undef NUNCIO_X
};

// the id of a name in any letter case; FieldId::x_envoy_other for other names that begin with "x-envoy-"
FieldId field_id(std::string_view name);

struct Field {
  std::string_view name;
  std::string_view value;  // without white space around it
  FieldId id = FieldId::other;
};

class FieldList {
 public:
  explicit FieldList(Arena& arena) : arena_(&arena) {}

  void add(std::string_view name, std::string_view value, FieldId id);
  void add(Field field) { add(field.name, field.value, field.id); }

  // the first field with this id, or null; never ask for FieldId::other
  const Field* find(FieldId id) const;
  // the first field with this name, compared without case (RFC 9110 §5.1)
  const Field* find(std::string_view name) const;
  std::size_t count(FieldId id) const;

  // remove every field for which `match(field)` is true; returns how many there were
  template <class Match>
  std::size_t remove_if(Match match) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      if (match(data_[i])) continue;
      if (kept != i) data_[kept] = data_[i];
      ++kept;
    }
    const std::size_t removed = size_ - kept;
    size_ = kept;
    return removed;
  }
  std::size_t remove(FieldId id) {
    return remove_if([id](const Field& field) { return field.id == id; });
  }
  void clear() { size_ = 0; }

  std::span<const Field> all() const { return {data_, size_}; }
  std::span<Field> all() { return {data_, size_}; }
  std::size_t size() const { return size_; }
  Arena& arena() const { return *arena_; }

 private:
  Arena* arena_;
  Field* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

// How the end of a body is known (RFC 9112 §6.3)
enum class Framing : std::uint8_t {
  none,         // no body
  length,       // `content_length` bytes
  chunked,      // chunked transfer coding
  until_close,  // responses only
};

struct RequestHead {
  explicit RequestHead(Arena& arena) : fields(arena) {}

  std::string_view method;
  std::string_view target;     // as it came
  std::string_view path;       // normalised (RFC 3986 §6.2.2, http-rules 12), "*" for OPTIONS *
  std::string_view query;      // with its '?', or empty
  std::string_view authority;  // of Host or of an absolute-form target; as it came
  int minor_version = 1;       // HTTP/1.x
  FieldList fields;
  Framing framing = Framing::none;
  std::uint64_t content_length = 0;
  bool keep_alive = true;         // what the client asked for
  bool expects_continue = false;  // Expect: 100-continue
  std::string_view upgrade;       // value of Upgrade when Connection names it and the body allows it, else empty
};

struct ResponseHead {
  explicit ResponseHead(Arena& arena) : fields(arena) {}

  int status = 0;
  std::string_view reason;  // reason phrase as it came
  int minor_version = 1;
  FieldList fields;
  Framing framing = Framing::none;
  std::uint64_t content_length = 0;  // also what a HEAD or 304 answer says about itself when framing is none
  bool keep_alive = true;            // may the connection be used again?
  std::string_view upgrade;
};

}  // namespace nuncio
