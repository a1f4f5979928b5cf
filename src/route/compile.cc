// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "route/compile.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "route/clusters.h"
#include "route/grouping.h"
#include "route/precedence.h"
#include "route/table.h"
#include "route/weights.h"

namespace nuncio::route {
namespace {

constexpr std::string_view kDefaultRewrite = "/";

HttpSettings http_settings(const model::Module& module) {
  HttpSettings http;
  if (module.server_name) http.server_name = *module.server_name;
  http.via = module.via;
  http.use_remote_address = module.use_remote_address;
  http.trusted_hops = module.xff_num_trusted_hops;
  http.preserve_external_request_id = module.preserve_external_request_id;
  http.suppress_envoy_headers = module.suppress_envoy_headers;
  http.enable_http10 = module.enable_http10;
  http.merge_slashes = module.merge_slashes;
  http.reject_escaped_slashes = module.reject_requests_with_escaped_slashes;
  http.underscores = module.headers_with_underscores;
  if (module.max_request_headers_kb) http.max_head_bytes = static_cast<std::uint32_t>(*module.max_request_headers_kb) * 1024;
  if (module.listener_idle_timeout_ms) http.client_idle_timeout_ms = *module.listener_idle_timeout_ms;
  http.liveness_probe = module.liveness_probe;
  http.readiness_probe = module.readiness_probe;
  return http;
}

// Equal policies are one object: most groups have no edits, or just the Module's.
class Policies {
 public:
  std::shared_ptr<const GroupPolicy> intern(GroupPolicy policy) {
    auto& bucket = buckets_[hash(policy)];
    for (const auto& known : bucket) {
      if (*known == policy) return known;
    }
    return bucket.emplace_back(std::make_shared<const GroupPolicy>(std::move(policy)));
  }

 private:
  static std::size_t hash(const GroupPolicy& policy) {
    const std::hash<std::string> text;
    std::size_t sum = 0;
    const auto mix = [&](const std::string& part) { sum = sum * 31 + text(part); };
    for (const FieldEdits* edits : {&policy.request_fields, &policy.response_fields}) {
      std::for_each(edits->remove.begin(), edits->remove.end(), mix);
      for (const FieldToAdd& field : edits->add) {
        mix(field.name);
        mix(field.value);
      }
      sum = sum * 31 + 1;
    }
    std::for_each(policy.allow_upgrade.begin(), policy.allow_upgrade.end(), mix);
    return sum;
  }

  std::unordered_map<std::size_t, std::vector<std::shared_ptr<const GroupPolicy>>> buckets_;
};

// The Host of a literal IPv6 address carries brackets (RFC 3986 §3.2.2).
std::string host_of(const model::Service& service) {
  const bool brackets = service.literal && service.host.find(':') != std::string::npos;
  return brackets ? "[" + service.host + "]" : service.host;
}

std::string quantity(int percent) {
  return std::to_string(percent) + " %";
}

std::vector<std::size_t> order_of_matching(const std::vector<std::vector<MappingRef>>& groups) {
  std::vector<Standing> standings;
  standings.reserve(groups.size());
  std::vector<std::size_t> order;
  for (const std::vector<MappingRef>& members : groups) {
    const auto less = [](const MappingRef& a, const MappingRef& b) {
      return std::tie(a->id.ns, a->id.name) < std::tie(b->id.ns, b->id.name);
    };
    order.push_back(order.size());
    standings.push_back({conditions_of(*members.front()), &(*std::min_element(members.begin(), members.end(), less))->id});
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (goes_before(standings[a], standings[b])) return true;
    return a < b && !goes_before(standings[b], standings[a]);
  });
  return order;
}

class Compiler {
 public:
  explicit Compiler(config::Configuration configuration) : configuration_(std::move(configuration)) {}

  std::shared_ptr<const Snapshot> compile(std::uint64_t generation) {
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->generation = generation;
    snapshot->http = http_settings(configuration_.module);
    snapshot->routes = std::make_shared<const Table>(compile_groups());
    snapshot->clusters = clusters_.take();
    snapshot->documents = std::move(configuration_.documents);
    snapshot->diagnostics = std::move(configuration_.diagnostics);
    return snapshot;
  }

 private:
  std::vector<std::shared_ptr<const Group>> compile_groups() {
    Grouping grouping = group_mappings(configuration_.mappings, configuration_.module, configuration_.diagnostics);
    mark_rejected(grouping.rejected);
    std::vector<std::shared_ptr<const Group>> groups;
    groups.reserve(grouping.groups.size());
    std::uint32_t rank = 0;
    const std::uint32_t gap = std::numeric_limits<std::uint32_t>::max() / static_cast<std::uint32_t>(grouping.groups.size() + 1);
    for (const std::size_t i : order_of_matching(grouping.groups)) groups.push_back(compile_group(grouping.groups[i], rank += gap));
    return groups;
  }

