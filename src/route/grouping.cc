// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "route/grouping.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "route/clusters.h"

namespace nuncio::route {
namespace {

using FieldValues = std::vector<model::FieldValue>;

struct ConditionsHash {
  std::size_t operator()(const Conditions& conditions) const {
    const std::hash<std::string_view> text;
    std::size_t hash = text(conditions.prefix);
    hash = hash * 31 + text(conditions.host);
    hash = hash * 31 + text(conditions.method);
    hash = hash * 31 + static_cast<std::size_t>(conditions.precedence);
    return hash * 31 + (conditions.case_sensitive ? 1 : 0);
  }
};

std::string describe(const model::Mapping& mapping) {
  return mapping.id.text() + " (" + mapping.place.text() + ")";
}

std::string number(std::uint64_t value) {
  return std::to_string(value);
}
std::string yes_or_no(bool value) {
  return value ? "true" : "false";
}

struct Difference {
  std::string_view field;
  std::string mine;
  std::string first;
};

// The first K field (spec: ambassador-mapping.md, scope K) in which the two do not agree, defaults applied.
std::optional<Difference> difference(const model::Mapping& mine, const model::Mapping& first, const model::Module& module) {
  if (mine.bypass_auth != first.bypass_auth) return Difference{"bypass_auth", yes_or_no(mine.bypass_auth), yes_or_no(first.bypass_auth)};
  const ClusterSpec a = cluster_of(mine, module);
  const ClusterSpec b = cluster_of(first, module);
  if (a.connect_timeout_ms != b.connect_timeout_ms) {
    return Difference{"connect_timeout_ms", number(a.connect_timeout_ms), number(b.connect_timeout_ms)};
  }
  if (a.idle_timeout_ms != b.idle_timeout_ms) {
    return Difference{"cluster_idle_timeout_ms", number(a.idle_timeout_ms), number(b.idle_timeout_ms)};
  }
  if (a.max_connections != b.max_connections) {
    return Difference{"circuit_breakers.max_connections", number(a.max_connections), number(b.max_connections)};
  }
  if (a.max_pending != b.max_pending) {
    return Difference{"circuit_breakers.max_pending_requests", number(a.max_pending), number(b.max_pending)};
  }
  return std::nullopt;
}

void report_difference(const model::Mapping& mine, const model::Mapping& first, const Difference& found, Diagnostics& diagnostics) {
  diagnostics.error(mine.place, mine.id.text(),
                    std::string(found.field) + " is " + found.mine + " here and " + found.first + " in " + describe(first) +
                        ", which has the same conditions; this Mapping is left out",
                    "give both the same " + std::string(found.field) + ", or different conditions");
}

// The value of a G field: the last member's that sets it, or null. A notice when two set it differently.
template <class Get>
auto last_set(std::span<const MappingRef> members, std::string_view field, Get get, Diagnostics& diagnostics)
    -> decltype(get(*members[0])) {
  decltype(get(*members[0])) value = nullptr;
  const model::Mapping* setter = nullptr;
  for (const MappingRef& member : members) {
    const auto mine = get(*member);
    if (mine == nullptr) continue;
    if (value != nullptr && *value != *mine) {
      diagnostics.notice(member->place, member->id.text(),
                         std::string(field) + " differs from that of " + describe(*setter) +
                             ", which has the same conditions; the last one is in force for both",
                         "write the same " + std::string(field) + " in both");
    }
    value = mine;
    setter = member.get();
  }
  return value;
}

bool same_fields(const FieldValues& a, const FieldValues& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const model::FieldValue& x, const model::FieldValue& y) {
    return x.append == y.append && x.value == y.value && equals_ignore_case(x.name, y.name);
  });
}

