// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The normalised path: http-rules 10 and 12, spec routing 3.6 and README "path", RFC 3986 §5.2.4 and §6.2.2.
#include "http/path.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

using namespace nuncio;

namespace {

constexpr std::string_view kRefused = "refused";

struct Outcome {
  std::string path = std::string(kRefused);
  std::string query;
  bool copied = false;
};

Outcome outcome(std::string_view target, PathRules rules = {}) {
  std::string buffer;
  const auto result = read_target(target, rules, [&](std::size_t bytes) {
    buffer.resize(bytes);
    return buffer.data();
  });
  if (!result) {
    CHECK(result.error().reason == CloseReason::bad_path);
    CHECK(result.error().side == Side::client);
    return {};
  }
  return {std::string(result->path), std::string(result->query), result->path.data() != target.data()};
}

// Dot segments by the letter of RFC 3986 §5.2.4, for a path that begins with '/'
std::string remove_dot_segments(std::string input) {
  std::string output;
  while (!input.empty()) {
    if (input.starts_with("/./")) {
      input.erase(0, 2);
    } else if (input == "/.") {
      input = "/";
    } else if (input.starts_with("/../") || input == "/..") {
      input = input == "/.." ? "/" : input.substr(3);
      output.erase(output.empty() ? 0 : output.rfind('/'));
    } else {
      const std::size_t next = std::min(input.find('/', 1), input.size());
      output += input.substr(0, next);
      input.erase(0, next);
    }
  }
  return output;
}

std::string decode_unreserved(const std::string& path) {
  std::string decoded;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '%') {
      const char c = static_cast<char>(std::stoi(path.substr(i + 1, 2), nullptr, 16));
      const bool unreserved =
          std::string_view("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~").find(c) != std::string_view::npos;
      decoded += unreserved ? std::string(1, c) : path.substr(i, 3);
      i += 2;
    } else {
      decoded += path[i];
    }
  }
  return decoded;
}

std::string merge_slashes(const std::string& path) {
  std::string merged;
  for (const char c : path) {
    if (c != '/' || !merged.ends_with('/')) merged += c;
  }
  return merged;
}

}  // namespace

TEST_CASE("targets that stay as they are are not copied") {
  const std::string_view targets[] = {"/",
                                      "/a",
                                      "/a/b/",
                                      "//",
                                      "//a//b",
                                      "/a..b/..c/d../...",
                                      "/.a/..b/",
                                      "/a%2Fb%5C",
                                      "/%00%0d%0a%25",
                                      "/\\..\\a",
                                      "/a/;x=1/:@&=+$,!*'()",
                                      "/a|b^c`{}",
                                      "/%2f%2F%c3%a9",
                                      "/%2541",
                                      "/a.b/c.d",
                                      "/\"<>"};
  for (const std::string_view target : targets) {
    CAPTURE(target);
    const Outcome result = outcome(target);
    CHECK(result.path == target);
    CHECK(result.query.empty());
    CHECK_FALSE(result.copied);
  }
}

TEST_CASE("targets that change") {
  struct Row {
    std::string_view target, path;
  };
  const Row rows[] = {
      {"/.", "/"},
      {"/..", "/"},
      {"/./", "/"},
      {"/../", "/"},
      {"/../../a", "/a"},
      {"/a/.", "/a/"},
      {"/a/..", "/"},
      {"/a/../", "/"},
      {"/a/./b", "/a/b"},
      {"/a/../b", "/b"},
      {"/a/b/../../c", "/c"},
      {"/a/b/c/../..", "/a/"},
      {"/a//../b", "/a/b"},
      {"/..//x", "//x"},
      {"/%2e", "/"},
      {"/%2E%2e/a", "/a"},
      {"/a/.%2e/b", "/b"},
      {"/a/%2e./b", "/b"},
      {"/a/%2e%2e%2fb", "/a/..%2fb"},
      {"/%41%7E%7a%2d%5F", "/A~z-_"},
      {"/%2541/./", "/%2541/"},
      {"/%252e%252e/./x", "/%252e%252e/x"},
      {"/a\\..\\b/../c", "/c"},
      {"/a/..\\b/./c", "/a/..\\b/c"},
      {"/httpbin/../admin", "/admin"},
      {"/httpbin/%2e%2e/admin", "/admin"},
      {"/a%2Fb/%2e/c", "/a%2Fb/c"},
      {"/x/%2f/../y", "/x/y"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.target);
    const Outcome result = outcome(row.target);
    CHECK(result.path == row.path);
    CHECK(result.copied);
    CHECK(outcome(result.path).path == result.path);
  }
}

