// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Rows of the table: TLSContext, Host, Listener and resolvers (spec: ambassador-tls-host.md).

#include "config/schema.h"

namespace nuncio::config {

namespace {

constexpr std::string_view kVersions = "v1.0 v1.1 v1.2 v1.3";

constexpr Field kTlsContextFields[] = {
    {.name = "hosts", .type = Type::texts},
    {.name = "secret"},
    {.name = "cert_chain_file"},
    {.name = "private_key_file"},
    {.name = "ca_secret"},
    {.name = "cacert_chain_file"},
    {.name = "crl_secret"},
    {.name = "cert_required", .type = Type::flag},
    {.name = "alpn_protocols"},
    {.name = "min_tls_version", .type = Type::word, .words = kVersions},
    {.name = "max_tls_version", .type = Type::word, .words = kVersions},
    {.name = "cipher_suites", .type = Type::texts},
    {.name = "ecdh_curves", .type = Type::texts},
    {.name = "redirect_cleartext_from", .type = Type::integer, .least = 1, .most = 65535},
    {.name = "secret_namespacing", .type = Type::flag},
    {.name = "sni"},
};

constexpr Field kSecretNameFields[] = {{.name = "name", .required = true}, {.name = "namespace"}};
constexpr Field kContextNameFields[] = {{.name = "name", .required = true}};
constexpr Field kSelectorFields[] = {{.name = "matchLabels", .type = Type::any}, {.name = "matchExpressions", .type = Type::any}};

constexpr Field kHostTlsFields[] = {
    {.name = "cert_chain_file"},
    {.name = "private_key_file"},
    {.name = "ca_secret"},
    {.name = "cacert_chain_file"},
    {.name = "crl_secret"},
    {.name = "alpn_protocols"},
    {.name = "cert_required", .type = Type::flag},
    {.name = "min_tls_version", .type = Type::word, .words = kVersions},
    {.name = "max_tls_version", .type = Type::word, .words = kVersions},
    {.name = "cipher_suites", .type = Type::texts},
    {.name = "ecdh_curves", .type = Type::texts},
    {.name = "redirect_cleartext_from", .type = Type::integer, .least = 1, .most = 65535},
    {.name = "sni"},
    {.name = "certChainFile"},
    {.name = "privateKeyFile"},
    {.name = "caSecret"},
    {.name = "cacertChainFile"},
    {.name = "crlSecret"},
    {.name = "alpnProtocols"},
    {.name = "certRequired", .type = Type::flag},
    {.name = "minTlsVersion", .type = Type::word, .words = kVersions},
    {.name = "maxTlsVersion", .type = Type::word, .words = kVersions},
    {.name = "cipherSuites", .type = Type::texts},
    {.name = "ecdhCurves", .type = Type::texts},
    {.name = "redirectCleartextFrom", .type = Type::integer, .least = 1, .most = 65535},
};

constexpr Field kInsecureFields[] = {
    {.name = "action", .type = Type::word, .words = "Redirect Reject Route"},
    {.name = "additionalPort", .type = Type::integer, .least = -1, .most = 65535},
};

constexpr Field kRequestPolicyFields[] = {{.name = "insecure", .type = Type::object, .members = kInsecureFields}};

constexpr Field kAcmeFields[] = {
    {.name = "authority"},
    {.name = "email"},
    {.name = "privateKeySecret", .type = Type::any},
    {.name = "registration", .type = Type::any},
};

constexpr Field kHostFields[] = {
    {.name = "hostname"},
    {.name = "tlsSecret", .type = Type::object, .members = kSecretNameFields},
    {.name = "tlsContext", .type = Type::object, .members = kContextNameFields},
    {.name = "tls", .type = Type::object, .members = kHostTlsFields},
    {.name = "selector", .type = Type::object, .members = kSelectorFields},
    {.name = "mappingSelector", .type = Type::object, .members = kSelectorFields},
    {.name = "requestPolicy", .type = Type::object, .members = kRequestPolicyFields},
    {.name = "acmeProvider", .type = Type::object, .members = kAcmeFields},
    {.name = "previewUrl", .type = Type::any},
};

constexpr Field kNamespaceFields[] = {{.name = "from", .type = Type::word, .required = true, .words = "SELF ALL SELECTOR"}};

constexpr Field kBindingFields[] = {
    {.name = "namespace", .type = Type::object, .members = kNamespaceFields},
    {.name = "selector", .type = Type::object, .members = kSelectorFields},
};

constexpr Field kListenerFields[] = {
    {.name = "port", .type = Type::integer, .required = true, .least = 1, .most = 65535},
    {.name = "protocol", .type = Type::word, .words = "HTTP HTTPS HTTPPROXY HTTPSPROXY TCP TLS"},
    {.name = "protocolStack", .type = Type::texts},
    {.name = "protocol_stack", .type = Type::texts},
    {.name = "securityModel", .type = Type::word, .words = "XFP SECURE INSECURE"},
    {.name = "security_model", .type = Type::word, .words = "XFP SECURE INSECURE"},
    {.name = "l7Depth", .type = Type::integer, .least = 0},
    {.name = "l7_depth", .type = Type::integer, .least = 0},
    {.name = "hostBinding", .type = Type::object, .members = kBindingFields},
    {.name = "host_binding", .type = Type::object, .members = kBindingFields},
    {.name = "statsPrefix"},
    {.name = "stats_prefix"},
    {.name = "http2MaxConcurrentStreams", .type = Type::integer, .least = 1},
    {.name = "http2_max_concurrent_streams", .type = Type::integer, .least = 1},
};

constexpr Field kConsulResolverFields[] = {
    {.name = "address", .required = true},
    {.name = "datacenter", .required = true},
};

}  // namespace

std::span<const Field> tls_context_fields() {
  return kTlsContextFields;
}
std::span<const Field> host_fields() {
  return kHostFields;
}
std::span<const Field> listener_fields() {
  return kListenerFields;
}
std::span<const Field> consul_resolver_fields() {
  return kConsulResolverFields;
}

}  // namespace nuncio::config
