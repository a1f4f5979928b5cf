// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// usage: mapping-manual man/nuncio-mapping.5.in        the page with the rows of the schema table, on standard output
//
// A program of the build alone: the page cannot say anything else than the reader of documents.
#include <cstdio>

#include "cli/mapping_manual.h"

int main(int argc, char** argv) {
  if (argc == 2) return nuncio::cli::run_mapping_manual(argv[1]);
  std::fputs("usage: mapping-manual PAGE.in\n", stderr);
  return 2;
}
