// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "net/resolver.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "unit/net/loop_guard.h"
#include "unit/net/scripted_dns.h"

namespace nuncio {

namespace {

using Strings = std::vector<std::string>;
using test::DnsSays;
using test::ScriptedDns;
using test::TemporaryFile;

std::string server_line(const ScriptedDns& dns) {
  return "nameserver 127.0.0.1:" + std::to_string(dns.port()) + "\n";
}

Strings texts(const LookupResult& result) {
  Strings texts;
  for (const Address& address : result.addresses) {
    texts.push_back(address.host_text());
    CHECK(address.port() == 0);
  }
  return texts;
}

// a resolver that asks the scripted name server, and nobody else
struct Fixture {
  explicit Fixture(const std::string& more = "options timeout:1 attempts:1\n", const std::string& hosts = "")
      : resolv_conf(server_line(dns) + more), hosts_file(hosts) {
    settings.resolv_conf = resolv_conf.path();
    settings.hosts = hosts_file.path();
    resolver = std::make_unique<Resolver>(loop, settings);
  }

  LookupResult resolve(std::string_view name, Families families = {}) {
    LookupResult result;
    bool inside = true;
    resolver->resolve(name, families, [&](LookupResult got) {
      CHECK_FALSE(inside);
      result = std::move(got);
      loop.stop();
    });
    inside = false;
    run();
    return result;
  }

  void run() {
    const test::Guard guard(loop);
    loop.run();
    REQUIRE_FALSE(guard.late());
  }

