// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "route/rewrite.h"

#include <cstring>

namespace nuncio::route {
namespace {

char* append(char* end, std::string_view text) {
  if (!text.empty()) std::memcpy(end, text.data(), text.size());
  return end + text.size();
}

// Path and query usually still stand as they came, one behind the other.
bool adjacent(std::string_view path, std::string_view query) {
  return query.empty() || path.data() + path.size() == query.data();
}

// Does a dot segment span the place where `rest` was put behind `head`? Both are without one of their own.
bool makes_dot_segment(std::string_view head, std::string_view rest) {
  const std::size_t slash = head.rfind('/');
  const std::string_view left = slash == std::string_view::npos ? head : head.substr(slash + 1);
  const std::string_view right = rest.substr(0, rest.find('/'));
  if (right.empty() || left.size() + right.size() > 2) return false;
  return left.find_first_not_of('.') == std::string_view::npos && right.find_first_not_of('.') == std::string_view::npos;
}

}  // namespace

std::size_t rewrite_bound(const Route& route, std::string_view path, std::string_view query) {
  return route.rewrite.size() + path.size() + query.size() + 1;
}

Result<UpstreamTarget> rewrite(const Route& route, std::string_view path, std::string_view query, std::span<char> buffer) {
  const bool stays = route.rewrite.empty() || path == "*";
  if (stays && adjacent(path, query)) return UpstreamTarget{{path.data(), path.size() + query.size()}, false};
  char* end = buffer.data();
  if (stays) {
    end = append(end, path);
  } else {
    const std::string_view rest = path.substr(route.prefix().size());
    if (makes_dot_segment(route.rewrite, rest)) return failed(CloseReason::bad_path, Side::client);
    if (route.rewrite.front() != '/') *end++ = '/';
    end = append(end, route.rewrite);
    end = append(end, rest);
  }
  end = append(end, query);
  return UpstreamTarget{{buffer.data(), static_cast<std::size_t>(end - buffer.data())}, !stays};
}

}  // namespace nuncio::route
