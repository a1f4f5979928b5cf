// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// add_request_headers and its siblings, which Mapping and Module share (spec: ambassador-mapping.md 2.4). Fields that decide where a
// message ends or where it goes belong to nuncio and cannot be edited. Values with `%…%` variables are not served yet.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/fields.h"
#include "config/report.h"
#include "nuncio/model.h"

namespace nuncio::config {

// absent when the field is; an explicit empty mapping gives an empty list
std::optional<std::vector<model::FieldValue>> fields_to_add(const Fields& fields, std::string_view name, Report& report);
std::optional<std::vector<std::string>> fields_to_remove(const Fields& fields, std::string_view name, Report& report);

// circuit_breakers: the limits of the default priority
std::optional<model::CircuitBreaker> circuit_breaker(const Fields& fields, Report& report);

}  // namespace nuncio::config
