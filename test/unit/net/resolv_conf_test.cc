// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "net/resolv_conf.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "net/hosts_file.h"
#include "unit/net/scripted_dns.h"

namespace nuncio {

namespace {

using Strings = std::vector<std::string>;

struct Read {
  std::string text;
  Strings servers;
  Strings search;
};

TEST_CASE("resolv.conf: servers and search list") {
  const std::vector<Read> cases = {
      {"", {"127.0.0.1:53"}, {}},
      {"nameserver 10.0.0.10\n", {"10.0.0.10:53"}, {}},
      {"nameserver 10.0.0.10", {"10.0.0.10:53"}, {}},
      {"nameserver 127.0.0.1:5353\nnameserver ::1\nnameserver [::1]:54\n", {"127.0.0.1:5353", "[::1]:53", "[::1]:54"}, {}},
      {"nameserver ns.example\nnameserver 1.2.3\nnameserver 127.0.0.1:0\nnameserver unix:/x\n", {"127.0.0.1:53"}, {}},
      {"# nameserver 10.0.0.1\n; x\n\tnameserver\t10.0.0.2 # y\r\n", {"10.0.0.2:53"}, {}},
      {"domain a.test b.test\n", {"127.0.0.1:53"}, {"a.test"}},
      {"search a.test b.test. .c.test .\n", {"127.0.0.1:53"}, {"a.test", "b.test", "c.test"}},
      {"search a.test\ndomain b.test\n", {"127.0.0.1:53"}, {"b.test"}},
      {"nameserver\nsearch\noptions\nnonsense x\n\n\n", {"127.0.0.1:53"}, {}},
  };
  for (const Read& item : cases) {
    CAPTURE(item.text);
    const ResolvConf conf = parse_resolv_conf(item.text);
    CHECK(conf.servers == item.servers);
    CHECK(conf.search == item.search);
  }
}

TEST_CASE("resolv.conf: options, with the bounds of resolv.conf(5)") {
  const ResolvConf plain = parse_resolv_conf("");
  CHECK(plain.ndots == 1);
  CHECK_FALSE(plain.rotate);
  CHECK_FALSE(plain.use_tcp);
  const ResolvConf conf = parse_resolv_conf("options ndots:5 timeout:1\noptions attempts:3 rotate use-vc edns0\n");
  CHECK(conf.ndots == 5);
  CHECK(conf.timeout_ms == 1000);
  CHECK(conf.attempts == 3);
  CHECK(conf.rotate);
  CHECK(conf.use_tcp);
  const ResolvConf extreme = parse_resolv_conf("options ndots:99 timeout:0 attempts:77 timeout: ndots:-1 attempts:x");
  CHECK(extreme.ndots == 15);
  CHECK(extreme.timeout_ms == 1000);
  CHECK(extreme.attempts == 5);
}

TEST_CASE("resolv.conf: hostile sizes stay bounded") {
  std::string text = "search";
  for (int i = 0; i < 1000; ++i) text += " d" + std::to_string(i);
  text += '\n';
  for (int i = 0; i < 200; ++i) text += "nameserver 10.0.0." + std::to_string(i) + "\n";
  const ResolvConf conf = parse_resolv_conf(text);
  CHECK(conf.search.size() == 32);
  CHECK(conf.servers.size() == 8);
}

TEST_CASE("search list: order by the number of dots") {
  struct Case {
    std::uint32_t ndots;
    std::string name;
    Strings names;
  };
  const std::vector<Case> cases = {
      {1, "web", {"web.a.test", "web.b.test", "web"}},
      {1, "web.shop", {"web.shop", "web.shop.a.test", "web.shop.b.test"}},
      {5, "web.shop", {"web.shop.a.test", "web.shop.b.test", "web.shop"}},
      {0, "web", {"web", "web.a.test", "web.b.test"}},
      {5, "web.", {"web"}},
      {1, "web.shop.", {"web.shop"}},
  };
  for (const Case& item : cases) {
    CAPTURE(item.name);
    ResolvConf conf = parse_resolv_conf("search a.test b.test");
    conf.ndots = item.ndots;
    CHECK(search_names(conf, item.name) == item.names);
  }
}

TEST_CASE("resolv.conf: read again when it was replaced, removed or made anew") {
  const test::TemporaryFile file("nameserver 10.0.0.1\n");
  ResolvConfFile conf(file.path());
  CHECK(conf.refresh());
  CHECK(conf.conf().servers == Strings{"10.0.0.1:53"});
  CHECK_FALSE(conf.refresh());
  file.replace("nameserver 10.0.0.2\n");
  CHECK(conf.refresh());
  CHECK(conf.conf().servers == Strings{"10.0.0.2:53"});
  CHECK_FALSE(conf.refresh());
  ResolvConfFile absent(file.path() + "-absent");
  CHECK(absent.refresh());
  CHECK_FALSE(absent.refresh());
  CHECK(absent.conf().servers == Strings{"127.0.0.1:53"});
}

Strings texts(const std::vector<Address>* addresses) {
  Strings texts;
  if (addresses == nullptr) return {"unknown"};
  for (const Address& address : *addresses) texts.push_back(address.host_text());
  return texts;
}

TEST_CASE("hosts file") {
  const test::TemporaryFile file(
      "127.0.0.1 localhost\n"
      "10.1.1.1\tWeb.Test web # comment other\n"
      "  ::1   web\r\n"
      "10.1.1.1 web\n"
      "# 10.1.1.2 web\n"
      "nonsense web\n"
      "10.1.1.3\n"
      "10.1.1.4 last");
  HostsFile hosts(file.path());
  CHECK(texts(hosts.find("web")) == Strings{"10.1.1.1", "::1"});
  CHECK(texts(hosts.find("WEB.test")) == Strings{"10.1.1.1"});
  CHECK(texts(hosts.find("last")) == Strings{"10.1.1.4"});
  CHECK(texts(hosts.find("comment")) == Strings{"unknown"});
  CHECK(texts(hosts.find("")) == Strings{"unknown"});
  file.replace("10.1.1.9 web\n");
  CHECK(texts(hosts.find("web")) == Strings{"10.1.1.9"});
  CHECK(texts(hosts.find("last")) == Strings{"unknown"});
  HostsFile absent("/nonexistent/hosts");
  CHECK(texts(absent.find("web")) == Strings{"unknown"});
}

}  // namespace

}  // namespace nuncio