  std::shared_ptr<const Group> compile_group(const std::vector<MappingRef>& mappings, std::uint32_t rank) {
    auto group = std::make_shared<Group>();
    group->rank = rank;
    const auto policy = policies_.intern(unite(mappings, configuration_.module, configuration_.diagnostics));
    const Shares shares = weigh(mappings);
    group->members.reserve(mappings.size());
    for (const std::size_t i : shares.order) group->members.push_back({compile_route(mappings[i], policy), shares.thresholds[i]});
    return group;
  }

  std::shared_ptr<const Route> compile_route(const MappingRef& mapping, const std::shared_ptr<const GroupPolicy>& policy) {
    auto route = std::make_shared<Route>();
    route->index = routes_++;
    route->mapping = mapping;
    route->policy = policy;
    route->cluster = clusters_.intern(cluster_of(*mapping, configuration_.module));
    route->timeout_ms = mapping->timeout_ms.value_or(configuration_.module.cluster_request_timeout_ms.value_or(route->timeout_ms));
    route->idle_timeout_ms = mapping->idle_timeout_ms.value_or(route->idle_timeout_ms);
    if (route->timeout_ms != 0) route->timeout_text = std::to_string(route->timeout_ms);
    route->rewrite = mapping->rewrite ? std::string_view(*mapping->rewrite) : kDefaultRewrite;
    route->host_rewrite = mapping->host_rewrite;
    if (route->host_rewrite.empty() && mapping->auto_host_rewrite) route->host_rewrite = host_of(mapping->service);
    route->refuse = refusal(*mapping);
    return route;
  }

  // A policy that is not in force closes the route; that comes before everything else that may be wrong with it.
  CloseReason refusal(const model::Mapping& mapping) const {
    if (!mapping.unserved_policy.empty() || !configuration_.module.unserved_policy.empty()) return CloseReason::not_protected;
    if (configuration_.protected_by_auth && !mapping.bypass_auth) return CloseReason::not_protected;
    return mapping.service.usable ? CloseReason::completed : CloseReason::service_unusable;
  }

  Shares weigh(const std::vector<MappingRef>& members) {
    std::vector<std::optional<int>> weights;
    for (const MappingRef& member : members) weights.push_back(member->weight);
    Shares shares = share_out(weights);
    check_weights(members, shares);
    return shares;
  }

  void check_weights(const std::vector<MappingRef>& members, const Shares& shares) {
    if (members.size() == 1) return;
    Diagnostics& diagnostics = configuration_.diagnostics;
    const model::Mapping& last = *members.back();
    const auto unweighted = std::count_if(members.begin(), members.end(), [](const MappingRef& member) { return !member->weight; });
    if (shares.total > 100) {
      diagnostics.error(last.place, last.id.text(),
                        "the weights of this Mapping and those with the same conditions sum up to " + quantity(shares.total) +
                            "; what is above 100 % gets nothing");
    } else if (unweighted == 0 && shares.total < 100) {
      diagnostics.notice(last.place, last.id.text(),
                         "the weights of this Mapping and those with the same conditions sum up to " + quantity(shares.total) + "; " +
                             quantity(100 - shares.total) + " of the requests go to a less specific route, or get 404",
                         "leave the weight of one of them out");
    }
    if (unweighted > 1) report_sharing(members, static_cast<int>(unweighted), std::max(0, 100 - shares.total));
  }

  void report_sharing(const std::vector<MappingRef>& members, int unweighted, int rest) {
    const auto is_unweighted = [](const MappingRef& member) { return !member->weight; };
    const auto first = std::find_if(members.begin(), members.end(), is_unweighted);
    const auto second = std::find_if(first + 1, members.end(), is_unweighted);
    configuration_.diagnostics.notice((*second)->place, (*second)->id.text(),
                                      "has the same conditions as " + (*first)->id.text() + " (" + (*first)->place.text() +
                                          "): " + std::to_string(unweighted) + " Mappings without weight share " + quantity(rest) +
                                          " of the traffic",
                                      "give the canary a weight, or give the two Mappings different conditions");
  }

  void mark_rejected(const std::vector<const model::Mapping*>& rejected) {
    if (rejected.empty()) return;
    std::unordered_set<std::string> keys;
    for (const model::Mapping* mapping : rejected) keys.insert(mapping->id.text() + mapping->place.text());
    for (model::DocumentInfo& document : configuration_.documents) {
      if (document.fate == model::Fate::applied && keys.contains(document.id.text() + document.place.text())) {
        document.fate = model::Fate::rejected;
      }
    }
  }

  config::Configuration configuration_;
  std::uint32_t routes_ = 0;
  Clusters clusters_;
  Policies policies_;
};

}  // namespace

std::shared_ptr<const Snapshot> compile(config::Configuration configuration, std::uint64_t generation) {
  return Compiler(std::move(configuration)).compile(generation);
}

}  // namespace nuncio::route
