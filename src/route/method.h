// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Methods as small numbers, so that a look-up compares no text: the ones of RFC 9110 §9 and PATCH each have their own, all others
// share one and are compared as text. Methods are case-sensitive.
#pragma once

#include <cstdint>
#include <string_view>

namespace nuncio::route {

enum class MethodId : std::uint8_t { any, get, head, post, put, patch, remove, options, trace, connect, other };

constexpr MethodId method_id(std::string_view method) {
  switch (method.size()) {
    case 0:
      return MethodId::any;
    case 3:
      return method == "GET" ? MethodId::get : method == "PUT" ? MethodId::put : MethodId::other;
    case 4:
      return method == "POST" ? MethodId::post : method == "HEAD" ? MethodId::head : MethodId::other;
    case 5:
      return method == "PATCH" ? MethodId::patch : method == "TRACE" ? MethodId::trace : MethodId::other;
    case 6:
      return method == "DELETE" ? MethodId::remove : MethodId::other;
    case 7:
      return method == "OPTIONS" ? MethodId::options : method == "CONNECT" ? MethodId::connect : MethodId::other;
    default:
      return MethodId::other;
  }
}

}  // namespace nuncio::route
