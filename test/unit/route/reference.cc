// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "reference.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstddef>
#include <map>

namespace nuncio::route::test {
namespace {

using model::Mapping;
using MappingPtr = std::shared_ptr<const Mapping>;

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// 3.1, elements 3 and 7: the host, then the method
std::vector<std::string> printed_conditions(const Mapping& m) {
  std::vector<std::string> printed;
  if (!m.host.empty()) printed.push_back(":authority-" + m.host);
  if (!m.method.empty()) printed.push_back(":method-" + m.method);
  return printed;
}

int header_length(const Mapping& m) {
  int sum = 0;
  if (!m.host.empty()) sum += 10 + static_cast<int>(m.host.size());
  if (!m.method.empty()) sum += 7 + static_cast<int>(m.method.size());
  return sum;
}

struct Key {
  int precedence;
  std::size_t prefix_length;
  int header_length;
  std::string prefix;
  std::vector<std::string> conditions;

  auto operator<=>(const Key&) const = default;
};

Key key(const Mapping& m) {
  return {m.precedence, m.prefix.size(), header_length(m), m.prefix, printed_conditions(m)};
}

std::string name_in_namespace(const std::vector<MappingPtr>& group) {
  std::string least;
  for (const MappingPtr& m : group) {
    const std::string name = m->id.ns + '\0' + m->id.name;
    if (least.empty() || name < least) least = name;
  }
  return least;
}

bool first_of(const std::vector<MappingPtr>& a, const std::vector<MappingPtr>& b) {
  const Key left = key(*a.front());
  const Key right = key(*b.front());
  if (left != right) return left > right;
  if (left.conditions.size() != right.conditions.size()) return left.conditions.size() > right.conditions.size();
  if (a.front()->host.empty() != b.front()->host.empty()) return b.front()->host.empty();
  return name_in_namespace(a) < name_in_namespace(b);
}

// 3.2, the structured key
bool same_group(const Mapping& a, const Mapping& b) {
  return a.prefix == b.prefix && a.case_sensitive == b.case_sensitive && a.method == b.method && a.host == b.host &&
         a.precedence == b.precedence;
}

bool agree(const Mapping& a, const Mapping& b) {
  return a.bypass_auth == b.bypass_auth && a.connect_timeout_ms.value_or(3000) == b.connect_timeout_ms.value_or(3000);
}

// 3.5: host and port of a text that may have a port
struct Parts {
  std::string host;
  std::string port;
};

Parts parts(const std::string& text) {
  std::size_t digits = text.size();
  while (digits > 0 && std::isdigit(static_cast<unsigned char>(text[digits - 1]))) --digits;
  if (digits == 0 || text[digits - 1] != ':') return {lower(text), ""};
  const std::string host = text.substr(0, digits - 1);
  const bool cut_inside_brackets = host.find('[') != std::string::npos && host.find(']') == std::string::npos;
  if (cut_inside_brackets) return {lower(text), ""};
  return {lower(host), text.substr(digits)};
}

bool host_fits(const Mapping& m, const ReferenceRequest& request) {
  if (m.host.empty()) return true;
  const Parts wanted = parts(m.host);
  const Parts given = parts(request.authority);
  if (wanted.host != given.host) return false;
  if (wanted.port.empty() || wanted.port == given.port) return true;
  return given.port.empty() && wanted.port == (request.tls ? "443" : "80");
}

bool path_fits(const Mapping& m, const std::string& path) {
  if (path.size() < m.prefix.size()) return false;
  const std::string start = path.substr(0, m.prefix.size());
  return m.case_sensitive ? start == m.prefix : lower(start) == lower(m.prefix);
}

bool fits(const Mapping& m, const ReferenceRequest& request) {
  return host_fits(m, request) && path_fits(m, request.path) && (m.method.empty() || m.method == request.method);
}

// 3.3
const Mapping* chosen(const std::vector<MappingPtr>& group, double draw) {
  if (group.size() == 1) return group.front().get();
  std::vector<std::pair<int, const Mapping*>> thresholds;
  int total = 0;
  std::size_t without = 0;
  for (const MappingPtr& m : group) {
    if (!m->weight) {
      ++without;
      continue;
    }
    total += std::max(0, std::min(100, *m->weight));
    thresholds.emplace_back(total, m.get());
  }
  const int rest = std::max(0, 100 - total);
  std::size_t seen = 0;
  for (const MappingPtr& m : group) {
    if (m->weight) continue;
    total += static_cast<int>(std::nearbyint(static_cast<double>(rest) / static_cast<double>(without)));
    thresholds.emplace_back(++seen == without ? std::max(total, 100) : total, m.get());
  }
  for (const auto& [threshold, m] : thresholds) {
    if (draw < threshold) return m;
  }
  return nullptr;
}

}  // namespace

Reference::Reference(const std::vector<MappingPtr>& in_load_order) {
  for (const MappingPtr& m : in_load_order) {
    const auto group = std::find_if(groups_.begin(), groups_.end(), [&](const Group& g) { return same_group(*g.front(), *m); });
    if (group == groups_.end()) {
      groups_.push_back({m});
    } else if (agree(*group->front(), *m)) {
      group->push_back(m);
    }
  }
  std::sort(groups_.begin(), groups_.end(), first_of);
}

const Mapping* Reference::find(const ReferenceRequest& request) const {
  for (const Group& group : groups_) {
    if (!fits(*group.front(), request)) continue;
    if (const Mapping* m = chosen(group, request.draw)) return m;
  }
  return nullptr;
}

std::vector<const Mapping*> Reference::order() const {
  std::vector<const Mapping*> all;
  for (const Group& group : groups_) {
    for (const bool weighted : {true, false}) {
      for (const MappingPtr& m : group) {
        if (m->weight.has_value() == weighted) all.push_back(m.get());
      }
    }
  }
  return all;
}

std::string Reference::rewritten(const Mapping& mapping, const std::string& path) {
  const std::string replacement = mapping.rewrite.value_or("/");
  std::string result = replacement.empty() ? path : replacement + path.substr(mapping.prefix.size());
  if (result.front() != '/') result.insert(result.begin(), '/');
  return result;
}

}  // namespace nuncio::route::test
