// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Writes nuncio-mapping(5): the text of man/nuncio-mapping.5.in, in which each line `.\" @COMMON@`, `.\" @MAPPING@`, `.\" @MODULE@` and
// `.\" @KINDS@` is replaced by rows of the schema table, as mdoc. So the manual cannot say anything else than the reader of documents.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace nuncio::cli {

std::string mapping_manual(std::string_view page);

// Reads the page from a file and prints the manual; exit status 0, or 2 when the file cannot be read.
int run_mapping_manual(const std::filesystem::path& page);

}  // namespace nuncio::cli
