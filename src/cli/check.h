// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// `nuncio check`: reads documents as the server would, compiles them, and prints every diagnostic on a line of its own and a summary.
// The same code as the server's, so that what passes here loads there.
#pragma once

#include <filesystem>
#include <vector>

#include "config/load.h"

namespace nuncio::cli {

struct CheckOptions {
  std::vector<std::filesystem::path> paths;  // one directory, or any number of files
  config::LoadOptions load;
  bool strict = false;  // notices fail too
};

// Exit status: 0 no error, 1 errors (with `strict` notices too), 2 the arguments cannot be used.
int run_check(const CheckOptions& options);

}  // namespace nuncio::cli
