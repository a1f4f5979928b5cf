// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Rows of the table: Mapping, TCPMapping and what they share with other kinds.

#include "config/schema.h"

namespace nuncio::config {

namespace {

using enum Effect;

constexpr Field kRewriteFields[] = {
    {.name = "pattern", .required = true},
    {.name = "substitution", .required = true},
};

constexpr Field kBreakerFields[] = {
    {.name = "priority",
     .type = Type::word,
     .words = "default high",
     .fallback = "default",
     .sentence = "The class of requests that the limits are for; only default is served."},
    {.name = "max_connections", .type = Type::integer, .least = 0, .fallback = "1024", .sentence = "Open connections to the service."},
    {.name = "max_pending_requests",
     .type = Type::integer,
     .least = 0,
     .fallback = "1024",
     .sentence = "Requests that wait for a connection; one more answers 503."},
    {.name = "max_requests", .type = Type::integer, .effect = unserved, .least = 0, .fallback = "1024", .sentence = "Requests in flight."},
    {.name = "max_retries",
     .type = Type::integer,
     .effect = unserved,
     .least = 0,
     .fallback = "3",
     .sentence = "Retries at the same time."},
};

constexpr Field kKeepaliveFields[] = {
    {.name = "idle_time", .type = Type::integer, .least = 0, .sentence = "Seconds before the first probe."},
    {.name = "time", .type = Type::integer, .least = 0},
    {.name = "interval", .type = Type::integer, .least = 0, .sentence = "Seconds between probes."},
    {.name = "probes", .type = Type::integer, .least = 0, .sentence = "Probes without an answer before the connection is given up."},
};

constexpr Field kRetryFields[] = {
    {.name = "retry_on", .required = true},
    {.name = "num_retries", .type = Type::integer, .least = 0, .fallback = "1"},
    {.name = "per_try_timeout", .type = Type::duration},
};

constexpr Field kCookieFields[] = {
    {.name = "name", .required = true},
    {.name = "path"},
    {.name = "ttl", .type = Type::duration},
};

constexpr Field kBalancerFields[] = {
    {.name = "policy", .type = Type::word, .required = true, .words = "round_robin least_request ring_hash maglev"},
    {.name = "cookie", .type = Type::object, .members = kCookieFields},
    {.name = "header"},
    {.name = "source_ip", .type = Type::flag, .fallback = "false"},
};

constexpr Field kCorsFields[] = {
    {.name = "origins", .type = Type::comma_texts, .required = true},
    {.name = "methods", .type = Type::comma_texts},
    {.name = "headers", .type = Type::comma_texts},
    {.name = "exposed_headers", .type = Type::comma_texts},
    {.name = "credentials", .type = Type::flag, .fallback = "false"},
    {.name = "max_age"},
};

constexpr Field kSourceFields[] = {{.name = "filename", .required = true}};

constexpr Field kErrorBodyFields[] = {
    {.name = "content_type"},
    {.name = "text_format", .type = Type::lines},
    {.name = "json_format", .type = Type::any},
    {.name = "text_format_source", .type = Type::object, .members = kSourceFields},
};

constexpr Field kErrorOverrideFields[] = {
    {.name = "on_status_code", .type = Type::integer, .required = true, .least = 400, .most = 599},
    {.name = "body", .type = Type::object, .required = true, .members = kErrorBodyFields},
};

constexpr Field kStatusRangeFields[] = {
    {.name = "min", .type = Type::integer, .required = true, .least = 100, .most = 599},
    {.name = "max", .type = Type::integer, .required = true, .least = 100, .most = 599},
};

constexpr Field kHttpProbeFields[] = {
    {.name = "path", .required = true},
    {.name = "hostname"},
    {.name = "add_request_headers", .type = Type::field_map},
    {.name = "remove_request_headers", .type = Type::texts},
    {.name = "expected_statuses", .type = Type::objects, .members = kStatusRangeFields},
};

constexpr Field kGrpcProbeFields[] = {
    {.name = "upstream_name", .required = true},
    {.name = "authority"},
};

constexpr Field kProbeFields[] = {
    {.name = "http", .type = Type::object, .members = kHttpProbeFields},
    {.name = "grpc", .type = Type::object, .members = kGrpcProbeFields},
};

constexpr Field kHealthCheckFields[] = {
    {.name = "timeout", .type = Type::duration, .fallback = "3s"},
    {.name = "interval", .type = Type::duration, .fallback = "5s"},
    {.name = "healthy_threshold", .type = Type::integer, .least = 1, .fallback = "1"},
    {.name = "unhealthy_threshold", .type = Type::integer, .least = 1, .fallback = "2"},
    {.name = "health_check", .type = Type::object, .required = true, .members = kProbeFields},
};

constexpr Field kRateLimitFields[] = {
    {.name = "descriptor"},
    {.name = "headers", .type = Type::texts},
};

constexpr Field kMappingFields[] = {
    {.name = "prefix",
     .required = true,
     .sentence = "The beginning of the path, compared byte by byte with the normalised path; the query does not count. /man fits /mankind, "
                 "and /foo/ does not fit /foo."},
    {.name = "prefix_regex",
     .type = Type::flag,
     .effect = left_out,
     .fallback = "false",
     .sentence = "prefix is a regular expression for the whole path."},
    {.name = "prefix_exact", .type = Type::flag, .effect = left_out, .fallback = "false", .sentence = "The path must equal prefix."},
    {.name = "case_sensitive", .type = Type::flag, .fallback = "true", .sentence = "Whether the letter case of the path counts."},
    {.name = "method",
     .fallback = "any",
     .sentence = "The method of the request, upper case. Another method is no match; there is no 405."},
    {.name = "method_regex", .type = Type::flag, .effect = left_out, .fallback = "false", .sentence = "method is a regular expression."},
    {.name = "host",
     .fallback = "any",
     .sentence = "The host that the client asked for, in any letter case. Without a port here, the client's port does not count."},
    {.name = "host_regex", .type = Type::flag, .effect = left_out, .fallback = "false", .sentence = "host is a regular expression."},
    {.name = "hostname",
     .fallback = "any",
     .sentence = "As host; * means any. Overrides host. Patterns such as *.example.com are not served: the Mapping is left out."},
    {.name = "headers", .type = Type::match_map, .effect = left_out, .sentence = "Fields that the request must have, with these values."},
    {.name = "regex_headers", .type = Type::text_map, .effect = left_out, .sentence = "The same with regular expressions."},
    {.name = "query_parameters", .type = Type::match_map, .effect = left_out, .sentence = "Parameters that the query must have."},
    {.name = "regex_query_parameters", .type = Type::text_map, .effect = left_out, .sentence = "The same with regular expressions."},
    {.name = "precedence",
     .type = Type::integer,
     .fallback = "0",
     .sentence = "Mappings with a larger number are tried first; among equal ones the longer prefix is."},
    {.name = "service",
     .type = Type::service,
     .required = true,
     .sentence = "Where the request goes: host, host:port, or an address ([::1]:80 for IPv6). Port 80 unless given. A bare name gets the "
                 "document's namespace when that is not nuncio's own. https:// is not served yet: such a service answers 503."},
    {.name = "rewrite", .fallback = "/", .sentence = "Takes the place of the matched prefix. An empty text leaves the path alone."},
    {.name = "regex_rewrite",
     .type = Type::object,
     .effect = left_out,
     .members = kRewriteFields,
     .sentence = "Replaces what fits a regular expression in the path."},
    {.name = "host_rewrite", .sentence = "The Host that the service sees; otherwise that of the client."},
    {.name = "auto_host_rewrite", .type = Type::flag, .fallback = "false", .sentence = "The service sees its own name as Host."},
    {.name = "weight",
     .type = Type::integer,
     .fallback = "a share of the rest",
     .sentence = "Percent of the requests, 0 to 100, when several Mappings have equal conditions."},
    {.name = "shadow", .type = Type::flag, .effect = left_out, .fallback = "false", .sentence = "Only a copy of the traffic goes here."},
    {.name = "tls", .type = Type::flag_or_text, .effect = unusable, .fallback = "false", .sentence = "The service is spoken to over TLS."},
    {.name = "grpc", .type = Type::flag, .effect = unusable, .fallback = "false", .sentence = "The service is spoken to over HTTP/2."},
    {.name = "use_websocket", .type = Type::flag, .fallback = "false", .sentence = "Adds websocket to allow_upgrade."},
    {.name = "allow_upgrade", .type = Type::texts, .sentence = "Protocols that a client may switch to with Upgrade, such as websocket."},
    {.name = "resolver",
     .fallback = "kubernetes-service",
     .sentence = "How service becomes addresses. All Kubernetes resolvers ask DNS; with another the Mapping answers 503."},
    {.name = "load_balancer",
     .type = Type::object,
     .effect = unserved,
     .members = kBalancerFields,
     .sentence = "How one of several addresses is chosen."},
    {.name = "priority",
     .type = Type::word,
     .effect = unserved,
     .words = "default high",
     .fallback = "default",
     .sentence = "Which circuit breaker counts."},
    {.name = "cluster_tag", .effect = unserved, .sentence = "Separates connections and counters from those of other Mappings."},
    {.name = "stats_name", .effect = unserved, .sentence = "Label in the statistics."},
    {.name = "dns_type",
     .type = Type::word,
     .effect = unserved,
     .words = "strict_dns logical_dns",
     .fallback = "strict_dns",
     .sentence = "Whether all addresses of a name are used, or the first."},
    {.name = "respect_dns_ttl",
     .type = Type::flag,
     .effect = unserved,
     .fallback = "false",
     .sentence = "Names are asked for anew when they expire."},
    {.name = "enable_ipv4", .type = Type::flag, .effect = unserved, .fallback = "true", .sentence = "Whether A records are asked for."},
    {.name = "enable_ipv6", .type = Type::flag, .effect = unserved, .fallback = "false", .sentence = "Whether AAAA records are asked for."},
    {.name = "host_redirect",
     .type = Type::flag,
     .effect = left_out,
     .fallback = "false",
     .sentence = "The answer is a redirect to service."},
    {.name = "path_redirect", .effect = unserved, .sentence = "The path of the redirect."},
    {.name = "prefix_redirect", .effect = unserved, .sentence = "What takes the place of prefix in the redirect."},
    {.name = "regex_redirect",
     .type = Type::object,
     .effect = unserved,
     .members = kRewriteFields,
     .sentence = "The same by a regular expression."},
    {.name = "redirect_response_code", .type = Type::integer, .effect = unserved, .fallback = "301", .sentence = "Status of the redirect."},
    {.name = "add_request_headers",
     .type = Type::field_map,
     .fallback = "those of the Module",
     .sentence =
         "Fields to add to the request: name to text, or to {value, append}; append: false replaces. Mappings with equal conditions "
         "share them. A value with a variable such as %HOSTNAME% is left out; %% is one percent sign."},
    {.name = "add_response_headers", .type = Type::field_map, .fallback = "those of the Module", .sentence = "The same for responses."},
    {.name = "remove_request_headers",
     .type = Type::texts,
     .fallback = "those of the Module",
     .sentence = "Fields to remove before others are added."},
    {.name = "remove_response_headers", .type = Type::texts, .fallback = "those of the Module", .sentence = "The same for responses."},
    {.name = "add_linkerd_headers", .type = Type::flag, .effect = unserved, .fallback = "false", .sentence = "Adds l5d-dst-override."},
    {.name = "timeout_ms",
     .type = Type::integer,
     .least = 0,
     .fallback = "3000, or the Module's cluster_request_timeout_ms",
     .sentence = "From the end of the request to the end of the response; 0 means none."},
    {.name = "idle_timeout_ms",
     .type = Type::integer,
     .least = 0,
     .fallback = "300000",
     .sentence = "How long nothing may move in either direction; 0 means forever."},
    {.name = "connect_timeout_ms", .type = Type::integer, .least = 1, .fallback = "3000", .sentence = "How long connecting may take."},
    {.name = "cluster_idle_timeout_ms",
     .type = Type::integer,
     .least = 0,
     .fallback = "3600000",
     .sentence = "How long a connection to the service is kept without a request; 0 means forever."},
    {.name = "cluster_max_connection_lifetime_ms",
     .type = Type::integer,
     .effect = unserved,
     .least = 0,
     .sentence = "How old a connection to the service may become."},
    {.name = "keepalive",
     .type = Type::object,
     .effect = unserved,
     .members = kKeepaliveFields,
     .sentence = "TCP keep-alive to the service."},
    {.name = "retry_policy",
     .type = Type::object,
     .effect = unserved,
     .members = kRetryFields,
     .sentence = "When a request is sent again."},
    {.name = "circuit_breakers", .type = Type::objects, .members = kBreakerFields, .sentence = "Limits of the connections to the service."},
    {.name = "health_checks",
     .type = Type::objects,
     .effect = unserved,
     .members = kHealthCheckFields,
     .sentence = "Active checks of the service."},
    {.name = "circuit_breaker", .effect = noted, .sentence = "Name of a CircuitBreaker of Ambassador 0.x."},
    {.name = "outlier_detection", .type = Type::any, .effect = refused, .sentence = "Of Ambassador 0.x."},
    {.name = "error_response_overrides",
     .type = Type::objects,
     .effect = unserved,
     .members = kErrorOverrideFields,
     .sentence = "Bodies for error statuses."},
    {.name = "bypass_error_response_overrides",
     .type = Type::flag,
     .effect = unserved,
     .fallback = "false",
     .sentence = "Switches them off here."},
    {.name = "bypass_auth", .type = Type::flag, .fallback = "false", .sentence = "No AuthService is asked."},
    {.name = "auth_context_extensions", .type = Type::text_map, .effect = unserved, .sentence = "Context for a gRPC AuthService."},
    {.name = "cors",
     .type = Type::object,
     .effect = unserved,
     .members = kCorsFields,
     .sentence = "Answers to preflights, and fields for other origins."},
    {.name = "rate_limits",
     .type = Type::objects,
     .effect = unserved,
     .members = kRateLimitFields,
     .sentence = "Descriptors for a RateLimitService."},
    {.name = "labels", .type = Type::any, .effect = unserved, .sentence = "The same, by domain and group."},
    {.name = "envoy_override", .type = Type::any, .effect = refused, .sentence = "Raw Envoy configuration."},
    {.name = "modules", .type = Type::any, .effect = unused},
    {.name = "docs", .type = Type::any, .effect = unused},
    {.name = "serialization", .type = Type::any, .effect = unused},
    {.name = "source", .type = Type::any, .effect = unused},
};

constexpr Field kTcpMappingFields[] = {
    {.name = "port", .type = Type::integer, .required = true, .least = 1, .most = 65535},
    {.name = "service", .type = Type::service, .required = true},
    {.name = "host"},
    {.name = "address"},
    {.name = "tls", .type = Type::flag_or_text},
    {.name = "weight", .type = Type::integer, .least = 0, .most = 100},
    {.name = "idle_timeout_ms", .type = Type::integer, .least = 0},
    {.name = "enable_ipv4", .type = Type::flag},
    {.name = "enable_ipv6", .type = Type::flag},
    {.name = "circuit_breakers", .type = Type::objects, .members = kBreakerFields},
    {.name = "resolver"},
    {.name = "cluster_tag"},
    {.name = "stats_name"},
    {.name = "precedence", .type = Type::integer},
    {.name = "serialization", .type = Type::any},
    {.name = "source", .type = Type::any},
};

}  // namespace

std::span<const Field> mapping_fields() {
  return kMappingFields;
}
std::span<const Field> tcp_mapping_fields() {
  return kTcpMappingFields;
}
std::span<const Field> circuit_breaker_fields() {
  return kBreakerFields;
}
std::span<const Field> keepalive_fields() {
  return kKeepaliveFields;
}
std::span<const Field> retry_policy_fields() {
  return kRetryFields;
}
std::span<const Field> load_balancer_fields() {
  return kBalancerFields;
}
std::span<const Field> cors_fields() {
  return kCorsFields;
}
std::span<const Field> error_override_fields() {
  return kErrorOverrideFields;
}

}  // namespace nuncio::config
