// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The target for the upstream: spec routing 3.7, 3.9, 3.10, row by row, from the request target on.
#include <doctest/doctest.h>

#include "documents.h"
#include "http/path.h"
#include "route/rewrite.h"

using namespace nuncio;
using namespace nuncio::route;
using namespace nuncio::route::test;

namespace {

constexpr std::string_view kAbsent = "(absent)";

struct Sent {
  std::string target;  // "-": no route, "refused": 400
  bool original_path = false;
};

// what the upstream would get for this request target
Sent sent(const Snapshot& snapshot, std::string_view target, std::string method = "GET") {
  std::string normalised(target.size(), '\0');
  const auto split = read_target(target, {}, [&](std::size_t) { return normalised.data(); });
  if (!split) return {"refused"};
  const Route* route = find(snapshot, {.path = std::string(split->path), .method = std::move(method)});
  if (route == nullptr) return {"-"};
  std::string buffer(rewrite_bound(*route, split->path, split->query), '\0');
  const auto result = rewrite(*route, split->path, split->query, buffer);
  if (!result) return {"refused"};
  return {std::string(result->target), result->sets_original_path};
}

}  // namespace

TEST_CASE("plain prefixes") {
  struct Row {
    std::string_view prefix, rewrite, target, sent;
    bool original_path;
  };
  const Row rows[] = {
      {"/a/", kAbsent, "/a/b?x=1", "/b?x=1", true},
      {"/a", kAbsent, "/a/b", "//b", true},
      {"/a", kAbsent, "/a", "/", true},
      {"/a", kAbsent, "/ab", "/b", true},
      {"/a/", "/", "/a/", "/", true},
      {"/a/", "", "/a/b", "/a/b", false},
      {"/a/", "", "/a/b?q", "/a/b?q", false},
      {"/a/", "", "/a/%41?q", "/a/A?q", false},
      {"/a/", "/a/", "/a/b", "/a/b", true},
      {"/a/", "/z", "/a/b", "/zb", true},
      {"/a/", "/z/", "/a/b/../c", "/z/c", true},
      {"/", kAbsent, "/x", "/x", true},
      {"/", kAbsent, "/", "/", true},
      {"/a/", "z/", "/a/b", "/z/b", true},
      {"/a/", "z", "/a/", "/z", true},
      {"/a/", "/z/", "/a/b?c=/../d", "/z/b?c=/../d", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.prefix);
    CAPTURE(row.rewrite);
    CAPTURE(row.target);
    const auto snapshot =
        compile_documents({mapping("m", row.prefix, row.rewrite == kAbsent ? Edit{} : with_rewrite(std::string(row.rewrite)))});
    const Sent result = sent(*snapshot, row.target);
    CHECK(result.target == row.sent);
    CHECK(result.original_path == row.original_path);
  }
}

TEST_CASE("a prefix in any letter case") {
  const auto snapshot = compile_documents({mapping("m", "/A/", [](model::Mapping& m) {
    m.case_sensitive = false;
    m.rewrite = "/z/";
  })});
  CHECK(sent(*snapshot, "/a/Q").target == "/z/Q");
}

TEST_CASE("the seam of a rewrite makes no dot segment") {
  const auto snapshot = compile_documents({mapping("m", "/a", with_rewrite("/z/")), mapping("d", "/d", with_rewrite("/z/.")),
                                           mapping("e", "/e", with_rewrite("/z")), mapping("r", "/r", with_rewrite("."))});
  CHECK(sent(*snapshot, "/a../x").target == "refused");
  CHECK(sent(*snapshot, "/a..").target == "refused");
  CHECK(sent(*snapshot, "/a.").target == "refused");
  CHECK(sent(*snapshot, "/a./x").target == "refused");
  CHECK(sent(*snapshot, "/d./x").target == "refused");
  CHECK(sent(*snapshot, "/r./x").target == "refused");
  CHECK(sent(*snapshot, "/a...").target == "/z/...");
  CHECK(sent(*snapshot, "/a.b").target == "/z/.b");
  CHECK(sent(*snapshot, "/e../x").target == "/z../x");
}

TEST_CASE("worked example A") {
  const auto snapshot = compile_documents({mapping("bin", "/httpbin/", [](model::Mapping& m) { m.host_rewrite = "httpbin.org"; })});
  struct Row {
    std::string_view target, sent;
  };
  const Row rows[] = {
      {"/httpbin/status/200", "/status/200"},
      {"/httpbin/", "/"},
      {"/httpbin", "-"},
      {"/httpbin/get?a=1&b=/httpbin/", "/get?a=1&b=/httpbin/"},
      {"/httpbin//get", "//get"},
      {"/httpbin/./get", "/get"},
      {"/httpbin/../admin", "-"},
      {"/httpbin/%2e%2e/admin", "-"},
      {"/httpbin/a%2Fb", "/a%2Fb"},
      {"/HTTPBIN/get", "-"},
      {"/httpbinx/get", "-"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.target);
    CHECK(sent(*snapshot, row.target).target == row.sent);
  }
  for (const char* method : {"POST", "HEAD", "OPTIONS"}) CHECK(sent(*snapshot, "/httpbin/get", method).target == "/get");
  CHECK(sent(*snapshot, "/httpbin/get").original_path);
  CHECK(find(*snapshot, {.path = "/httpbin/"})->host_rewrite == "httpbin.org");
  CHECK(find(*snapshot, {.path = "/httpbin/"})->timeout_text == "3000");
}

TEST_CASE("worked example B") {
  const Edit predict = [](model::Mapping& m) {
    m.rewrite = "/model/test/:predict";
    m.method = "POST";
  };
  auto snapshot = compile_documents({mapping("predict", "/models/test/", predict)});
  CHECK(sent(*snapshot, "/models/test/", "POST").target == "/model/test/:predict");
  CHECK(sent(*snapshot, "/models/test/?v=2", "POST").target == "/model/test/:predict?v=2");
  CHECK(sent(*snapshot, "/models/test/abc", "POST").target == "/model/test/:predictabc");
  CHECK(sent(*snapshot, "/models/test", "POST").target == "-");
  for (const char* method : {"GET", "HEAD", "OPTIONS", "PUT", "post"}) CHECK(sent(*snapshot, "/models/test/", method).target == "-");

  snapshot = compile_documents({mapping("predict", "/models/test/", predict), mapping("info", "/models/test/", with_method("GET"))});
  CHECK(snapshot->routes->groups().size() == 2);
  CHECK(sent(*snapshot, "/models/test/", "GET").target == "/");
  CHECK(sent(*snapshot, "/models/test/", "POST").target == "/model/test/:predict");

  snapshot = compile_documents({mapping("get", "/tfserving/models/mnist", [](model::Mapping& m) {
    m.method = "GET";
    m.rewrite = "/v1/models/mnist";
  })});
  CHECK(sent(*snapshot, "/tfserving/models/mnist2").target == "/v1/models/mnist2");
}

TEST_CASE("without a route for it, a path goes to the root") {
  const auto snapshot = compile_documents({mapping("root", "/"), mapping("api", "/api/")});
  CHECK(taker(*snapshot, {.path = "/api"}) == "root");
  CHECK(taker(*snapshot, {.path = "/api/"}) == "api");
}

TEST_CASE("an OPTIONS * target stays") {
  Route route;
  route.rewrite = "/";
  const auto result = rewrite(route, "*", "", {});
  REQUIRE(result);
  CHECK(result->target == "*");
  CHECK_FALSE(result->sets_original_path);
}
