// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "http/byte_scan.h"

#include <doctest/doctest.h>

#include <string>

using namespace nuncio;

TEST_SUITE("byte_scan") {
  TEST_CASE("the fast loops stop where the tables say, for every byte at every place") {
    for (const std::size_t size : {1, 15, 16, 17, 33, 50}) {
      for (std::size_t place = 0; place < size; ++place) {
        for (int c = 0; c < 256; ++c) {
          std::string text(size, 'a');
          text[place] = static_cast<char>(c);
          const char* at = text.data();
          const char* end = at + size;
          REQUIRE(scan::skip_token(at, end) == scan::skip_class(at, end, kTokenChar));
          REQUIRE(scan::skip_field_value(at, end) == scan::skip_class(at, end, kFieldValueChar));
          REQUIRE(scan::skip_target(at, end) == scan::skip_class(at, end, kTargetChar));
        }
      }
    }
  }

  TEST_CASE("line marks") {
    for (std::size_t place = 0; place < 64; ++place) {
      for (int c = 0; c < 256; ++c) {
        std::string text(64, 'a');
        text[place] = static_cast<char>(c);
        const auto [cr, lf, nul] = scan::line_marks(text.data());
        const std::uint64_t bit = std::uint64_t{1} << place;
        REQUIRE(cr == (c == '\r' ? bit : 0));
        REQUIRE(lf == (c == '\n' ? bit : 0));
        REQUIRE(nul == (c == '\0' ? bit : 0));
      }
    }
  }
}