TEST_CASE("the query is split at the first '?' and untouched") {
  struct Row {
    std::string_view target, path, query;
  };
  const Row rows[] = {
      {"/a?", "/a", "?"},           {"/a?x=1", "/a", "?x=1"}, {"/a?x=/../b&%2e%41%zz%", "/a", "?x=/../b&%2e%41%zz%"},
      {"/a/..?b?c", "/", "?b?c"},   {"/.?x", "/", "?x"},      {"/a/.x?", "/a/.x", "?"},
      {"/a%3Fb?c", "/a%3Fb", "?c"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.target);
    const Outcome result = outcome(row.target);
    CHECK(result.path == row.path);
    CHECK(result.query == row.query);
  }
}

TEST_CASE("refused targets") {
  using namespace std::string_view_literals;
  const std::string_view targets[] = {"",       "*",     "a",       "?",       "http://h/", ".",       "/a#b",      "/a?b#c", "/a b",
                                      "/a?b c", "/a\tb", "/a\0b"sv, "/a?\0"sv, "/\x7f",     "/a?\x7f", "/\xc3\xa9", "/?\xc3", "/a\r\n",
                                      "/%",     "/%4",   "/%zz",    "/%4g",    "/%g4",      "/a%?41",  "/%2%65",    "/%%41",  "/a\x80"};
  for (const std::string_view target : targets) {
    CAPTURE(target);
    CHECK(outcome(target).path == kRefused);
  }
}

TEST_CASE("a special byte is seen at every position") {
  for (std::size_t length = 2; length < 80; ++length) {
    for (std::size_t at = 1; at < length; ++at) {
      std::string target(length, 'a');
      target[0] = '/';
      target[at] = '\x01';
      REQUIRE(outcome(target).path == kRefused);
      target[at] = '?';
      REQUIRE(outcome(target).path == target.substr(0, at));
      REQUIRE(outcome(target).query == target.substr(at));
      std::string longer = target;
      longer.replace(at, 1, "%61");
      target[at] = 'a';
      REQUIRE(outcome(longer).path == target);
      longer = target;
      longer.replace(at, 1, "/../");
      REQUIRE(outcome(longer).path == "/" + target.substr(at + 1));
    }
  }
}

TEST_CASE("merge_slashes") {
  const PathRules rules{.merge_slashes = true};
  CHECK(outcome("//a///b//", rules).path == "/a/b/");
  CHECK(outcome("//", rules).path == "/");
  CHECK(outcome("/a/b", rules).path == "/a/b");
  CHECK_FALSE(outcome("/a/b", rules).copied);
  CHECK(outcome("/a?b//c", rules).query == "?b//c");
  CHECK_FALSE(outcome("/a?b//c", rules).copied);
  CHECK(outcome("/a//../b", rules).path == "/a/b");  // dot segments first
  CHECK(outcome("/a/%2f%2f//b", rules).path == "/a/%2f%2f/b");
}

TEST_CASE("reject_requests_with_escaped_slashes") {
  const PathRules rules{.reject_escaped_slashes = true};
  for (const char* target : {"/a%2Fb", "/a%2fb", "/a%5Cb", "/a%5cb", "/%2F?x"}) CHECK(outcome(target, rules).path == kRefused);
  CHECK(outcome("/a%25b?x=%2F%5c", rules).path == "/a%25b");
  CHECK(outcome("/a\\b", rules).path == "/a\\b");
}

TEST_CASE("random paths against the letter of RFC 3986") {
  const std::vector<std::string> pieces{"/", "/", "/", ".", ".", "..", "%2e", "%2E", "a", "bc", "%41", "%2f", "%25", "\\", "~", "a.b"};
  std::mt19937 engine(20);
  for (int round = 0; round < 20000; ++round) {
    std::string path = "/";
    for (std::size_t i = engine() % 14; i > 0; --i) path += pieces[engine() % pieces.size()];
    const std::string wanted = remove_dot_segments(decode_unreserved(path));
    const Outcome result = outcome(path + "?q");
    REQUIRE_MESSAGE(result.path == wanted, path);
    REQUIRE_MESSAGE(result.copied == (wanted != path), path);
    REQUIRE(outcome(path, {.merge_slashes = true}).path == merge_slashes(wanted));
  }
}
