// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "config/pieces.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "config/environment.h"

#include <cstdlib>

namespace nuncio::config {
namespace {

struct Expected {
  std::string text;
  int line;
};

TEST_CASE("text is split at lines of three dashes") {
  struct Case {
    const char* text;
    std::vector<Expected> pieces;
  };
  const Case cases[] = {
      {"", {}},
      {"\n# nothing\n---\n---  # still nothing\n\n", {}},
      {"a: 1", {{"a: 1", 1}}},
      {"---\na: 1\n", {{"a: 1\n", 2}}},
      {"# first\na: 1\n---\nb: 2\n--- # comment\nc: 3\n", {{"# first\na: 1\n", 1}, {"b: 2\n", 4}, {"c: 3\n", 6}}},
      {"a: 1\n---\n\n---\nb: 2\n", {{"a: 1\n", 1}, {"b: 2\n", 5}}},
      {"a: 1\r\n---\r\nb: 2\r\n", {{"a: 1\r\n", 1}, {"b: 2\r\n", 3}}},
      {"a: 1\r---\rb: 2\r", {{"a: 1\r", 1}, {"b: 2\r", 3}}},
      {"--- {a: 1}\n--- {b: 2}\n", {{"--- {a: 1}\n", 1}, {"--- {b: 2}\n", 2}}},
      {"%YAML 1.1\n---\na: 1\n...\n%YAML 1.1\n---\nb: 2\n", {{"a: 1\n", 3}, {"b: 2\n", 7}}},
      {"a: |\n  ---\n  b\n", {{"a: |\n  ---\n  b\n", 1}}},
      {"----\n", {{"----\n", 1}}},
      {"a: 1\n...\n", {{"a: 1\n", 1}}},
  };
  for (const Case& entry : cases) {
    CAPTURE(std::string(entry.text));
    bool complete = false;
    const std::vector<Piece> pieces = split_pieces(entry.text, 100, &complete);
    CHECK(complete);
    REQUIRE(pieces.size() == entry.pieces.size());
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      CHECK(std::string(pieces[i].text) == entry.pieces[i].text);
      CHECK(pieces[i].line == entry.pieces[i].line);
      CHECK(pieces[i].index == static_cast<int>(i) + 1);
    }
  }
}

TEST_CASE("the number of pieces is bounded") {
  bool complete = true;
  CHECK(split_pieces("a: 1\n---\nb: 2\n---\nc: 3\n", 2, &complete).size() == 2);
  CHECK_FALSE(complete);
  CHECK(split_pieces("a: 1\n---\nb: 2\n---\n", 2, &complete).size() == 2);
  CHECK(complete);
}

TEST_CASE("variables of the environment") {
  ::setenv("NUNCIO_TEST_A", "value", 1);
  ::setenv("NUNCIO_TEST_B", "two\nlines", 1);
  ::unsetenv("NUNCIO_TEST_NONE");
  struct Case {
    const char* text;
    const char* expected;
  };
  const Case cases[] = {
      {"a ${NUNCIO_TEST_A} b", "a value b"},
      {"${NUNCIO_TEST_A}${NUNCIO_TEST_A}", "valuevalue"},
      {"$NUNCIO_TEST_A", "$NUNCIO_TEST_A"},
      {"${NUNCIO_TEST_NONE}", "${NUNCIO_TEST_NONE}"},
      {"${NUNCIO_TEST_B}", "${NUNCIO_TEST_B}"},
      {"^/a$", "^/a$"},
      {"${", "${"},
      {"${}", "${}"},
      {"${A B}", "${A B}"},
      {"${${NUNCIO_TEST_A}}", "${value}"},
  };
  for (const Case& entry : cases) {
    CAPTURE(std::string(entry.text));
    CHECK(expand_environment(entry.text) == entry.expected);
  }
}

}  // namespace
}  // namespace nuncio::config
