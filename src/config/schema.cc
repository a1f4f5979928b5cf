// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors

#include "config/schema.h"

#include "base/text.h"
#include "config/words.h"

namespace nuncio::config {

namespace {

using enum Effect;

constexpr Field kCommonFields[] = {
    {.name = "apiVersion",
     .required = true,
     .sentence = "getambassador.io/v1, v2 or v3alpha1, or ambassador/v0 to v2; nuncio/v1 is the same as v3alpha1."},
    {.name = "kind", .required = true, .sentence = "What the document is."},
    {.name = "name", .required = true, .sentence = "Names the document; within its kind and namespace only one may have it."},
    {.name = "namespace",
     .fallback = "that of the carrying object, else nuncio's own",
     .sentence = "Completes bare service names. _automatic_ means nuncio's own namespace."},
    {.name = "ambassador_id",
     .type = Type::texts,
     .fallback = "default",
     .sentence = "The document applies when one of these is nuncio's --ambassador-id."},
    {.name = "ambassadorId", .type = Type::texts, .effect = unused, .sentence = "Another spelling of ambassador_id."},
    {.name = "generation", .type = Type::any, .effect = unused},
    {.name = "metadata_labels", .type = Type::any, .effect = unused},
    {.name = "status", .type = Type::any, .effect = unused},
    {.name = "v2ExplicitTLS", .type = Type::any, .effect = unused},
    {.name = "v2BoolHeaders", .type = Type::any, .effect = unused},
    {.name = "v2BoolQueryParameters", .type = Type::any, .effect = unused},
    {.name = "v2Representation", .type = Type::any, .effect = unused},
    {.name = "v2CommaSeparatedOrigins", .type = Type::any, .effect = unused},
    {.name = "v2Shorthand", .type = Type::any, .effect = unused},
    {.name = "v3Key", .type = Type::any, .effect = unused},
    {.name = "v3health_checks", .type = Type::any, .effect = unused},
    {.name = "v3StatsName", .type = Type::any, .effect = unused},
    {.name = "V3CustomTags", .type = Type::any, .effect = unused},
};

std::span<const Kind> make_kinds() {
  static const Kind table[] = {
      {.name = "Mapping", .fields = mapping_fields(), .sentence = "sends requests whose path begins with a prefix to a service"},
      {.name = "Module", .sentence = "holds the settings of the whole proxy; its name says which, its config holds them"},
      {.name = "Module ambassador", .fields = module_fields(), .sentence = "is what concerns the whole proxy"},
      {.name = "Module tls", .effect = unserved, .fields = module_tls_fields(), .sentence = "TLS is not ended here"},
      {.name = "Module authentication",
       .effect = closed,
       .fields = module_authentication_fields(),
       .sentence = "routes without bypass_auth answer 500"},
      {.name = "TCPMapping", .effect = unserved, .fields = tcp_mapping_fields(), .sentence = "its port is not opened"},
      {.name = "AuthService",
       .effect = closed,
       .strict = true,
       .fields = auth_service_fields(),
       .sentence = "routes without bypass_auth answer 500"},
      {.name = "RateLimitService", .effect = unserved, .fields = rate_limit_service_fields(), .sentence = "no request is counted"},
      {.name = "TracingService", .effect = unserved, .fields = tracing_service_fields(), .sentence = "no trace is sent"},
      {.name = "LogService", .effect = unserved, .fields = log_service_fields(), .sentence = "no log record is sent"},
      {.name = "TLSContext",
       .effect = unserved,
       .strict = true,
       .fields = tls_context_fields(),
       .sentence = "TLS is neither ended nor begun here, requests for its hosts are served in the clear"},
      {.name = "Host",
       .effect = unserved,
       .strict = true,
       .fields = host_fields(),
       .sentence = "TLS is not ended here, requests for this host are served in the clear"},
      {.name = "Listener", .effect = unserved, .fields = listener_fields(), .sentence = "its port is not opened"},
      {.name = "KubernetesServiceResolver", .effect = unused, .sentence = "names are resolved by DNS"},
      {.name = "KubernetesEndpointResolver", .effect = unserved, .sentence = "names are resolved by DNS"},
      {.name = "ConsulResolver", .effect = unserved, .fields = consul_resolver_fields(), .sentence = "Mappings that use it answer 503"},
      {.name = "CircuitBreaker", .effect = noted, .sentence = "it had no effect since Ambassador 0.50; write circuit_breakers"},
      {.name = "OutlierDetection", .effect = noted, .sentence = "it had no effect since Ambassador 0.50"},
      {.name = "Pragma", .effect = unused},
      {.name = "DevPortal", .effect = unused},
      {.name = "Filter", .effect = noted, .sentence = "it belongs to the Edge Stack"},
      {.name = "FilterPolicy", .effect = refused, .sentence = "it belongs to the Edge Stack; nothing enforces this access rule"},
      {.name = "RateLimit", .effect = noted, .sentence = "it belongs to the Edge Stack"},
      {.name = "Project", .effect = noted, .sentence = "it belongs to the Edge Stack"},
  };
  return table;
}

}  // namespace

std::span<const Kind> kinds() {
  return make_kinds();
}

const Kind* find_kind(std::string_view name) {
  static constexpr std::string_view kPreview = "ambassador";
  const bool preview = name.size() > kPreview.size() && equals_ignore_case(name.substr(0, kPreview.size()), kPreview);
  if (preview) name.remove_prefix(kPreview.size());
  for (const Kind& kind : kinds()) {
    if (equals_ignore_case(kind.name, name)) return &kind;
  }
  return nullptr;
}

const Field* find_field(std::span<const Field> fields, std::string_view name) {
  for (const Field& field : fields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

std::span<const Field> common_fields() {
  return kCommonFields;
}

}  // namespace nuncio::config
