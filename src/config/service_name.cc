// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors

#include "config/service_name.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/text.h"
#include "config/words.h"

namespace nuncio::config {

namespace {

bool is_address(int family, const std::string& text) {
  unsigned char bytes[sizeof(in6_addr)];
  return inet_pton(family, text.c_str(), bytes) == 1;
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > 63) return false;
  return std::all_of(label.begin(), label.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; });
}

bool is_dns_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() > 253) return false;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('.', begin), name.size());
    if (!is_label(name.substr(begin, end - begin))) return false;
    begin = end + 1;
  }
  return true;
}

// "1.2.3" or "300.1.1.1": four numbers were meant, DNS must not be asked
bool looks_like_ipv4(std::string_view host) {
  return host.find_first_not_of("0123456789.") == std::string_view::npos && host.find('.') != std::string_view::npos;
}

std::string_view take_scheme(std::string_view text, ServiceName& out) {
  const std::size_t end = text.find("://");
  if (end == std::string_view::npos) return text;
  out.scheme = lower_case(text.substr(0, end));
  if (out.scheme != "http" && out.scheme != "https") {
    out.mistakes.push_back("the scheme of service " + quote(text) + " is not known and has no effect");
    out.scheme.clear();
  }
  return text.substr(end + 3);
}

std::string_view drop_path(std::string_view text, ServiceName& out) {
  const std::size_t end = text.find_first_of("/?#");
  if (end == std::string_view::npos) return text;
  out.mistakes.push_back("what follows host and port in service " + quote(out.service.text) + " has no effect");
  return text.substr(0, end);
}

void take_port(std::string_view text, ServiceName& out) {
  const auto port = text.starts_with('+') || text.starts_with('-') ? std::nullopt : to_integer(text);
  if (!port || *port > 65535) {
    out.problem = "the port " + quote(text) + " of service " + quote(out.service.text) + " is not a number between 0 and 65535";
    return;
  }
  out.port_given = *port != 0;
  if (out.port_given) out.service.port = static_cast<std::uint16_t>(*port);
}

// host and what follows it, "" or ":port"
std::pair<std::string_view, std::string_view> split_host(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return {text, {}};
    return {text.substr(0, end + 1), text.substr(end + 1)};
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return {text, {}};
  return {text.substr(0, colon), text.substr(colon)};
}

void take_host(std::string_view host, ServiceName& out) {
  model::Service& service = out.service;
  const std::string name = "the host of service " + quote(service.text);
  if (host.empty()) {
    out.problem = "service " + quote(service.text) + " names no host";
    return;
  }
  if (host.starts_with('[')) {
    service.host = lower_case(host.substr(1, host.size() - (host.ends_with(']') ? 2 : 1)));
    service.literal = host.ends_with(']') && is_address(AF_INET6, service.host);
    if (!service.literal) out.problem = name + " is not an IPv6 address";
    return;
  }
  service.host = lower_case(host);
  service.literal = is_address(AF_INET, service.host);
  if (service.literal) return;
  if (looks_like_ipv4(host)) out.problem = name + " is not an IPv4 address";
  if (!is_dns_name(service.host)) out.problem = name + " is not a host name";
}

}  // namespace

ServiceName parse_service(std::string_view written) {
  ServiceName out;
  const std::string_view text = trim(written);
  out.service.text = text;
  const std::string_view authority = drop_path(take_scheme(text, out), out);
  out.service.tls = out.scheme == "https";
  out.service.port = out.service.tls ? 443 : 80;
  const std::string bare(authority);
  if (is_address(AF_INET6, bare)) {
    out.service.host = lower_case(bare);
    out.service.literal = true;
    return out;
  }
  const auto [host, rest] = split_host(authority);
  take_host(host, out);
  if (!out.problem.empty() || rest.empty()) return out;
  if (rest[0] != ':') {
    out.problem = "service " + quote(text) + " is not of the form host:port";
    return out;
  }
  take_port(rest.substr(1), out);
  return out;
}

void qualify(model::Service& service, const Surroundings& surroundings) {
  service.names.clear();
  if (service.literal) return;
  const bool bare = service.host.find('.') == std::string::npos && service.host != "localhost";
  const bool foreign = !surroundings.ns.empty() && surroundings.ns != surroundings.own_ns && !surroundings.bare_names;
  if (bare && foreign) service.names.push_back(service.host + '.' + lower_case(surroundings.ns));
  service.names.push_back(service.host);
}

}  // namespace nuncio::config
