// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "config/left_out.h"

namespace nuncio::config {

std::vector<std::string> documents_for_others(std::span<const model::DocumentInfo> documents, const std::string& own_id, std::size_t most) {
  std::vector<std::string> lines;
  std::size_t more = 0;
  for (const model::DocumentInfo& document : documents) {
    if (document.fate != model::Fate::other_id) continue;
    if (lines.size() == most) {
      ++more;
      continue;
    }
    lines.push_back(document.place.text() + ": " + document.id.text() + " is for another ambassador_id than '" + own_id + "'");
  }
  if (more > 0) lines.push_back("and " + std::to_string(more) + " more are for another ambassador_id");
  return lines;
}

}  // namespace nuncio::config
