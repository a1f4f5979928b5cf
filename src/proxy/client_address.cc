// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "proxy/client_address.h"

#include <optional>

#include "base/text.h"

namespace nuncio::proxy {

namespace {

std::optional<Address> as_address(std::string_view text) {
  return Address::literal(text, 0);
}

// The n-th address from the right (1: the last) of all X-Forwarded-For fields together, or nothing.
std::optional<std::string_view> forwarded_from_right(const FieldList& fields, int n) {
  const auto all = fields.all();
  for (std::size_t i = all.size(); i-- > 0;) {
    if (all[i].id != FieldId::x_forwarded_for) continue;
    std::string_view list = all[i].value;
    for (;;) {
      const std::size_t comma = list.rfind(',');
      const std::string_view element = trim_ows(comma == std::string_view::npos ? list : list.substr(comma + 1));
      if (--n == 0) return element;
      if (comma == std::string_view::npos) break;
      list = list.substr(0, comma);
    }
  }
  return std::nullopt;
}

}  // namespace

std::string_view trusted_client_address(const Exchange& x) {
  const HttpSettings& settings = x.pin.snapshot().http;
  const int from_right = settings.use_remote_address ? settings.trusted_hops : settings.trusted_hops + 1;
  if (from_right == 0) return x.client.address;
  const auto address = forwarded_from_right(x.request.fields, from_right);
  return address && as_address(*address) ? *address : std::string_view(x.client.address);
}

bool is_internal(const Exchange& x) {
  const HttpSettings& settings = x.pin.snapshot().http;
  const std::size_t forwarded = x.request.fields.count(FieldId::x_forwarded_for);
  if (settings.use_remote_address) return forwarded == 0 && x.client.internal;
  if (forwarded != 1) return false;
  const auto address = as_address(x.request.fields.find(FieldId::x_forwarded_for)->value);
  return address && address->is_internal();
}

}  // namespace nuncio::proxy
