// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "cli/mapping_manual.h"

#include <doctest/doctest.h>

#include <string>

#include "config/schema.h"

namespace nuncio::cli {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("lines of the page stay, markers become lists") {
  CHECK(mapping_manual("a\n.Sh B\n") == "a\n.Sh B\n");
  CHECK(mapping_manual("no end of line") == "no end of line\n");
  CHECK(mapping_manual("see .\\\" @MAPPING@\n") == "see .\\\" @MAPPING@\n");
  for (const char* marker : {"COMMON", "MAPPING", "MODULE", "KINDS"}) {
    const std::string text = mapping_manual("before\n.\\\" @" + std::string(marker) + "@\nafter\n");
    CHECK(text.starts_with("before\n.Bl -tag"));
    CHECK(text.ends_with("\nafter\n"));
    CHECK(contains(text, ".El\n"));
  }
}

TEST_CASE("every field of the table is in the manual") {
  const std::string mapping = mapping_manual(".\\\" @MAPPING@\n");
  for (const config::Field& field : config::mapping_fields()) {
    CAPTURE(std::string(field.name));
    CHECK(contains(mapping, std::string(field.name)));
  }
  const std::string module = mapping_manual(".\\\" @MODULE@\n");
  for (const config::Field& field : config::module_fields()) {
    CAPTURE(std::string(field.name));
    CHECK(contains(module, std::string(field.name)));
  }
  CHECK(contains(mapping, ".It Ic prefix\nText, required.\n"));
  CHECK(contains(mapping, ".It Ic connect_timeout_ms\nWhole number, at least 1.\n"));
}

TEST_CASE("no line of a list is long or looks like a macro by accident") {
  const std::string text = mapping_manual(".\\\" @MAPPING@\n.\\\" @MODULE@\n.\\\" @KINDS@\n.\\\" @COMMON@\n");
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    const std::string line = text.substr(begin, end - begin);
    CAPTURE(line);
    CHECK(line.size() <= 80);
    CHECK_FALSE(line.empty());
    if (line[0] == '.') CHECK((line.starts_with(".Bl ") || line.starts_with(".El") || line.starts_with(".It ") || line == ".Pp"));
    begin = end + 1;
  }
}

}  // namespace
}  // namespace nuncio::cli
