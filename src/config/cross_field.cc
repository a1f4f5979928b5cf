// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors

#include "config/cross_field.h"

#include <algorithm>
#include <string>

#include "base/text.h"
#include "config/service_name.h"
#include "config/words.h"

namespace nuncio::config {

namespace {

bool is_given(const Node* node) {
  return node && !node->is_null() && !(node->is_scalar() && node->text.empty());
}

bool check_alpn(const Node& list, Report& report) {
  static constexpr std::string_view kProtocols[] = {"h2", "http/1.1", "http/1.0"};
  bool good = true;
  for (const std::string_view word : split_at(list.text, ',')) {
    if (std::find(std::begin(kProtocols), std::end(kProtocols), word) != std::end(kProtocols)) continue;
    report.error(list, "'alpn_protocols' holds " + quote(word), "known are h2, http/1.1 and http/1.0");
    good = false;
  }
  return good;
}

bool check_listener(const Node& root, const Fields& fields, Report& report) {
  bool good = true;
  const auto either = [&](const char* name, const char* other) {
    if (fields.find(name) || fields.find(other)) return;
    report.error(root, "the field '" + std::string(name) + "' is missing");
    good = false;
  };
  either("securityModel", "security_model");
  either("hostBinding", "host_binding");
  const Node* stack = fields.find("protocolStack") ? fields.find("protocolStack") : fields.find("protocol_stack");
  if (!stack && !fields.find("protocol")) {
    report.error(root, "'protocol' or 'protocolStack' is missing");
    return false;
  }
  if (!stack) return good;
  if (fields.find("protocol")) report.error(*stack, "'protocol' stands beside 'protocolStack' and has no effect");
  const auto layers = texts_of(*stack);
  if (!layers.empty() && (layers.back() == "TCP" || layers.back() == "UDP")) return good;
  report.error(*stack, "the last layer of 'protocolStack' must be TCP or UDP");
  return false;
}

bool check_host(const Fields& fields, Report& report) {
  if (const Node* tls = fields.find("tls"); tls && fields.find("tlsContext")) {
    report.error(*tls, "'tls' and 'tlsContext' exclude each other");
    return false;
  }
  const Node* acme = fields.find("acmeProvider");
  const Node* authority = acme ? acme->find("authority") : nullptr;
  if (is_given(authority) && !equals_ignore_case(authority->text, "none")) {
    report.notice(*authority, "certificates are not obtained by ACME");
  }
  return true;
}

void check_tcp_service(const Envelope& envelope, const Fields& fields, Report& report) {
  const Node* node = fields.find("service");
  if (!node || node->text.find("://") == std::string::npos || envelope.version == "v3alpha1") return;
  report.error(*node, "the scheme of service " + quote(node->text) + " has no effect", "write tls: true");
}

bool check_auth_service(const Fields& fields, Report& report) {
  const Node* flag = fields.find("allow_request_body");
  if (flag && fields.find("include_body")) report.error(*flag, "'include_body' takes the place of 'allow_request_body'");
  return true;
}

bool check_log_service(const Fields& fields, Report& report) {
  const Node* grpc = fields.find("grpc");
  if (!grpc || fields.flag_or("grpc", true)) return true;
  report.error(*grpc, "'grpc' must be true: there is no other protocol");
  return false;
}

}  // namespace

bool check_load_balancer(const Node* node, Report& report) {
  const Node* policy = node ? node->find("policy") : nullptr;
  if (!policy) return true;
  const Node* source = node->find("source_ip");
  const int keys = (is_given(node->find("cookie")) ? 1 : 0) + (is_given(node->find("header")) ? 1 : 0) +
                   (source && to_flag(source->text).value_or(false) ? 1 : 0);
  const bool hashes = equals_ignore_case(policy->text, "ring_hash") || equals_ignore_case(policy->text, "maglev");
  if (hashes && keys != 1) {
    report.error(*node, "'load_balancer' with policy " + policy->text + " needs exactly one of cookie, header and source_ip");
    return false;
  }
  if (!hashes && keys > 0) {
    report.error(*node, "'load_balancer' with policy " + policy->text + " takes none of cookie, header and source_ip");
    return false;
  }
  return true;
}

bool check_retry_policy(const Node* node, Report& report) {
  static constexpr std::string_view kWords[] = {
      "5xx", "gateway-error", "connect-failure", "refused-stream", "retriable-4xx", "retriable-status-codes", "reset"};
  const Node* retry_on = node ? node->find("retry_on") : nullptr;
  if (!retry_on) return true;
  const auto words = split_at(retry_on->text, ',');
  bool good = !words.empty();
  for (const std::string_view word : words) good = good && std::find(std::begin(kWords), std::end(kWords), word) != std::end(kWords);
  if (!good) report.error(*retry_on, "'retry_policy.retry_on' is not known: " + quote(retry_on->text));
  return good;
}

bool check_tls_settings(const Node& context, bool terminates, Report& report) {
  bool good = true;
  const Node* chain = context.find("cert_chain_file");
  const Node* key = context.find("private_key_file");
  const Node* secret = context.find("secret");
  if (is_given(chain) != is_given(key)) {
    report.error(is_given(chain) ? *chain : *key, "'cert_chain_file' and 'private_key_file' need each other");
    good = false;
  }
  if (is_given(secret) && is_given(chain)) report.error(*chain, "the files stand beside 'secret' and have no effect");
  const Node* hosts = context.find("hosts");
  const bool has_hosts = hosts && (hosts->is_scalar() ? is_given(hosts) : !hosts->children.empty());
  if (terminates && has_hosts && !is_given(secret) && !is_given(chain)) {
    report.error(*hosts, "'hosts' need a certificate: 'secret', or 'cert_chain_file' and 'private_key_file'");
    good = false;
  }
  const Node* alpn = context.find("alpn_protocols");
  if (is_given(alpn) && alpn->is_scalar()) good = check_alpn(*alpn, report) && good;
  return good;
}

bool check_kind(const Node& root, const Envelope& envelope, const Fields& fields, Report& report) {
  if (envelope.kind == "TLSContext") return check_tls_settings(*envelope.body, true, report);
  if (envelope.kind == "Host") return check_host(fields, report);
  if (envelope.kind == "Listener") return check_listener(root, fields, report);
  if (envelope.kind == "AuthService") return check_auth_service(fields, report);
  if (envelope.kind == "LogService") return check_log_service(fields, report);
  if (envelope.kind == "TCPMapping") check_tcp_service(envelope, fields, report);
  return true;
}

}  // namespace nuncio::config
