// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "proxy/admission.h"

#include <algorithm>

#include "base/text.h"
#include "http/path.h"
#include "http/upgrade.h"
#include "proxy/client_address.h"
#include "route/table.h"

namespace nuncio::proxy {

namespace {

constexpr std::string_view kProbePrefix = "/ambassador/v0/check_";

class RandomDraw final : public route::Draw {
 public:
  explicit RandomDraw(Random& random) : random_(random) {}
  double number() override { return random_.fraction() * 100; }

 private:
  Random& random_;
};

const HttpSettings& settings(const Exchange& x) {
  return x.pin.snapshot().http;
}

std::string_view value_of(const RequestHead& request, FieldId id) {
  const Field* field = request.fields.find(id);
  return field == nullptr ? std::string_view() : field->value;
}

const route::Route* find_route(Exchange& x) {
  RandomDraw draw(x.context.random);
  const route::Request wanted{x.request.method, x.request.authority, x.request.path, false};
  return x.pin.snapshot().routes->find(wanted, draw);
}

// The client's own id counts when it comes from inside, or when the Module says so (spec: ambassador-proxy.md 4.1).
void choose_request_id(Exchange& x) {
  const Field* given = x.request.fields.find(FieldId::x_request_id);
  const bool keep = given != nullptr && !given->value.empty() && x.request.fields.count(FieldId::x_request_id) == 1 &&
                    (settings(x).preserve_external_request_id || is_internal(x));
  if (keep) {
    x.request_id = given->value;
    return;
  }
  char* id = x.arena.allocate(36);
  x.context.random.uuid(id);
  x.request_id = {id, 36};
}

Result<void> check_field_names(Exchange& x) {
  const auto has_underscore = [](const Field& field) { return field.name.find('_') != std::string_view::npos; };
  if (settings(x).underscores == model::UnderscoreAction::drop_header) x.request.fields.remove_if(has_underscore);
  if (settings(x).underscores != model::UnderscoreAction::reject_request) return {};
  if (std::ranges::any_of(x.request.fields.all(), has_underscore)) return failed(CloseReason::malformed_request, Side::client);
  return {};
}

// RFC 9110 §7.6.2: for OPTIONS and TRACE only
bool may_go_no_further(RequestHead& request, Arena& arena) {
  if (request.method != "OPTIONS" && request.method != "TRACE") return false;
  for (Field& field : request.fields.all()) {
    if (field.id != FieldId::max_forwards) continue;
    const auto left = parse_decimal(field.value);
    if (!left) continue;
    if (*left == 0) return true;
    field.value = arena.copy(DecimalText(*left - 1).view());
  }
  return false;
}

// The request as it arrived, but nothing that is secret (RFC 9110 §9.3.8)
LocalPages::Page trace_page(const RequestHead& request) {
  LocalPages::Page page;
  page.content_type = "message/http";
  page.body.append(request.method)
      .append(" ")
      .append(request.target)
      .append(request.minor_version == 0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
  for (const Field& field : request.fields.all()) {
    const bool secret = field.id == FieldId::cookie || equals_ignore_case(field.name, "authorization") ||
                        equals_ignore_case(field.name, "proxy-authorization");
    if (!secret) page.body.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  page.body.append("\r\n");
  return page;
}

// A probe stands in the order of matching like a Mapping with this prefix (spec: ambassador-ops.md 10.1).
bool user_route_comes_first(Exchange& x, std::string_view probe) {
  const route::Route* route = find_route(x);
  if (route == nullptr) return false;
  if (route->mapping->precedence != 0) return route->mapping->precedence > 0;
  return route->prefix().size() > probe.size();
}

std::optional<LocalPages::Page> probe_page(Exchange& x) {
  if (!x.request.path.starts_with(kProbePrefix)) return std::nullopt;
  const bool served =
      x.request.path.substr(kProbePrefix.size()).starts_with("alive") ? settings(x).liveness_probe : settings(x).readiness_probe;
  if (!served || user_route_comes_first(x, x.request.path)) return std::nullopt;
  return x.context.probes.find(x.request);
}

Result<void> choose_upgrade(Exchange& x) {
  const UpgradeKind kind = upgrade_kind(x.request);
  if (kind == UpgradeKind::none) return {};
  const std::string_view protocol = upgrade_protocol(x.request);
  const auto& allowed = x.route->allow_upgrade();
  const bool may = std::ranges::any_of(allowed, [protocol](const std::string& name) { return equals_ignore_case(name, protocol); });
  if (kind == UpgradeKind::other) {
    if (may) x.upgrade = protocol;
    return {};
  }
  if (!may) return failed(CloseReason::upgrade_refused, Side::client);
  if (kind == UpgradeKind::bad_websocket) return failed(CloseReason::malformed_request, Side::client);
  x.upgrade = protocol;
  return {};
}

std::uint32_t smaller_limit(int route_ms, std::uint32_t own_ms) {
  const auto wanted = static_cast<std::uint32_t>(route_ms);
  return wanted == 0 ? own_ms : std::min(wanted, own_ms);
}

}  // namespace

HeadLimits head_limits(const Exchange& x) {
  HeadLimits limits;
  limits.head_bytes = settings(x).max_head_bytes;
  return limits;
}

void note_request(Exchange& x) {
  ++x.client.requests;
  x.seen = true;
  x.method = x.request.method;
  x.target = x.request.target;
  x.host = x.request.authority;
  x.user_agent = value_of(x.request, FieldId::user_agent);
  x.client_address = trusted_client_address(x);
  choose_request_id(x);
}

Result<void> admit(Exchange& x) {
  if (x.request.minor_version == 0 && !settings(x).enable_http10) return failed(CloseReason::http10_disabled, Side::client);
  if (const auto names = check_field_names(x); !names) return names;
  x.admitted = true;
  if (x.request.path == "*") return {};
  const PathRules rules{settings(x).merge_slashes, settings(x).reject_escaped_slashes};
  const auto split = read_target(x.request.path, rules, [&x](std::size_t bytes) { return x.arena.allocate(bytes); });
  if (!split) return std::unexpected(split.error());
  x.request.path = split->path;
  return {};
}

std::optional<LocalPages::Page> local_page(Exchange& x) {
  if (x.context.admin != nullptr) {
    auto page = x.context.admin->find(x.request);
    return page ? page : LocalPages::Page{404, "text/plain; charset=utf-8", "there is no such page\n"};
  }
  if (may_go_no_further(x.request, x.arena)) return x.request.method == "TRACE" ? trace_page(x.request) : LocalPages::Page();
  if (x.request.path == "*") return LocalPages::Page();
  return probe_page(x);
}

Result<void> choose_route(Exchange& x) {
  const route::Route* route = find_route(x);
  if (route == nullptr) return failed(CloseReason::no_route, Side::client);
  x.use_route(*route);
  if (route->refuse != CloseReason::completed) return failed(route->refuse, Side::self);
  const auto silence = static_cast<std::uint32_t>(route->idle_timeout_ms);
  x.request_body.set_limit(Limit{smaller_limit(route->idle_timeout_ms, x.context.timeouts.body_ms), CloseReason::body_timeout});
  x.answer.set_limit(Limit{silence, CloseReason::client_stalled});
  return choose_upgrade(x);
}

Result<void> begin_request_body(Exchange& x) {
  x.body_begun = true;
  x.request_body.start(x.request.framing, x.request.content_length);
  x.first_piece_there = x.request_body.poll(x.first_piece);
  if (x.first_piece_there && !x.first_piece) return std::unexpected(x.first_piece.error());
  return {};
}

bool wants_continue(const Exchange& x) {
  return x.request.expects_continue && x.request.minor_version > 0 && !x.first_piece_there;
}

}  // namespace nuncio::proxy
