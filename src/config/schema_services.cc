// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Rows of the table: the attached services (spec: ambassador-services.md).

#include "config/schema.h"

namespace nuncio::config {

namespace {

constexpr Field kIncludeBodyFields[] = {
    {.name = "max_bytes", .type = Type::integer, .required = true, .least = 0},
    {.name = "allow_partial", .type = Type::flag, .required = true},
};

constexpr Field kStatusFields[] = {{.name = "code", .type = Type::integer, .required = true, .least = 100, .most = 599}};

constexpr Field kAuthServiceFields[] = {
    {.name = "auth_service", .type = Type::service, .required = true},
    {.name = "proto", .type = Type::word, .words = "http grpc"},
    {.name = "path_prefix"},
    {.name = "tls", .type = Type::flag_or_text},
    {.name = "timeout_ms", .type = Type::integer, .least = 0},
    {.name = "connect_timeout_ms", .type = Type::integer, .least = 0},
    {.name = "cluster_idle_timeout_ms", .type = Type::integer, .least = 0},
    {.name = "cluster_max_connection_lifetime_ms", .type = Type::integer, .least = 0},
    {.name = "allowed_headers", .type = Type::texts},
    {.name = "allowed_request_headers", .type = Type::texts},
    {.name = "allowed_authorization_headers", .type = Type::texts},
    {.name = "add_auth_headers", .type = Type::text_map},
    {.name = "add_linkerd_headers", .type = Type::flag},
    {.name = "include_body", .type = Type::object, .members = kIncludeBodyFields},
    {.name = "allow_request_body", .type = Type::flag},
    {.name = "status_on_error", .type = Type::object, .members = kStatusFields},
    {.name = "failure_mode_allow", .type = Type::flag},
    {.name = "protocol_version"},
    {.name = "circuit_breakers", .type = Type::any},
    {.name = "stats_name"},
    {.name = "keepalive", .type = Type::any},
    {.name = "cluster", .type = Type::any},
};

constexpr Field kRateGrpcFields[] = {{.name = "use_resource_exhausted_code", .type = Type::flag}};

constexpr Field kRateLimitServiceFields[] = {
    {.name = "service", .type = Type::service, .required = true},
    {.name = "domain"},
    {.name = "timeout_ms", .type = Type::integer, .least = 0},
    {.name = "tls", .type = Type::flag_or_text},
    {.name = "protocol_version"},
    {.name = "failure_mode_deny", .type = Type::flag},
    {.name = "grpc", .type = Type::object, .members = kRateGrpcFields},
    {.name = "stats_name"},
};

constexpr Field kSamplingFields[] = {
    {.name = "client", .type = Type::number},
    {.name = "random", .type = Type::number},
    {.name = "overall", .type = Type::number},
};

constexpr Field kLiteralFields[] = {{.name = "value", .required = true}};
constexpr Field kNamedFields[] = {{.name = "name", .required = true}, {.name = "default_value"}};

constexpr Field kTagFields[] = {
    {.name = "tag", .required = true},
    {.name = "literal", .type = Type::object, .members = kLiteralFields},
    {.name = "environment", .type = Type::object, .members = kNamedFields},
    {.name = "request_header", .type = Type::object, .members = kNamedFields},
};

constexpr Field kTracingConfigFields[] = {
    {.name = "collector_endpoint"},
    {.name = "collector_endpoint_version", .type = Type::word, .words = "HTTP_JSON_V1 HTTP_JSON HTTP_PROTO"},
    {.name = "collector_hostname"},
    {.name = "collector_cluster"},
    {.name = "trace_id_128bit", .type = Type::flag},
    {.name = "shared_span_context", .type = Type::flag},
    {.name = "access_token_file"},
    {.name = "propagation_modes", .type = Type::texts},
    {.name = "service_name"},
};

constexpr Field kTracingServiceFields[] = {
    {.name = "service", .type = Type::service, .required = true},
    {.name = "driver", .type = Type::word, .required = true, .words = "zipkin lightstep datadog opentelemetry"},
    {.name = "sampling", .type = Type::object, .members = kSamplingFields},
    {.name = "tag_headers", .type = Type::texts},
    {.name = "custom_tags", .type = Type::objects, .members = kTagFields},
    {.name = "config", .type = Type::object, .members = kTracingConfigFields},
    {.name = "stats_name"},
};

constexpr Field kLogHeaderFields[] = {
    {.name = "header_name", .required = true},
    {.name = "during_request", .type = Type::flag},
    {.name = "during_response", .type = Type::flag},
    {.name = "during_trailer", .type = Type::flag},
};

constexpr Field kLogDriverFields[] = {{.name = "additional_log_headers", .type = Type::objects, .members = kLogHeaderFields}};

constexpr Field kLogServiceFields[] = {
    {.name = "service", .type = Type::service, .required = true},
    {.name = "driver", .type = Type::word, .required = true, .words = "http tcp"},
    {.name = "driver_config", .type = Type::object, .required = true, .members = kLogDriverFields},
    {.name = "flush_interval_time", .type = Type::integer, .least = 0},
    {.name = "flush_interval_byte_size", .type = Type::integer, .least = 0},
    {.name = "grpc", .type = Type::flag},
    {.name = "protocol_version"},
    {.name = "stats_name"},
};

}  // namespace

std::span<const Field> auth_service_fields() {
  return kAuthServiceFields;
}
std::span<const Field> rate_limit_service_fields() {
  return kRateLimitServiceFields;
}
std::span<const Field> tracing_service_fields() {
  return kTracingServiceFields;
}
std::span<const Field> log_service_fields() {
  return kLogServiceFields;
}

}  // namespace nuncio::config
