// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "config/service_name.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace nuncio::config {
namespace {

TEST_CASE("services that can be used") {
  struct Case {
    const char* text;
    const char* host;
    int port;
    bool literal;
    bool tls;
  };
  const Case cases[] = {
      {"web", "web", 80, false, false},
      {"web:8080", "web", 8080, false, false},
      {"Web.Shop:8080", "web.shop", 8080, false, false},
      {"http://web", "web", 80, false, false},
      {"https://web", "web", 443, false, true},
      {"HTTPS://web:8443", "web", 8443, false, true},
      {"https://web:0", "web", 443, false, true},
      {"web:0", "web", 80, false, false},
      {"10.0.0.1", "10.0.0.1", 80, true, false},
      {"10.0.0.1:81", "10.0.0.1", 81, true, false},
      {"[::1]", "::1", 80, true, false},
      {"[2001:DB8::1]:8080", "2001:db8::1", 8080, true, false},
      {"2001:db8::1", "2001:db8::1", 80, true, false},
      {"httpbin.org.", "httpbin.org.", 80, false, false},
      {"a_b-c.d", "a_b-c.d", 80, false, false},
      {" web ", "web", 80, false, false},
  };
  for (const Case& entry : cases) {
    CAPTURE(std::string(entry.text));
    const ServiceName name = parse_service(entry.text);
    CHECK(name.problem.empty());
    CHECK(name.mistakes.empty());
    CHECK(name.service.host == entry.host);
    CHECK(name.service.port == entry.port);
    CHECK(name.service.literal == entry.literal);
    CHECK(name.service.tls == entry.tls);
  }
}

TEST_CASE("services that cannot be used") {
  for (const char* text : {"",
                           ":8080",
                           "http://",
                           "web:",
                           "web:x",
                           "web:-1",
                           "web:65536",
                           "web:99999999999999999999",
                           "web:80:81",
                           "[::1",
                           "[::1]x",
                           "[web]",
                           "we b",
                           "user@web",
                           "a..b",
                           ".a",
                           "1.2.3",
                           "300.1.1.1",
                           "http://target:80.invalid",
                           "w\xc3\xa9"
                           "b"}) {
    CAPTURE(std::string(text));
    CHECK_FALSE(parse_service(text).problem.empty());
  }
  CHECK_FALSE(parse_service(std::string(64, 'a')).problem.empty());
  CHECK(parse_service(std::string(63, 'a')).problem.empty());
}

TEST_CASE("parts without effect are mistakes, and the rest works") {
  struct Case {
    const char* text;
    const char* host;
  };
  for (const Case& entry : {Case{"http://web:80/path", "web"}, Case{"web/", "web"}, Case{"web?x=1", "web"}, Case{"grpc://web", "web"}}) {
    CAPTURE(std::string(entry.text));
    const ServiceName name = parse_service(entry.text);
    CHECK(name.problem.empty());
    CHECK(name.mistakes.size() == 1);
    CHECK(name.service.host == entry.host);
    CHECK_FALSE(name.service.tls);
  }
}

TEST_CASE("names are completed with the namespace of the document") {
  struct Case {
    const char* text;
    const char* ns;
    bool bare_names;
    std::vector<std::string> names;
  };
  const Case cases[] = {
      {"web", "default", false, {"web"}},
      {"web", "shop", false, {"web.shop", "web"}},
      {"web:8080", "shop", false, {"web.shop", "web"}},
      {"https://web", "shop", false, {"web.shop", "web"}},
      {"web.other", "shop", false, {"web.other"}},
      {"localhost:9000", "shop", false, {"localhost"}},
      {"httpbin.org:80", "shop", false, {"httpbin.org"}},
      {"10.1.1.1", "shop", false, {}},
      {"[::1]:80", "shop", false, {}},
      {"web", "shop", true, {"web"}},
      {"web", "", false, {"web"}},
  };
  for (const Case& entry : cases) {
    CAPTURE(std::string(entry.text));
    ServiceName name = parse_service(entry.text);
    qualify(name.service, {entry.ns, "default", entry.bare_names});
    CHECK(name.service.names == entry.names);
  }
}

}  // namespace
}  // namespace nuncio::config
