// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Documents without effect that are no mistake: those for another ambassador_id. A frequent cause of "my Mapping does nothing", so they
// are named, by `nuncio check` and in the log (spec: ambassador.md 5 [better]).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "nuncio/model.h"

namespace nuncio::config {

// "routes.yaml:12:1: Mapping shop/web is for another ambassador_id than 'default'", one line a document; the last one counts the rest
// when there are more than `most`.
std::vector<std::string> documents_for_others(std::span<const model::DocumentInfo> documents, const std::string& own_id, std::size_t most);

}  // namespace nuncio::config
