// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The readers of h1_head.h. A head is read in three steps: the start line, the field lines (which note the ids that occurred), and what
// the few fields mean that frame, route or keep the connection. Most heads have two of those, so each is looked at only if it came.
#include "http/h1_head.h"

#include <algorithm>
#include <limits>

#include "base/text.h"
#include "http/byte_scan.h"
#include "http/field_lines.h"
#include "http/fields.h"
#include "http/host.h"

namespace nuncio {

namespace {

constexpr std::uint64_t kMaxLength = std::numeric_limits<std::int64_t>::max();  // so that sums of sizes do not wrap

std::unexpected<Error> refuse(CloseReason reason) {
  return failed(reason, Side::client);
}
std::unexpected<Error> bad_answer() {
  return failed(CloseReason::upstream_malformed, Side::upstream);
}

// Which ids occur in a list, and which more than once
class Seen {
 public:
  explicit Seen(const FieldList& fields) {
    for (const Field& field : fields.all()) {
      repeated_ |= once_ & bit(field.id);
      once_ |= bit(field.id);
    }
  }
  bool has(FieldId id) const { return (once_ & bit(id)) != 0; }
  bool several(FieldId id) const { return (repeated_ & bit(id)) != 0; }

 private:
  static std::uint64_t bit(FieldId id) { return std::uint64_t{1} << static_cast<unsigned>(id); }
  std::uint64_t once_ = 0;
  std::uint64_t repeated_ = 0;
};

// Calls visit(element) for every non-empty element of all fields with this id
template <class Visit>
bool for_each_option(const FieldList& fields, FieldId id, Visit visit) {
  for (const Field& field : fields.all()) {
    if (field.id == id && !for_each_list_element(field.value, visit)) return false;
  }
  return true;
}

// ---- framing: RFC 9112 §6, http-rules 2–4 ----

enum class Coding : std::uint8_t { chunked, bad, unknown };

// Exactly one `chunked`. What is not a list of bare tokens, or leaves the end of the body open, is bad; another coding is unknown.
Coding transfer_coding(const FieldList& fields) {
  bool chunked = false;
  bool unknown = false;
  const bool sound = for_each_option(fields, FieldId::transfer_encoding, [&](std::string_view coding) {
    if (chunked || !is_token(coding)) return false;
    chunked = equals_ignore_case(coding, "chunked");
    unknown |= !chunked;
    return true;
  });
  if (!sound || (!chunked && !unknown)) return Coding::bad;
  return unknown ? Coding::unknown : Coding::chunked;
}

// Digits, once or always the same; nothing otherwise
std::optional<std::uint64_t> content_length(const FieldList& fields) {
  std::string_view first;
  for (const Field& field : fields.all()) {
    if (field.id != FieldId::content_length) continue;
    std::string_view list = field.value;
    if (list.empty()) return std::nullopt;
    while (const auto element = take_list_element(list)) {
      if (element->empty() || (!first.empty() && *element != first)) return std::nullopt;
      first = *element;
    }
  }
  return parse_decimal(first, kMaxLength);
}

struct BodyFields {
  CloseReason problem = CloseReason::completed;
  Framing framing = Framing::none;  // what the fields say; none: nothing
  std::uint64_t length = 0;
};

BodyFields read_body_fields(const FieldList& fields, const Seen& seen, int minor_version) {
  const bool coded = seen.has(FieldId::transfer_encoding);
  const bool sized = seen.has(FieldId::content_length);
  if (coded && (sized || minor_version == 0)) return {.problem = CloseReason::bad_framing};
  if (coded) {
    const Coding coding = transfer_coding(fields);
    if (coding == Coding::chunked) return {.framing = Framing::chunked};
    return {.problem = coding == Coding::unknown ? CloseReason::unknown_coding : CloseReason::bad_framing};
  }
  if (!sized) return {};
  const auto length = content_length(fields);
  if (!length) return {.problem = CloseReason::bad_framing};
  return {.framing = Framing::length, .length = *length};
}

// ---- Connection: RFC 9110 §7.6.1, RFC 9112 §9.3 ----

struct ConnectionOptions {
  bool close = false;
  bool keep_alive = false;
  bool upgrade = false;
  bool too_many = false;

