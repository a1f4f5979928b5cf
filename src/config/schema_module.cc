// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Rows of the table: the Modules (spec: ambassador-module.md).

#include "config/schema.h"

namespace nuncio::config {

namespace {

using enum Effect;

constexpr Field kContextFields[] = {
    {.name = "enabled", .type = Type::flag, .fallback = "true"},
    {.name = "secret"},
    {.name = "cert_chain_file"},
    {.name = "private_key_file"},
    {.name = "ca_secret"},
    {.name = "cacert_chain_file"},
    {.name = "crl_secret"},
    {.name = "cert_required", .type = Type::flag, .fallback = "false"},
    {.name = "alpn_protocols"},
    {.name = "redirect_cleartext_from", .type = Type::integer, .least = 1, .most = 65535},
    {.name = "min_tls_version", .type = Type::word, .words = "v1.0 v1.1 v1.2 v1.3"},
    {.name = "max_tls_version", .type = Type::word, .words = "v1.0 v1.1 v1.2 v1.3"},
    {.name = "cipher_suites", .type = Type::texts},
    {.name = "ecdh_curves", .type = Type::texts},
    {.name = "secret_namespacing", .type = Type::flag},
    {.name = "sni"},
    {.name = "hosts", .type = Type::texts},
};

constexpr Field kTlsFields[] = {{.name = "*", .type = Type::object_map, .members = kContextFields}};

constexpr Field kAuthenticationFields[] = {
    {.name = "auth_service", .type = Type::service, .required = true},
    {.name = "path_prefix"},
    {.name = "allowed_headers", .type = Type::texts},
    {.name = "cluster", .type = Type::any},
    {.name = "timeout_ms", .type = Type::integer, .least = 0},
    {.name = "tls", .type = Type::flag_or_text},
};

constexpr Field kDefaultFields[] = {
    {.name = "add_request_headers", .type = Type::field_map},
    {.name = "add_response_headers", .type = Type::field_map},
    {.name = "remove_request_headers", .type = Type::texts},
    {.name = "remove_response_headers", .type = Type::texts},
    {.name = "stats_name", .effect = unserved},
};

constexpr Field kDefaultsFields[] = {
    {.name = "httpmapping", .type = Type::object, .members = kDefaultFields},
    {.name = "add_request_headers", .type = Type::field_map},
    {.name = "add_response_headers", .type = Type::field_map},
    {.name = "remove_request_headers", .type = Type::texts},
    {.name = "remove_response_headers", .type = Type::texts},
    {.name = "stats_name", .effect = unserved},
    {.name = "tls_secret_namespacing", .type = Type::flag, .effect = unserved, .fallback = "true"},
};

constexpr Field kProbeFields[] = {
    {.name = "enabled", .type = Type::flag, .fallback = "true"},
    {.name = "prefix", .effect = unserved},
    {.name = "rewrite", .effect = unserved},
    {.name = "service", .type = Type::service, .effect = unserved},
};

constexpr Field kDiagnosticsFields[] = {
    {.name = "enabled", .type = Type::flag, .effect = unserved, .fallback = "false"},
    {.name = "allow_non_local", .type = Type::flag, .effect = unserved, .fallback = "false"},
    {.name = "prefix", .effect = unserved},
    {.name = "rewrite", .effect = unserved},
    {.name = "service", .type = Type::service, .effect = unserved},
};

constexpr Field kGzipFields[] = {
    {.name = "enabled", .type = Type::flag, .fallback = "true"},
    {.name = "min_content_length", .type = Type::integer, .least = 0},
    {.name = "memory_level", .type = Type::integer, .least = 1, .most = 9},
    {.name = "compression_level", .type = Type::word, .words = "DEFAULT BEST SPEED"},
    {.name = "compression_strategy", .type = Type::word, .words = "DEFAULT FILTERED HUFFMAN RLE"},
    {.name = "window_bits", .type = Type::integer, .least = 9, .most = 15},
    {.name = "content_type", .type = Type::texts},
    {.name = "disable_on_etag_header", .type = Type::flag},
    {.name = "remove_accept_encoding_header", .type = Type::flag},
};

constexpr Field kBufferFields[] = {
    {.name = "max_request_bytes", .type = Type::integer, .required = true, .least = 1},
    {.name = "max_request_time", .type = Type::any},
};

constexpr Field kCertDetailFields[] = {
    {.name = "subject", .type = Type::flag}, {.name = "cert", .type = Type::flag}, {.name = "chain", .type = Type::flag},
    {.name = "dns", .type = Type::flag},     {.name = "uri", .type = Type::flag},
};

constexpr Field kGrpcServiceFields[] = {
    {.name = "name", .required = true},
    {.name = "method_names", .type = Type::texts},
};

constexpr Field kGrpcStatsFields[] = {
    {.name = "all_methods", .type = Type::flag},
    {.name = "services", .type = Type::objects, .members = kGrpcServiceFields},
    {.name = "upstream_stats", .type = Type::flag},
};

constexpr Field kStatsdFields[] = {
    {.name = "enabled", .type = Type::flag},
    {.name = "flush_interval", .type = Type::any},
    {.name = "dogstatsd", .type = Type::flag},
};

constexpr Field kAddressFields[] = {{.name = "peer"}, {.name = "remote"}};

const Field kModuleFields[] = {
    {.name = "service_port",
     .type = Type::integer,
     .effect = unserved,
     .least = 1,
     .most = 65535,
     .sentence = "Port of the main listener; use --listen."},
    {.name = "admin_port", .type = Type::any, .effect = unused},
    {.name = "diag_port",
     .type = Type::integer,
     .effect = unserved,
     .least = 1,
     .most = 65535,
     .fallback = "8877",
     .sentence = "Port of the diagnostics; use --admin."},
    {.name = "use_proxy_proto",
     .type = Type::flag,
     .effect = unserved,
     .fallback = "false",
     .sentence = "Connections begin with a PROXY header."},
    {.name = "use_remote_address",
     .type = Type::flag,
     .fallback = "true",
     .sentence = "The peer is the client: X-Forwarded-Proto is written anew, the peer is appended to X-Forwarded-For."},
    {.name = "xff_num_trusted_hops",
     .type = Type::integer,
     .least = 0,
     .most = 64,
     .fallback = "0",
     .sentence = "Trusted proxies in front of nuncio."},
    {.name = "x_forwarded_proto_redirect",
     .type = Type::flag,
     .effect = unserved,
     .fallback = "false",
     .sentence = "Requests whose X-Forwarded-Proto is not https are redirected."},
    {.name = "listener_idle_timeout_ms",
     .type = Type::integer,
     .least = 0,
     .fallback = "3600000",
     .sentence = "How long a client's connection is kept without a request; 0 means forever."},
    {.name = "enable_http10", .type = Type::flag, .fallback = "true", .sentence = "false answers HTTP/1.0 requests with 426."},
    {.name = "enable_ipv4", .type = Type::flag, .effect = unserved, .fallback = "true", .sentence = "Whether A records are asked for."},
    {.name = "enable_ipv6", .type = Type::flag, .effect = unserved, .fallback = "false", .sentence = "Whether AAAA records are asked for."},
    {.name = "strip_matching_host_port",
     .type = Type::flag,
     .effect = unserved,
     .fallback = "false",
     .sentence = "Removes the listener's own port from Host. Matching ignores the port anyway, unless the Mapping's host has one."},
    {.name = "allow_chunked_length",
     .type = Type::flag,
     .effect = noted,
     .fallback = "false",
     .sentence = "A request with Transfer-Encoding and Content-Length is always refused."},
    {.name = "buffer_limit_bytes",
     .type = Type::integer,
     .effect = unserved,
     .least = 0,
     .fallback = "1048576",
     .sentence = "Size of buffers."},
    {.name = "max_request_headers_kb",
     .type = Type::integer,
     .least = 1,
     .most = 8192,
     .fallback = "60",
     .sentence = "Size of a request's head."},
    {.name = "tls", .type = Type::object_map, .effect = unserved, .members = kContextFields, .sentence = "Old spelling of the Module tls."},
    {.name = "merge_slashes", .type = Type::flag, .fallback = "false", .sentence = "Runs of slashes in the path count as one."},
    {.name = "reject_requests_with_escaped_slashes",
     .type = Type::flag,
     .fallback = "false",
     .sentence = "%2F or %5C in the path answers 400."},
    {.name = "preserve_external_request_id", .type = Type::flag, .fallback = "false", .sentence = "Keeps the client's X-Request-Id."},
    {.name = "proper_case", .type = Type::flag, .effect = unserved, .fallback = "false", .sentence = "Field names are written Like-This."},
    {.name = "header_case_overrides", .type = Type::texts, .effect = unserved, .sentence = "Field names with the spelling to be written."},
    {.name = "headers_with_underscores_action",
     .type = Type::word,
     .words = "ALLOW REJECT_REQUEST DROP_HEADER",
     .fallback = "ALLOW",
     .sentence = "What becomes of fields whose names hold an underscore."},
    {.name = "server_name", .fallback = "nuncio", .sentence = "The server field of responses."},
    {.name = "via", .type = Type::flag, .fallback = "true", .sentence = "Appends Via to requests."},
    {.name = "suppress_envoy_headers", .type = Type::flag, .fallback = "false", .sentence = "No x-envoy-* field is added."},
    {.name = "forward_client_cert_details",
     .type = Type::word,
     .effect = unserved,
     .words = "SANITIZE FORWARD_ONLY APPEND_FORWARD SANITIZE_SET ALWAYS_FORWARD_ONLY",
     .fallback = "SANITIZE",
     .sentence = "What becomes of X-Forwarded-Client-Cert; it is always removed."},
    {.name = "set_current_client_cert_details",
     .type = Type::object,
     .effect = unserved,
     .members = kCertDetailFields,
     .sentence = "What is said about the client's certificate."},
    {.name = "gzip", .type = Type::object, .effect = unserved, .members = kGzipFields, .sentence = "Compression of responses."},
    {.name = "buffer",
     .type = Type::object,
     .effect = unserved,
     .members = kBufferFields,
     .sentence = "Reads a whole request before it is sent on."},
    {.name = "cors", .type = Type::object, .effect = unserved, .members = cors_fields(), .sentence = "Default of the Mapping's field."},
    {.name = "error_response_overrides",
     .type = Type::objects,
     .effect = unserved,
     .members = error_override_fields(),
     .sentence = "Bodies for error statuses."},
    {.name = "enable_grpc_http11_bridge",
     .type = Type::flag,
     .effect = unserved,
     .fallback = "false",
     .sentence = "gRPC for HTTP/1.1 clients."},
    {.name = "enable_grpc_web", .type = Type::flag, .effect = unserved, .fallback = "false", .sentence = "gRPC-Web."},
    {.name = "grpc_stats", .type = Type::object, .effect = unserved, .members = kGrpcStatsFields, .sentence = "Statistics by gRPC method."},
    {.name = "lua_scripts",
     .type = Type::lines,
     .effect = closed,
     .sentence = "Lua is not run; since a script may decide who is served, all routes answer 500."},
    {.name = "ip_allow",
     .type = Type::objects,
     .effect = closed,
     .members = kAddressFields,
     .sentence = "Addresses that are served; until then all routes answer 500."},
    {.name = "ip_deny",
     .type = Type::objects,
     .effect = closed,
     .members = kAddressFields,
     .sentence = "Addresses that are not served; until then all routes answer 500."},
    {.name = "cluster_request_timeout_ms", .type = Type::integer, .least = 0, .fallback = "3000", .sentence = "Default of timeout_ms."},
    {.name = "cluster_idle_timeout_ms",
     .type = Type::integer,
     .least = 0,
     .fallback = "3600000",
     .sentence = "Default of the Mapping's field."},
    {.name = "cluster_max_connection_lifetime_ms",
     .type = Type::integer,
     .effect = unserved,
     .least = 0,
     .sentence = "Default of the Mapping's field."},
    {.name = "circuit_breakers", .type = Type::objects, .members = circuit_breaker_fields(), .sentence = "Default of the Mapping's field."},
    {.name = "retry_policy",
     .type = Type::object,
     .effect = unserved,
     .members = retry_policy_fields(),
     .sentence = "Default of the Mapping's field."},
    {.name = "load_balancer",
     .type = Type::object,
     .effect = unserved,
     .members = load_balancer_fields(),
     .sentence = "Default of the Mapping's field."},
    {.name = "keepalive",
     .type = Type::object,
     .effect = unserved,
     .members = keepalive_fields(),
     .sentence = "Default of the Mapping's field."},
    {.name = "resolver",
     .effect = unserved,
     .fallback = "kubernetes-service",
     .sentence = "Default of the Mapping's field; names are resolved by DNS."},
    {.name = "add_linkerd_headers",
     .type = Type::flag,
     .effect = unserved,
     .fallback = "false",
     .sentence = "Default of the Mapping's field."},
    {.name = "use_ambassador_namespace_for_service_resolution",
     .type = Type::flag,
     .fallback = "false",
     .sentence = "Bare service names are not completed with the document's namespace."},
    {.name = "defaults",
     .type = Type::object,
     .members = kDefaultsFields,
     .sentence = "Defaults of add_request_headers, add_response_headers, remove_request_headers and remove_response_headers, here or under "
                 "httpmapping. "
                 "A Mapping's own value takes their place as a whole."},
    {.name = "default_label_domain", .effect = unserved, .fallback = "ambassador", .sentence = "Domain of rate limits."},
    {.name = "default_labels", .type = Type::any, .effect = unserved, .sentence = "Labels for every rate-limit group of a domain."},
    {.name = "regex_max_size", .type = Type::integer, .effect = unused, .least = 0},
    {.name = "regex_type",
     .type = Type::word,
     .effect = noted,
     .words = "safe unsafe",
     .fallback = "safe",
     .sentence = "There is one kind of regular expression, RE2's."},
    {.name = "prune_unreachable_routes", .type = Type::any, .effect = unused},
    {.name = "diagnostics", .type = Type::object, .members = kDiagnosticsFields, .sentence = "The diagnostics page on the traffic port."},
    {.name = "liveness_probe",
     .type = Type::object,
     .members = kProbeFields,
     .sentence = "enabled: false takes /ambassador/v0/check_alive from the traffic port; the admin port goes on answering it."},
    {.name = "readiness_probe", .type = Type::object, .members = kProbeFields, .sentence = "The same for /ambassador/v0/check_ready."},
    {.name = "debug_mode", .type = Type::any, .effect = unused},
    {.name = "envoy_log_path", .effect = unserved, .fallback = "/dev/fd/1", .sentence = "File of the access log; use --access-log."},
    {.name = "envoy_log_type",
     .type = Type::word,
     .effect = unserved,
     .words = "text json typed_json",
     .fallback = "text",
     .sentence = "Form of the access log; use --log-format."},
    {.name = "envoy_log_format", .type = Type::any, .effect = unserved, .sentence = "Contents of the access log."},
    {.name = "envoy_validation_timeout", .type = Type::any, .effect = unused},
    {.name = "statsd", .type = Type::object, .effect = unserved, .members = kStatsdFields, .sentence = "StatsD is not served."},
};

}  // namespace

std::span<const Field> module_fields() {
  return kModuleFields;
}
std::span<const Field> module_tls_fields() {
  return kTlsFields;
}
std::span<const Field> module_authentication_fields() {
  return kAuthenticationFields;
}

}  // namespace nuncio::config
