// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "http/fields.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/arena.h"
#include "base/text.h"

namespace nuncio {

namespace {

// ---- writing: the same code runs twice, into a counter and into the buffer ----

class SizeSink {
 public:
  void put(std::string_view text) { size_ += text.size(); }
  std::size_t size() const { return size_; }

 private:
  std::size_t size_ = 0;
};

class ByteSink {
 public:
  explicit ByteSink(char* at) : at_(at) {}

  // Most pieces are short: two overlapping moves of a fixed size cost less than a call.
  void put(std::string_view text) {
    const std::size_t size = text.size();
    const char* from = text.data();
    if (size >= 8 && size <= 16) {
      std::memcpy(at_, from, 8);
      std::memcpy(at_ + size - 8, from + size - 8, 8);
    } else if (size > 16 && size <= 32) {
      std::memcpy(at_, from, 16);
      std::memcpy(at_ + size - 16, from + size - 16, 16);
    } else if (size >= 4 && size < 8) {
      std::memcpy(at_, from, 4);
      std::memcpy(at_ + size - 4, from + size - 4, 4);
    } else if (size > 32) {
      std::memcpy(at_, from, size);
    } else {
      for (std::size_t i = 0; i < size; ++i) at_[i] = from[i];
    }
    at_ += size;
  }

 private:
  char* at_;
};

template <class Sink>
void put_field(Sink& sink, std::string_view name, std::string_view value) {
  sink.put(name);
  sink.put(": ");
  sink.put(value);
  sink.put("\r\n");
}

// Which of the two framing fields a head gets, and with what value; FieldId::other: none
struct FramingField {
  FieldId id = FieldId::other;
  std::string_view name;
  std::string_view value;
  bool required = true;  // written even when the list has none
};

template <class Sink>
void put_fields(Sink& sink, const FieldList& fields, const FramingField& framing) {
  bool pending = framing.id != FieldId::other;
  for (const Field& field : fields.all()) {
    if (field.id != FieldId::content_length && field.id != FieldId::transfer_encoding) {
      put_field(sink, field.name, field.value);
    } else if (field.id == framing.id && pending) {
      put_field(sink, field.name, framing.value);
      pending = false;
    }
  }
  if (pending && framing.required) put_field(sink, framing.name, framing.value);
  sink.put("\r\n");
}

FramingField framing_field(Framing framing, std::string_view digits) {
  switch (framing) {
    case Framing::length:
      return {FieldId::content_length, "content-length", digits, true};
    case Framing::chunked:
      return {FieldId::transfer_encoding, "transfer-encoding", "chunked", true};
    case Framing::none:
    case Framing::until_close:
      break;
  }
  return {};
}

// Runs `put(sink)` to measure, and again to write if there is room
template <class Put>
std::size_t write_measured(std::span<char> out, Put put) {
  SizeSink measure;
  put(measure);
  if (measure.size() <= out.size()) {
    ByteSink sink(out.data());
    put(sink);
  }
  return measure.size();
}

// ---- what stays on one connection ----

bool is_hop_by_hop(const Field& field) {
  switch (field.id) {
    case FieldId::connection:
    case FieldId::keep_alive:
    case FieldId::proxy_connection:
    case FieldId::te:
    case FieldId::upgrade:
      return true;
    default:
      return false;
  }
}

// The usual Connection fields name no other field
bool names_nothing(const Field& field) {
  return field.id != FieldId::connection || equals_ignore_case(field.value, "keep-alive") || equals_ignore_case(field.value, "close");
}

// The options of all Connection fields that may name a field
class NamedFields {
 public:
  explicit NamedFields(const FieldList& fields) {
    for (const Field& field : fields.all()) {
      if (field.id == FieldId::connection) add(field.value);
    }
  }
  bool contain(std::string_view name) const {
    return std::any_of(names_.begin(), names_.begin() + size_, [name](std::string_view other) { return equals_ignore_case(name, other); });
  }

 private:
  void add(std::string_view list) {
    for_each_list_element(list, [this](std::string_view option) {
      const bool plain = equals_ignore_case(option, "close") || equals_ignore_case(option, "keep-alive");
      if (!plain && !is_end_to_end(option)) names_[size_++] = option;
      return size_ < names_.size();
    });
  }