  bool persists(int minor_version) const { return !close && (minor_version == 1 || keep_alive); }
};

ConnectionOptions read_connection(const FieldList& fields, const Seen& seen) {
  ConnectionOptions options;
  if (!seen.has(FieldId::connection)) return options;
  std::size_t count = 0;
  options.too_many = !for_each_option(fields, FieldId::connection, [&](std::string_view option) {
    options.close |= equals_ignore_case(option, "close");
    options.keep_alive |= equals_ignore_case(option, "keep-alive");
    options.upgrade |= equals_ignore_case(option, "upgrade");
    return ++count <= kMaxConnectionOptions;
  });
  return options;
}

// An upgrade counts when it was asked for properly: in 1.1, named by Connection, in one field (RFC 9110 §7.8)
std::string_view upgrade_value(const FieldList& fields, const Seen& seen, const ConnectionOptions& options, int minor_version) {
  const bool counts = options.upgrade && minor_version == 1 && seen.has(FieldId::upgrade) && !seen.several(FieldId::upgrade);
  return counts ? fields.find(FieldId::upgrade)->value : std::string_view();
}

// ---- request line: RFC 9112 §3 ----

std::string_view take(std::string_view& bytes, std::size_t size) {
  const std::string_view taken = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return taken;
}

std::string_view take_until(std::string_view& bytes, const char* end) {
  return take(bytes, static_cast<std::size_t>(end - bytes.data()));
}

// "HTTP/1.0" or "HTTP/1.1" at the beginning of `bytes`: its minor version; -1 for another version, -2 for none
int take_version(std::string_view& bytes) {
  constexpr int kOtherVersion = -1;
  constexpr int kNoVersion = -2;
  if (bytes.size() < 8 || !bytes.starts_with("HTTP/") || bytes[6] != '.') return kNoVersion;
  const char major = bytes[5];
  const char minor = bytes[7];
  if (!is_char(major, kDigitChar) || !is_char(minor, kDigitChar)) return kNoVersion;
  bytes.remove_prefix(8);
  return major == '1' && minor <= '1' ? minor - '0' : kOtherVersion;
}

void split_path(std::string_view text, RequestHead& head) {
  const std::size_t mark = std::min(text.find('?'), text.size());
  head.path = text.substr(0, mark);
  head.query = text.substr(mark);
}

// "http://authority/path?query" (RFC 9112 §3.2.2). An empty path is "/", or "*" for OPTIONS without a query (§3.2.4).
Result<void> read_absolute_form(RequestHead& head) {
  std::string_view rest = head.target;
  if (starts_with_ignore_case(rest, "http://")) {
    rest.remove_prefix(7);
  } else if (starts_with_ignore_case(rest, "https://")) {
    rest.remove_prefix(8);
  } else {
    return refuse(CloseReason::bad_path);
  }
  head.authority = take(rest, std::min(rest.find_first_of("/?"), rest.size()));
  if (!parse_authority(head.authority)) return refuse(CloseReason::bad_host);
  split_path(rest, head);
  if (head.path.empty()) head.path = head.method == "OPTIONS" && head.query.empty() ? "*" : "/";
  return {};
}

Result<void> read_target(RequestHead& head) {
  if (head.method == "CONNECT") return refuse(CloseReason::connect_refused_here);
  if (head.target.starts_with('/')) {
    split_path(head.target, head);
    return {};
  }
  if (head.target != "*") return read_absolute_form(head);
  if (head.method != "OPTIONS") return refuse(CloseReason::bad_path);
  head.path = head.target;
  head.query = {};
  return {};
}

// Takes the request line with its CRLF off `bytes`
Result<void> take_request_line(std::string_view& bytes, RequestHead& head) {
  const char* const end = bytes.data() + bytes.size();
  head.method = take_until(bytes, scan::skip_class(bytes.data(), end, kTokenChar));
  if (head.method.empty() || !bytes.starts_with(' ')) return refuse(CloseReason::malformed_request);
  bytes.remove_prefix(1);
  head.target = take_until(bytes, scan::skip_target(bytes.data(), end));
  if (!bytes.starts_with(' ')) return refuse(CloseReason::bad_path);
  bytes.remove_prefix(1);
  const int minor = take_version(bytes);
  if (head.target.empty() || minor < -1 || !bytes.starts_with("\r\n")) return refuse(CloseReason::malformed_request);
  if (minor < 0) return refuse(CloseReason::unsupported_version);
  bytes.remove_prefix(2);
  head.minor_version = minor;
  return read_target(head);
}

// ---- what the fields of a request mean ----

// Exactly one valid Host; HTTP/1.0 may do without (RFC 9112 §3.2, http-rules 11). In absolute-form the target's authority replaces it.
Result<void> read_host(RequestHead& head, const Seen& seen) {
  if (seen.several(FieldId::host)) return refuse(CloseReason::bad_host);
  if (!seen.has(FieldId::host)) {
    if (head.minor_version != 0) return refuse(CloseReason::bad_host);
    if (!head.authority.empty()) head.fields.add("host", head.authority, FieldId::host);
    return {};
  }
  Field& host = *std::ranges::find(head.fields.all(), FieldId::host, &Field::id);
  if (!parse_authority(host.value)) return refuse(CloseReason::bad_host);
  if (head.authority.empty()) {
    head.authority = host.value;
  } else {
    host.value = head.authority;
  }
  return {};
}

bool has_content(const RequestHead& head) {
  return head.framing == Framing::chunked || head.content_length > 0;
}

// Only 100-continue is known. HTTP/1.0 knows no expectations, and without content there is nothing to wait for (RFC 9110 §10.1.1): the
// field is removed then, because an origin would take it seriously in the 1.1 that nuncio speaks.
Result<void> read_expect(RequestHead& head, const Seen& seen) {
  head.expects_continue = false;
  if (!seen.has(FieldId::expect)) return {};
  bool named = false;
  const bool known = for_each_option(head.fields, FieldId::expect, [&](std::string_view expectation) {
    named = equals_ignore_case(expectation, "100-continue");
    return named;
  });
  if (!known && head.minor_version == 1) return refuse(CloseReason::expectation_failed);
  head.expects_continue = named && head.minor_version == 1 && has_content(head);
  if (!head.expects_continue) head.fields.remove(FieldId::expect);
  return {};
}

Result<void> read_request_fields(RequestHead& head) {
  const Seen seen(head.fields);
  if (const auto host = read_host(head, seen); !host) return host;
  const BodyFields body = read_body_fields(head.fields, seen, head.minor_version);
  if (body.problem != CloseReason::completed) return refuse(body.problem);
  head.framing = body.framing;
  head.content_length = body.length;

  const ConnectionOptions options = read_connection(head.fields, seen);
  if (options.too_many) return refuse(CloseReason::head_too_large);
  head.keep_alive = options.persists(head.minor_version);
  head.upgrade = has_content(head) ? std::string_view() : upgrade_value(head.fields, seen, options, head.minor_version);
  return read_expect(head, seen);
}

// ---- responses ----

// Takes "HTTP/1.1 200 OK" with its CRLF off `bytes`. The space before an empty reason may be missing: origins leave it out, and nothing
// hangs on it, since nuncio writes the line anew.
Result<void> take_status_line(std::string_view& bytes, ResponseHead& head) {
  head.minor_version = take_version(bytes);
  if (head.minor_version < 0 || bytes.size() < 4 || bytes[0] != ' ') return bad_answer();
  bytes.remove_prefix(1);
  const auto status = parse_decimal(take(bytes, 3), 599);
  if (!status || *status < 100) return bad_answer();
  head.status = static_cast<int>(*status);
  head.reason = {};
  if (bytes.starts_with(' ')) {
    bytes.remove_prefix(1);
    head.reason = take_until(bytes, scan::skip_field_value(bytes.data(), bytes.data() + bytes.size()));
  }
  if (!bytes.starts_with("\r\n")) return bad_answer();
  bytes.remove_prefix(2);
  return {};
}

// 1xx and 204 have no body and must not speak of one (RFC 9110 §8.6, RFC 9112 §6.1). Such a 1xx is refused; a 204, which careless origins
// do send so, is taken without a body, and its connection is not used again.
Result<void> read_bodiless(const BodyFields& body, ResponseHead& head) {
  const bool speaks_of_body = body.framing == Framing::chunked || body.length > 0;
  if (speaks_of_body && head.status < 200) return bad_answer();
  if (speaks_of_body) head.keep_alive = false;
  head.fields.remove(FieldId::content_length);
  head.fields.remove(FieldId::transfer_encoding);
  return {};
}

// RFC 9112 §6.3; what HEAD and 304 say about a length is kept, as information
Result<void> read_response_body(const BodyFields& body, std::string_view method, ResponseHead& head) {
  head.framing = Framing::none;
  head.content_length = 0;
  if (head.status < 200 || head.status == 204) return read_bodiless(body, head);
  head.content_length = body.length;
  if (head.status == 304 || method == "HEAD") return {};
  head.framing = body.framing == Framing::none ? Framing::until_close : body.framing;
  if (head.framing == Framing::until_close) head.keep_alive = false;
  return {};
}

}  // namespace

Result<void> parse_request_head(std::string_view bytes, RequestHead& head) {
  head.authority = {};
  if (const auto line = take_request_line(bytes, head); !line) return line;
  const FieldLines lines = parse_field_lines(bytes, head.fields);
  if (lines == FieldLines::malformed) return refuse(CloseReason::malformed_request);
  if (lines == FieldLines::too_many) return refuse(CloseReason::head_too_large);
  return read_request_fields(head);
}

Result<void> parse_response_head(std::string_view bytes, std::string_view method, ResponseHead& head) {
  if (const auto line = take_status_line(bytes, head); !line) return line;
  const FieldLines lines = parse_field_lines(bytes, head.fields);
  if (lines == FieldLines::too_many) return failed(CloseReason::upstream_head_too_large, Side::upstream);
  if (lines == FieldLines::malformed) return bad_answer();

  const Seen seen(head.fields);
  const BodyFields body = read_body_fields(head.fields, seen, head.minor_version);
  if (body.problem != CloseReason::completed) return bad_answer();
  const ConnectionOptions options = read_connection(head.fields, seen);
  if (options.too_many) return bad_answer();
  head.keep_alive = head.status != 101 && options.persists(head.minor_version);
  head.upgrade = upgrade_value(head.fields, seen, options, head.minor_version);
  return read_response_body(body, method, head);
}

}  // namespace nuncio