  Loop loop;
  ScriptedDns dns;
  TemporaryFile resolv_conf;
  TemporaryFile hosts_file;
  Resolver::Settings settings;
  std::unique_ptr<Resolver> resolver;
};

TEST_CASE("A and AAAA: IPv4 first, each address once, the smallest TTL") {
  Fixture f;
  f.dns.say("web.test", {.addresses = {"2001:db8::1", "10.0.0.2", "10.0.0.1", "10.0.0.2"}, .ttl_s = 90});
  f.dns.say("web.test AAAA", {.addresses = {"2001:db8::1"}, .ttl_s = 30});
  const LookupResult both = f.resolve("web.test");
  CHECK(both.status == LookupStatus::found);
  CHECK(texts(both) == Strings{"10.0.0.2", "10.0.0.1", "2001:db8::1"});
  CHECK(both.ttl_s == 30);
  CHECK(both.name == "web.test");
  CHECK_FALSE(both.incomplete);

  const LookupResult ipv4 = f.resolve("web.test", {.ipv4 = true, .ipv6 = false});
  CHECK(texts(ipv4) == Strings{"10.0.0.2", "10.0.0.1"});
  CHECK(ipv4.ttl_s == 90);
  const LookupResult ipv6 = f.resolve("web.test", {.ipv4 = false, .ipv6 = true});
  CHECK(texts(ipv6) == Strings{"2001:db8::1"});
  CHECK(f.dns.times_asked("web.test A udp") == 2);
  CHECK(f.dns.times_asked("web.test AAAA udp") == 2);
}

TEST_CASE("one family alone is enough") {
  Fixture f;
  f.dns.say("four.test", {.addresses = {"10.0.0.1"}});
  f.dns.say("six.test", {.addresses = {"2001:db8::6"}});
  CHECK(texts(f.resolve("four.test")) == Strings{"10.0.0.1"});
  CHECK(texts(f.resolve("six.test")) == Strings{"2001:db8::6"});
}

TEST_CASE("a CNAME is followed, and its TTL counts") {
  Fixture f;
  f.dns.say("www.test", {.addresses = {"10.0.0.1"}, .ttl_s = 300, .alias = "cdn.test", .alias_ttl_s = 20});
  const LookupResult result = f.resolve("www.test");
  CHECK(texts(result) == Strings{"10.0.0.1"});
  CHECK(result.ttl_s == 20);
  CHECK(result.name == "www.test");
}

TEST_CASE("failures are told apart") {
  struct Case {
    std::string name;
    DnsSays says;
    LookupStatus status;
  };
  const std::vector<Case> cases = {
      {"absent.test", {.code = 3}, LookupStatus::no_such_name},
      {"empty.test", {}, LookupStatus::no_data},
      {"dangling.test", {.alias = "nowhere.test"}, LookupStatus::no_data},
      {"failing.test", {.code = 2}, LookupStatus::no_answer},
      {"refusing.test", {.code = 5}, LookupStatus::no_answer},
      {"malformed.test", {.garbage = true}, LookupStatus::malformed},
  };
  Fixture f;
  for (const Case& item : cases) {
    CAPTURE(item.name);
    f.dns.say(item.name, item.says);
    const LookupResult result = f.resolve(item.name);
    CHECK(result.status == item.status);
    CHECK(result.addresses.empty());
    CHECK_FALSE(text_of(result.status).empty());
  }
}

TEST_CASE("names that nobody can be asked for") {
  Fixture f;
  for (const std::string& name : {std::string("a..b"), std::string("."), std::string(), std::string(64, 'x') + ".test"}) {
    CAPTURE(name);
    const LookupResult result = f.resolve(name);
    CHECK(result.status != LookupStatus::found);
    CHECK(result.addresses.empty());
  }
}

TEST_CASE("a server that says nothing") {
  Fixture f;
  f.dns.say("silent.test", {.silent = true});
  CHECK(f.resolve("silent.test").status == LookupStatus::no_answer);
  CHECK(f.dns.times_asked("silent.test A udp") >= 1);
}

TEST_CASE("attempts") {
  Fixture f("options timeout:1 attempts:2\n");
  f.dns.say("silent.test", {.silent = true});
  CHECK(f.resolve("silent.test", {.ipv4 = true, .ipv6 = false}).status == LookupStatus::no_answer);
  CHECK(f.dns.times_asked("silent.test A udp") == 2);
}

TEST_CASE("a server that cannot be reached, and another one that can") {
  Fixture f;
  f.dns.say("web.test", {.addresses = {"10.0.0.1"}});
  f.resolv_conf.replace("nameserver 127.0.0.1:1\noptions timeout:1 attempts:1\n");
  CHECK(f.resolve("web.test").status == LookupStatus::no_answer);
  f.resolv_conf.replace("nameserver 127.0.0.1:1\n" + server_line(f.dns) + "options timeout:1 attempts:2\n");
  CHECK(texts(f.resolve("web.test")) == Strings{"10.0.0.1"});
}

TEST_CASE("truncation leads to TCP") {
  Fixture f;
  DnsSays many{.truncated = true};
  Strings expected;
  for (int i = 1; i <= 200; ++i) expected.push_back("10.0.1." + std::to_string(i));
  many.addresses = expected;
  f.dns.say("many.test", many);
  f.dns.say("many.test AAAA", {});
  CHECK(texts(f.resolve("many.test")) == expected);
  CHECK(f.dns.times_asked("many.test A udp") == 1);
  CHECK(f.dns.times_asked("many.test A tcp") == 1);
}

TEST_CASE("options use-vc: TCP from the start") {
  Fixture f("options use-vc\n");
  f.dns.say("web.test", {.addresses = {"10.0.0.1"}});
  CHECK(texts(f.resolve("web.test")) == Strings{"10.0.0.1"});
  CHECK(f.dns.asked().size() == 2);
  CHECK(f.dns.times_asked("web.test A tcp") == 1);
}

TEST_CASE("search list: the first name that has an address wins, both families from the same name") {
  Fixture f("search shop.test svc.test\noptions ndots:5 timeout:1 attempts:1\n");
  f.dns.say("web.svc.test", {.addresses = {"10.0.0.1"}});
  f.dns.say("web", {.addresses = {"2001:db8::bad"}});
  const LookupResult result = f.resolve("web", {.ipv4 = true, .ipv6 = true});
  CHECK(texts(result) == Strings{"10.0.0.1"});
  CHECK(result.name == "web.svc.test");
  CHECK(f.dns.times_asked("web.shop.test A udp") == 1);
  CHECK(f.dns.times_asked("web AAAA udp") == 0);

  f.dns.clear_record();
  CHECK(texts(f.resolve("web.svc.test.")) == Strings{"10.0.0.1"});
  CHECK(f.dns.asked().size() == 2);
  CHECK(f.resolve("absent").status == LookupStatus::no_such_name);
  CHECK(f.dns.times_asked("absent A udp") == 1);
}

TEST_CASE("search list: a name that exists without an address is remembered in the verdict") {
  Fixture f("search shop.test svc.test\n");
  f.dns.say("web.shop.test", {});
  CHECK(f.resolve("web").status == LookupStatus::no_data);
  CHECK(f.dns.times_asked("web.svc.test A udp") == 1);
}

TEST_CASE("search list: a failure ends the walk, so that no other name takes the place of the right one") {
  Fixture f("search shop.test svc.test\noptions timeout:1 attempts:1\n");
  f.dns.say("web.shop.test A", {.code = 2});
  f.dns.say("web.shop.test AAAA", {});
  f.dns.say("web.svc.test", {.addresses = {"10.0.0.66"}});
  CHECK(f.resolve("web").status == LookupStatus::no_answer);
  CHECK(f.dns.times_asked("web.svc.test A udp") == 0);
}

TEST_CASE("no answer about IPv6 does not hold up IPv4, and is told") {
  Fixture f("options timeout:5 attempts:5\n");
  f.dns.say("web.test A", {.addresses = {"10.0.0.1"}});
  f.dns.say("web.test AAAA", {.silent = true});
  const LookupResult result = f.resolve("web.test");
  CHECK(texts(result) == Strings{"10.0.0.1"});
  CHECK(result.incomplete);
}

TEST_CASE("a failure for one family is told beside the addresses of the other") {
  Fixture f;
  f.dns.say("four.test A", {.addresses = {"10.0.0.1"}});
  f.dns.say("four.test AAAA", {.code = 2});
  f.dns.say("six.test A", {.code = 2});
  f.dns.say("six.test AAAA", {.addresses = {"2001:db8::1"}});
  const LookupResult four = f.resolve("four.test");
  CHECK(texts(four) == Strings{"10.0.0.1"});
  CHECK(four.incomplete);
  const LookupResult six = f.resolve("six.test");
  CHECK(texts(six) == Strings{"2001:db8::1"});
  CHECK(six.incomplete);
}

TEST_CASE("hosts file, localhost and literals need no name server") {
  Fixture f("", "10.9.9.9 db db.test\n2001:db8::9 db\n10.9.9.10 LOCALHOST.test\n");
  struct Case {
    std::string name;
    Strings addresses;
  };
  const std::vector<Case> cases = {
      {"db", {"10.9.9.9", "2001:db8::9"}},  {"DB.test", {"10.9.9.9"}},
      {"db.test.", {"10.9.9.9"}},           {"localhost", {"127.0.0.1", "::1"}},
      {"LocalHost.", {"127.0.0.1", "::1"}}, {"app.localhost", {"127.0.0.1", "::1"}},
      {"localhost.test", {"10.9.9.10"}},    {"192.0.2.1", {"192.0.2.1"}},
      {"2001:db8::5", {"2001:db8::5"}},
  };
  for (const Case& item : cases) {
    CAPTURE(item.name);
    const LookupResult result = f.resolve(item.name);
    CHECK(result.status == LookupStatus::found);
    CHECK(texts(result) == item.addresses);
    CHECK(result.ttl_s == 0);
  }
  CHECK(f.dns.asked().empty());
  f.resolve("notlocalhost");
  CHECK(f.dns.times_asked("notlocalhost A udp") == 1);
}

TEST_CASE("hosts file: the families that are asked for decide whether it answers") {
  Fixture f("", "10.9.9.9 db.test\n");
  f.dns.say("db.test", {.addresses = {"2001:db8::1"}});
  CHECK(texts(f.resolve("db.test", {.ipv4 = false, .ipv6 = true})) == Strings{"2001:db8::1"});
}

TEST_CASE("both files are read again when they change, also while a query is under way") {
  Fixture f("options timeout:1 attempts:1\n");
  const ScriptedDns other;
  f.dns.say("slow.test", {.silent = true});
  LookupResult slow;
  f.resolver->resolve("slow.test", {}, [&](LookupResult result) {
    slow = std::move(result);
    f.loop.stop();
  });
  f.resolv_conf.replace(server_line(other));
  CHECK(f.resolve("web.test").status == LookupStatus::no_such_name);
  CHECK(other.times_asked("web.test A udp") == 1);
  f.hosts_file.replace("10.0.0.3 web.test\n");
  CHECK(texts(f.resolve("web.test")) == Strings{"10.0.0.3"});
  slow.name.clear();
  f.run();
  CHECK(slow.name == "slow.test");
  CHECK(other.times_asked("slow.test A udp") == 0);
}

TEST_CASE("many at once, and calls from inside a callback") {
  Fixture f("options timeout:1 attempts:5\n");  // the test's server may lose some
  constexpr int kNames = 100;
  for (int i = 0; i < kNames; ++i) {
    f.dns.say("n" + std::to_string(i) + ".test", {.addresses = {"10.0.2." + std::to_string(i)}});
  }
  int right = 0;
  int left = kNames;
  for (int i = 0; i < kNames; ++i) {
    const std::string name = "n" + std::to_string(i) + ".test";
    f.resolver->resolve(name, {}, [&f, &right, &left, name](LookupResult first) {
      f.resolver->resolve(name, {.ipv4 = true, .ipv6 = false}, [&f, &right, &left, first](LookupResult second) {
        if (texts(first).size() == 1 && texts(first) == texts(second)) ++right;
        if (--left == 0) f.loop.stop();
      });
    });
  }
  f.run();
  CHECK(right == kNames);
}

TEST_CASE("a resolver that goes away takes its queries along") {
  Fixture f;
  f.dns.say("silent.test", {.silent = true});
  bool told = false;
  f.resolver->resolve("silent.test", {}, [&](LookupResult) { told = true; });
  f.resolver->resolve("localhost", {}, [&](LookupResult) { told = true; });
  f.resolver.reset();
  bool stopped = false;
  f.loop.post([&] {
    stopped = true;
    f.loop.stop();
  });
  f.run();
  CHECK(stopped);
  CHECK_FALSE(told);
}

}  // namespace

}  // namespace nuncio
