// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "route/clusters.h"

#include <utility>

namespace nuncio::route {
namespace {

std::string label_of(const model::Service& service) {
  const bool brackets = service.literal && service.host.find(':') != std::string::npos;
  return (brackets ? "[" + service.host + "]" : service.host) + ":" + std::to_string(service.port);
}

std::string key_of(const ClusterSpec& spec, const model::Service& service) {
  std::string key = spec.label;
  if (service.tls) key += " tls=" + service.tls_context;
  key += " names=";
  for (const std::string& name : spec.names) key += name + ',';
  key += " connect=" + std::to_string(spec.connect_timeout_ms);
  key += " idle=" + std::to_string(spec.idle_timeout_ms);
  key += " connections=" + std::to_string(spec.max_connections);
  key += " pending=" + std::to_string(spec.max_pending);
  return key;
}

}  // namespace

ClusterSpec cluster_of(const model::Mapping& mapping, const model::Module& module) {
  ClusterSpec spec;
  spec.label = label_of(mapping.service);
  spec.host = mapping.service.host;
  spec.names = mapping.service.names;
  spec.port = mapping.service.port;
  spec.connect_timeout_ms = mapping.connect_timeout_ms.value_or(spec.connect_timeout_ms);
  spec.idle_timeout_ms = mapping.cluster_idle_timeout_ms.value_or(module.cluster_idle_timeout_ms.value_or(spec.idle_timeout_ms));
  const model::CircuitBreaker breaker = mapping.circuit_breaker.value_or(module.circuit_breaker.value_or(model::CircuitBreaker{}));
  spec.max_connections = breaker.max_connections;
  spec.max_pending = breaker.max_pending_requests;
  spec.key = key_of(spec, mapping.service);
  return spec;
}

std::uint32_t Clusters::intern(ClusterSpec spec) {
  const auto [known, fresh] = by_key_.try_emplace(spec.key, static_cast<std::uint32_t>(specs_.size()));
  if (fresh) specs_.push_back(std::move(spec));
  return known->second;
}

}  // namespace nuncio::route