  std::array<std::string_view, kMaxConnectionOptions> names_;
  std::size_t size_ = 0;
};

}  // namespace

bool has_connection_option(const FieldList& fields, std::string_view option) {
  for (const Field& field : fields.all()) {
    if (field.id != FieldId::connection) continue;
    const bool absent = for_each_list_element(field.value, [&](std::string_view other) { return !equals_ignore_case(other, option); });
    if (!absent) return true;
  }
  return false;
}

bool is_end_to_end(std::string_view name) {
  constexpr std::array<std::string_view, 4> kNames = {"authorization", "cache-control", "proxy-authorization", "set-cookie"};
  switch (field_id(name)) {
    case FieldId::other:
      break;
    case FieldId::connection:
    case FieldId::keep_alive:
    case FieldId::proxy_connection:
    case FieldId::te:
    case FieldId::trailer:
    case FieldId::upgrade:
    case FieldId::user_agent:
      return false;
    default:
      return true;
  }
  const auto is_name = [name](std::string_view known) { return equals_ignore_case(name, known); };
  return std::ranges::any_of(kNames, is_name) || starts_with_ignore_case(name, "x-forwarded-");
}

void remove_hop_by_hop(FieldList& fields) {
  if (std::ranges::all_of(fields.all(), names_nothing)) {
    fields.remove_if(is_hop_by_hop);
    return;
  }
  const NamedFields named(fields);
  fields.remove_if([&](const Field& field) { return is_hop_by_hop(field) || named.contain(field.name); });
}

namespace {

auto request_head_writer(const RequestHead& head, const FramingField& framing) {
  return [&head, framing](auto& sink) {
    sink.put(head.method);
    sink.put(" ");
    sink.put(head.path.empty() ? head.target : head.path);
    sink.put(head.path.empty() ? std::string_view() : head.query);
    sink.put(" HTTP/1.1\r\n");
    put_fields(sink, head.fields, framing);
  };
}

auto response_head_writer(const ResponseHead& head, const FramingField& framing) {
  return [&head, framing](auto& sink) {
    const auto digit = [&head](int place) { return static_cast<char>('0' + head.status / place % 10); };
    const std::array<char, 3> status = {digit(100), digit(10), digit(1)};
    sink.put("HTTP/1.1 ");
    sink.put({status.data(), status.size()});
    sink.put(" ");
    sink.put(head.reason);
    sink.put("\r\n");
    put_fields(sink, head.fields, framing);
  };
}

FramingField response_framing(const ResponseHead& head, std::string_view digits) {
  // HEAD and 304 keep what they say about a length, if they say it
  if (head.framing == Framing::none) return {FieldId::content_length, {}, digits, false};
  return framing_field(head.framing, digits);
}

template <class Put>
std::string_view write_into(Arena& arena, Put put) {
  SizeSink measure;
  put(measure);
  char* out = arena.allocate(measure.size());
  ByteSink sink(out);
  put(sink);
  return {out, measure.size()};
}

}  // namespace

std::size_t write_request_head(const RequestHead& head, std::span<char> out) {
  const DecimalText length(head.content_length);
  return write_measured(out, request_head_writer(head, framing_field(head.framing, length.view())));
}

std::size_t write_response_head(const ResponseHead& head, std::span<char> out) {
  const DecimalText length(head.content_length);
  return write_measured(out, response_head_writer(head, response_framing(head, length.view())));
}

std::string_view request_head_bytes(const RequestHead& head) {
  const DecimalText length(head.content_length);
  return write_into(head.fields.arena(), request_head_writer(head, framing_field(head.framing, length.view())));
}

std::string_view response_head_bytes(const ResponseHead& head) {
  const DecimalText length(head.content_length);
  return write_into(head.fields.arena(), response_head_writer(head, response_framing(head, length.view())));
}

std::size_t write_field_section(const FieldList& fields, std::span<char> out) {
  return write_measured(out, [&](auto& sink) { put_fields(sink, fields, {}); });
}

}  // namespace nuncio
