// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// `[scheme://]host[:port]`, and the names that the resolver shall ask for (spec: ambassador.md 6).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nuncio/model.h"

namespace nuncio::config {

struct ServiceName {
  model::Service service;
  std::string scheme;  // lower case, empty when none was written
  bool port_given = false;
  std::string problem;                // not empty: the service cannot be used
  std::vector<std::string> mistakes;  // parts that have no effect, each a sentence for an error
};

// Port and `tls` follow from the scheme; the names are not qualified yet.
ServiceName parse_service(std::string_view text);

// Namespace of a document in relation to nuncio's own
struct Surroundings {
  std::string_view ns;
  std::string_view own_ns;
  bool bare_names = false;  // Module use_ambassador_namespace_for_service_resolution
};

// Fills Service::names.
void qualify(model::Service& service, const Surroundings& surroundings);

}  // namespace nuncio::config
