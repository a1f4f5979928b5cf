// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Documents → snapshot: groups, ranks, clusters, defaults applied. A pure function of the configuration; the same for the server,
// `nuncio check` and the tests.
#pragma once

#include <cstdint>
#include <memory>

#include "config/load.h"
#include "nuncio/snapshot.h"

namespace nuncio::route {

// Adds its own findings (groups whose members disagree, weights …) to the diagnostics of the configuration.
std::shared_ptr<const Snapshot> compile(config::Configuration configuration, std::uint64_t generation);

}  // namespace nuncio::route