void unite_into(std::vector<FieldToAdd>& united, const FieldValues& fields) {
  for (const model::FieldValue& field : fields) {
    FieldToAdd added{field.name, field.value, field_id(field.name), field.append};
    const auto same =
        std::find_if(united.begin(), united.end(), [&](const FieldToAdd& other) { return equals_ignore_case(other.name, field.name); });
    if (same == united.end()) {
      united.push_back(std::move(added));
    } else {
      *same = std::move(added);
    }
  }
}

using AddField = std::optional<FieldValues> model::Mapping::*;
using AddDefault = std::optional<FieldValues> model::Module::*;

// A G+ field: the fields of all members; one name once, the last member's.
std::vector<FieldToAdd> united_fields(std::span<const MappingRef> members, AddField own, const std::optional<FieldValues>& fallback,
                                      std::pair<std::string_view, Diagnostics&> report) {
  static const FieldValues kNothing;
  std::vector<FieldToAdd> united;
  const FieldValues* first = nullptr;
  for (const MappingRef& member : members) {
    const std::optional<FieldValues>& written = (*member).*own;
    const FieldValues& fields = written ? *written : fallback ? *fallback : kNothing;
    if (first != nullptr && !same_fields(fields, *first)) {
      report.second.notice(member->place, member->id.text(),
                           std::string(report.first) + " differs from that of " + describe(*members.front()) +
                               ", which has the same conditions; the fields of both are added to the traffic of both");
    }
    if (first == nullptr) first = &fields;
    unite_into(united, fields);
  }
  return united;
}

using RemoveField = std::optional<std::vector<std::string>> model::Mapping::*;

std::vector<std::string> removed_fields(std::span<const MappingRef> members, RemoveField own,
                                        const std::optional<std::vector<std::string>>& fallback,
                                        std::pair<std::string_view, Diagnostics&> report) {
  const auto get = [own](const model::Mapping& mapping) { return mapping.*own ? &*(mapping.*own) : nullptr; };
  const std::vector<std::string>* set = last_set(members, report.first, get, report.second);
  if (set != nullptr) return *set;
  return fallback.value_or(std::vector<std::string>{});
}

}  // namespace

Grouping group_mappings(std::span<const MappingRef> mappings, const model::Module& module, Diagnostics& diagnostics) {
  Grouping grouping;
  std::unordered_map<Conditions, std::size_t, ConditionsHash> by_conditions;
  by_conditions.reserve(mappings.size());
  for (const MappingRef& mapping : mappings) {
    const auto [known, fresh] = by_conditions.try_emplace(conditions_of(*mapping), grouping.groups.size());
    if (fresh) {
      grouping.groups.push_back({mapping});
      continue;
    }
    std::vector<MappingRef>& members = grouping.groups[known->second];
    if (const auto found = difference(*mapping, *members.front(), module)) {
      report_difference(*mapping, *members.front(), *found, diagnostics);
      grouping.rejected.push_back(mapping.get());
    } else {
      members.push_back(mapping);
    }
  }
  return grouping;
}

GroupPolicy unite(std::span<const MappingRef> members, const model::Module& module, Diagnostics& diagnostics) {
  using model::Mapping;
  GroupPolicy policy;
  policy.request_fields.remove =
      removed_fields(members, &Mapping::remove_request_headers, module.remove_request_headers, {"remove_request_headers", diagnostics});
  policy.request_fields.add =
      united_fields(members, &Mapping::add_request_headers, module.add_request_headers, {"add_request_headers", diagnostics});
  policy.response_fields.remove =
      removed_fields(members, &Mapping::remove_response_headers, module.remove_response_headers, {"remove_response_headers", diagnostics});
  policy.response_fields.add =
      united_fields(members, &Mapping::add_response_headers, module.add_response_headers, {"add_response_headers", diagnostics});
  const auto upgrades = [](const Mapping& mapping) { return mapping.allow_upgrade.empty() ? nullptr : &mapping.allow_upgrade; };
  if (const auto* set = last_set(members, "allow_upgrade", upgrades, diagnostics)) policy.allow_upgrade = *set;
  return policy;
}

}  // namespace nuncio::route
