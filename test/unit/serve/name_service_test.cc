// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "serve/name_service.h"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "unit/net/loop_guard.h"
#include "unit/net/scripted_dns.h"

namespace nuncio {

namespace {

using Strings = std::vector<std::string>;
using test::DnsSays;
using test::ScriptedDns;
using test::TemporaryFile;

// "web: 10.0.0.1 10.0.0.2", "web: - no such name", "web: forgotten"
std::string text_of(const NameKey& key, const NameAnswerPtr& answer) {
  std::string text = key.front() + ":";
  if (answer == nullptr) return text + " forgotten";
  for (const Address& address : answer->addresses) text += " " + address.host_text();
  if (answer->addresses.empty()) text += " - " + answer->problem;
  return text;
}

// Short times; those that must not play a part in a test are long.
NameService::Settings quick() {
  NameService::Settings settings;
  settings.min_refresh = 60'000;
  settings.max_refresh = 60'000;
  settings.first_retry = 5;
  settings.retry = 10;
  settings.withdraw_after = 60'000;
  settings.forget_after = 60'000;
  settings.refresh_soon_interval = 5;
  settings.lookups_per_second = 100'000;
  return settings;
}

class Fixture {
 public:
  explicit Fixture(NameService::Settings settings = quick(), const std::string& more = "")
      : resolv_conf("nameserver 127.0.0.1:" + std::to_string(dns.port()) + "\noptions timeout:1 attempts:1\n" + more), hosts("") {
    log::set_level(log::Level::off);
    settings.resolver = {.resolv_conf = resolv_conf.path(), .hosts = hosts.path()};
    service = std::make_unique<NameService>(loop, settings, [this](const NameKey& key, NameAnswerPtr answer) {
      published.push_back(text_of(key, answer));
      if (answer != nullptr) names.push_back(answer->name);
    });
  }
  ~Fixture() { log::set_level(log::Level::info); }

  // Runs the loop until `condition` holds, which is looked at now and then.
  void run_until(const std::function<bool()>& condition) {
    const test::Guard guard(loop);
    struct Poll {
      Loop& loop;
      const std::function<bool()>& condition;
      Deadline deadline;
    } poll{loop,
           condition,
           {loop.deadlines(),
            [](void* self) {
              auto& poll_now = *static_cast<Poll*>(self);
              if (poll_now.condition()) return poll_now.loop.stop();
              poll_now.deadline.set(poll_now.loop.now_ms() + 4);
            },
            &poll}};
    poll.deadline.set(loop.now_ms());
    loop.run();
    REQUIRE_FALSE(guard.late());
  }

  void run_until_published(std::size_t count) {
    run_until([this, count] { return published.size() >= count; });
    CHECK(published.size() == count);
  }

  void run_until_asked(const std::string& question, std::size_t times) {
    run_until([&] { return dns.times_asked(question) >= times; });
  }

  // Waits for two more rounds of questions, so that the answer to the first has been taken.
  void run_two_rounds(const std::string& question) { run_until_asked(question, dns.times_asked(question) + 2); }

  ScriptedDns dns;
  TemporaryFile resolv_conf;
  TemporaryFile hosts;
  Loop loop;
  Strings published;
  Strings names;
  std::unique_ptr<NameService> service;
};

TEST_CASE("names in use are resolved and published once") {
  Fixture f;
  f.dns.say("web.test", {.addresses = {"10.0.0.1", "2001:db8::1"}});
  f.dns.say("db.test", {.addresses = {"10.0.0.2"}});
  f.service->use({{"web.test"}, {"db.test"}, {"web.test"}, {}});
  CHECK(f.published.empty());
  f.run_until_published(2);
  f.service->use({{"web.test"}, {"db.test"}});
  f.service->use({{"db.test"}, {"web.test"}});
  f.run_until_published(2);
  std::ranges::sort(f.published);
  CHECK(f.published == Strings{"db.test: 10.0.0.2", "web.test: 10.0.0.1 2001:db8::1"});
  CHECK(f.dns.asked().size() == 4);
  const auto status = f.service->status();
  REQUIRE(status.size() == 2);
  CHECK(status[0].key == NameKey{"db.test"});
  CHECK(status[0].answer->addresses.size() == 1);
  CHECK(status[0].problem.empty());
}

TEST_CASE("nothing is asked while nothing uses names") {
  Fixture f;
  f.service->use({});
  f.service->refresh_soon({"web.test"});
  bool ran = false;
  f.loop.post([&ran] { ran = true; });
  f.run_until([&ran] { return ran; });
  CHECK(f.dns.asked().empty());
  CHECK(f.service->size() == 0);
}

TEST_CASE("an answer is asked anew when its TTL is over, and published when it has changed") {
  auto settings = quick();
  settings.min_refresh = 5;
  Fixture f(settings);
  f.dns.say("web.test", {.addresses = {"10.0.0.1", "10.0.0.2"}, .ttl_s = 0});
  f.service->use({{"web.test"}});
  f.run_until_published(1);
  f.dns.say("web.test", {.addresses = {"10.0.0.2", "10.0.0.1"}, .ttl_s = 0});  // rotated: the same
  f.run_two_rounds("web.test A udp");
  CHECK(f.published.size() == 1);
  f.dns.say("web.test", {.addresses = {"10.0.0.3"}, .ttl_s = 0});
  f.run_until_published(2);
  CHECK(f.published.back() == "web.test: 10.0.0.3");
}

TEST_CASE("the TTL counts between the floor and the ceiling") {
  auto settings = quick();
  settings.min_refresh = 1;
  settings.max_refresh = 5;
  Fixture short_ceiling(settings);
  short_ceiling.dns.say("web.test", {.addresses = {"10.0.0.1"}, .ttl_s = 1'000'000});
  short_ceiling.service->use({{"web.test"}});
  short_ceiling.run_until_asked("web.test A udp", 3);

  settings.max_refresh = 600'000;
  Fixture long_ttl(settings);
  long_ttl.dns.say("long.test", {.addresses = {"10.0.0.1"}, .ttl_s = 300});
  long_ttl.dns.say("short.test", {.addresses = {"10.0.0.1"}, .ttl_s = 0});
  long_ttl.service->use({{"long.test"}, {"short.test"}});
  long_ttl.run_until_asked("short.test A udp", 5);
  CHECK(long_ttl.dns.times_asked("long.test A udp") == 1);

  settings.min_refresh = 600'000;
  Fixture long_floor(settings);
  long_floor.dns.say("web.test", {.addresses = {"10.0.0.1"}, .ttl_s = 0});
  long_floor.dns.say("failing.test", {.code = 2});
  long_floor.service->use({{"web.test"}, {"failing.test"}});
  long_floor.run_until_asked("failing.test A udp", 5);
  CHECK(long_floor.dns.times_asked("web.test A udp") == 1);
}

TEST_CASE("with many names each is asked less often") {
  auto settings = quick();
  settings.min_refresh = 1;
  settings.lookups_per_second = 1;
  Fixture f(settings);
  f.dns.say("a.test", {.addresses = {"10.0.0.1"}, .ttl_s = 0});
  std::vector<NameKey> keys = {{"a.test"}};
  for (int i = 0; i < 99; ++i) keys.push_back({"localhost", std::to_string(i)});
  f.service->use(keys);
  f.run_until_published(100);
  bool ran = false;
  f.loop.post([&ran] { ran = true; });
  f.run_until([&ran] { return ran; });
  CHECK(f.dns.times_asked("a.test A udp") == 1);
}

TEST_CASE("candidates in order: the next one only when the one before has no address") {
  Fixture f;
  f.dns.say("first.shop.test", {.addresses = {"10.0.0.1"}});
  f.dns.say("first.test", {.addresses = {"10.0.0.66"}});
  f.dns.say("second.test", {.addresses = {"10.0.0.2"}});
  f.dns.say("third.shop.test", {});
  f.dns.say("third.test", {.addresses = {"10.0.0.3"}});
  f.dns.say("fourth.shop.test", {.code = 2});
  f.dns.say("fourth.test", {.addresses = {"10.0.0.66"}});
  f.dns.say("fifth.shop.test", {});
  f.service->use({{"first.shop.test", "first.test"},
                  {"second.shop.test", "second.test"},
                  {"third.shop.test", "third.test"},
                  {"fourth.shop.test", "fourth.test"},
                  {"fifth.shop.test", "fifth.test"},
                  {"sixth.shop.test", "sixth.test"}});
  f.run_until_published(6);
  std::ranges::sort(f.published);
  CHECK(f.published == Strings{"fifth.shop.test: - the name has no address", "first.shop.test: 10.0.0.1",
                               "fourth.shop.test: - no answer from any name server", "second.shop.test: 10.0.0.2",
                               "sixth.shop.test: - no such name", "third.shop.test: 10.0.0.3"});
  CHECK(f.dns.times_asked("first.test A udp") == 0);
  CHECK(f.dns.times_asked("fourth.test A udp") == 0);
}

TEST_CASE("what answered is asked alone for a while, and again from the front when it is gone") {
  auto settings = quick();
  settings.min_refresh = 5;
  Fixture f(settings, "search a.test b.test\n");
  f.dns.say("web.b.test", {.addresses = {"10.0.0.1"}, .ttl_s = 0});
  f.service->use({{"web.shop", "web"}});
  f.run_until_published(1);
  CHECK(f.names == Strings{"web.b.test"});
  f.dns.clear_record();
  f.run_until_asked("web.b.test A udp", 3);
  CHECK(f.dns.times_asked("web.shop A udp") == 0);
  CHECK(f.dns.times_asked("web.a.test A udp") == 0);
  f.dns.say("web.shop.a.test", {.addresses = {"10.0.0.2"}, .ttl_s = 0});
  f.dns.forget("web.b.test");
  f.run_until_published(2);
  CHECK(f.published.back() == "web.shop: 10.0.0.2");
  CHECK(f.names.back() == "web.shop.a.test");
}

TEST_CASE("a better candidate that comes up later is found") {
  auto settings = quick();
  settings.min_refresh = 5;
  settings.rediscover_after = 20;
  Fixture f(settings);
  f.dns.say("web.test", {.addresses = {"10.0.0.1"}, .ttl_s = 0});
  f.service->use({{"web.shop.test", "web.test"}});
  f.run_until_published(1);
  f.dns.say("web.shop.test", {.addresses = {"10.0.0.2"}, .ttl_s = 0});
  f.run_until_published(2);
  CHECK(f.published.back() == "web.shop.test: 10.0.0.2");
}

TEST_CASE("the last good answer outlives failures, however long they last") {
  auto settings = quick();
  settings.min_refresh = 5;
  settings.withdraw_after = 0;
  Fixture f(settings);
  f.dns.say("web.test", {.addresses = {"10.0.0.1"}, .ttl_s = 0});
  f.service->use({{"web.test"}});
  f.run_until_published(1);
  f.dns.say("web.test", {.code = 2});
  f.run_two_rounds("web.test A udp");
  f.run_two_rounds("web.test A udp");
  CHECK(f.published.size() == 1);
  CHECK(f.service->status()[0].problem == "no answer from any name server");
  CHECK(f.service->status()[0].answer->addresses.size() == 1);
  f.dns.say("web.test", {.addresses = {"10.0.0.1"}, .ttl_s = 0});
  f.run_until([&f] { return f.service->status()[0].problem.empty(); });
  CHECK(f.published.size() == 1);
}

TEST_CASE("NXDOMAIN or an empty answer withdraws the addresses after its time, not before") {
  for (const DnsSays& absent : {DnsSays{.code = 3}, DnsSays{}}) {
    auto settings = quick();
    settings.min_refresh = 5;
    Fixture patient(settings);
    settings.withdraw_after = 30;
    Fixture f(settings);
    for (Fixture* fixture : {&patient, &f}) {
      fixture->dns.say("web.test", {.addresses = {"10.0.0.1"}, .ttl_s = 0});
      fixture->service->use({{"web.test"}});
      fixture->run_until_published(1);
      fixture->dns.say("web.test", absent);
    }
    patient.run_two_rounds("web.test A udp");
    patient.run_two_rounds("web.test A udp");
    CHECK(patient.published.size() == 1);
    f.run_until_published(2);
    CHECK(f.published.back() == (absent.code == 3 ? "web.test: - no such name" : "web.test: - the name has no address"));
    f.run_two_rounds("web.test A udp");
    CHECK(f.published.size() == 2);
    f.dns.say("web.test", {.addresses = {"10.0.0.1"}, .ttl_s = 0});
    f.run_until_published(3);
    CHECK(f.published.back() == "web.test: 10.0.0.1");
  }
}

TEST_CASE("a name that never resolved: its problem is published, and whatever changes about it") {
  Fixture f;
  f.service->use({{"web.test"}});
  f.run_until_published(1);
  CHECK(f.published.back() == "web.test: - no such name");
  f.run_two_rounds("web.test A udp");
  CHECK(f.published.size() == 1);
  f.dns.say("web.test", {});
  f.run_until_published(2);
  CHECK(f.published.back() == "web.test: - the name has no address");
  f.dns.say("web.test", {.addresses = {"10.0.0.1"}});
  f.run_until_published(3);
  CHECK(f.published.back() == "web.test: 10.0.0.1");
}

TEST_CASE("addresses of a family about which there is no answer stay") {
  auto settings = quick();
  settings.min_refresh = 5;
  Fixture f(settings);
  f.dns.say("web.test A", {.addresses = {"10.0.0.1"}, .ttl_s = 0});
  f.dns.say("web.test AAAA", {.addresses = {"2001:db8::1"}, .ttl_s = 0});
  f.service->use({{"web.test"}});
  f.run_until_published(1);
  f.dns.say("web.test A", {.code = 2});
  f.run_two_rounds("web.test AAAA udp");
  CHECK(f.published.size() == 1);
  f.dns.say("web.test AAAA", {.addresses = {"2001:db8::2"}, .ttl_s = 0});
  f.run_until_published(2);
  CHECK(f.published.back() == "web.test: 10.0.0.1 2001:db8::2");
  f.dns.say("web.test A", {});  // an answer: there is none
  f.run_until_published(3);
  CHECK(f.published.back() == "web.test: 2001:db8::2");
}

TEST_CASE("refresh_soon asks at once, and not more often than it may") {
  Fixture f;
  f.dns.say("web.test", {.addresses = {"10.0.0.1"}});
  f.service->use({{"web.test"}});
  f.run_until_published(1);
  f.dns.say("web.test", {.addresses = {"10.0.0.2"}});
  for (int i = 0; i < 100; ++i) f.service->refresh_soon({"web.test"});
  f.run_until_published(2);
  CHECK(f.published.back() == "web.test: 10.0.0.2");
  CHECK(f.dns.times_asked("web.test A udp") == 2);

  auto settings = quick();
  settings.refresh_soon_interval = 60'000;
  Fixture rare(settings);
  rare.dns.say("web.test", {.addresses = {"10.0.0.1"}});
  rare.dns.say("failing.test", {.code = 2});
  rare.service->use({{"web.test"}, {"failing.test"}});
  rare.run_until_published(2);
  for (int i = 0; i < 10; ++i) rare.service->refresh_soon({"web.test"});
  rare.run_two_rounds("failing.test A udp");
  CHECK(rare.dns.times_asked("web.test A udp") == 1);
}

TEST_CASE("a name that is no longer used is not asked, comes back at once, and is forgotten in the end") {
  auto settings = quick();
  settings.min_refresh = 5;
  Fixture f(settings);
  f.dns.say("web.test", {.addresses = {"10.0.0.1"}, .ttl_s = 0});
  f.dns.say("other.test", {.addresses = {"10.0.0.2"}, .ttl_s = 0});
  f.service->use({{"web.test"}, {"other.test"}});
  f.run_until_published(2);
  f.service->use({{"other.test"}});
  f.run_two_rounds("other.test A udp");  // a question that was under way is over
  const std::size_t asked = f.dns.times_asked("web.test A udp");
  f.service->refresh_soon({"web.test"});
  f.run_two_rounds("other.test A udp");
  CHECK(f.dns.times_asked("web.test A udp") == asked);
  f.service->use({{"web.test"}, {"other.test"}});
  f.run_until_asked("web.test A udp", asked + 2);
  CHECK(f.published.size() == 2);

  settings.forget_after = 20;
  Fixture forgetful(settings);
  forgetful.dns.say("web.test", {.addresses = {"10.0.0.1"}});
  forgetful.dns.say("silent.test", {.silent = true});
  forgetful.service->use({{"web.test"}, {"silent.test"}});
  forgetful.run_until_published(1);
  forgetful.service->use({});
  forgetful.run_until([&forgetful] { return forgetful.service->size() == 0; });
  CHECK(forgetful.published.size() >= 3);
  CHECK(std::ranges::count(forgetful.published, "web.test: forgotten") == 1);
  CHECK(std::ranges::count(forgetful.published, "silent.test: forgotten") == 1);
}

TEST_CASE("look-ups in flight are bounded, and everybody's turn comes") {
  auto settings = quick();
  settings.lookups_in_flight = 2;
  Fixture f(settings);
  std::vector<NameKey> keys;
  for (int i = 0; i < 4; ++i) {
    keys.push_back({"silent" + std::to_string(i) + ".test"});
    f.dns.say(keys.back().front(), {.silent = true});
  }
  for (int i = 0; i < 20; ++i) {
    keys.push_back({"web" + std::to_string(i) + ".test"});
    f.dns.say(keys.back().front(), {.addresses = {"10.0.0.1"}});
  }
  f.service->use(keys);
  f.run_until([&f] { return !f.dns.asked().empty(); });
  f.run_until([&f] { return !f.published.empty(); });
  std::size_t before = 0;
  for (const std::string& question : f.dns.asked()) before += question.starts_with("silent") ? 1U : 0U;
  CHECK(before <= 8);
  f.run_until([&f] { return f.published.size() == 24; });
}

TEST_CASE("names of the hosts file are looked at again") {
  auto settings = quick();
  settings.min_refresh = 5;
  Fixture f(settings);
  f.hosts.replace("10.0.0.1 web\n");
  f.service->use({{"web"}});
  f.run_until_published(1);
  f.hosts.replace("10.0.0.2 web\n");
  f.run_until_published(2);
  CHECK(f.published == Strings{"web: 10.0.0.1", "web: 10.0.0.2"});
  CHECK(f.dns.asked().empty());
}

TEST_CASE("a service that goes away with questions under way") {
  Fixture f;
  f.dns.say("silent.test", {.silent = true});
  f.service->use({{"silent.test"}, {"localhost"}});
  f.service.reset();
  bool ran = false;
  f.loop.post([&ran] { ran = true; });
  f.run_until([&ran] { return ran; });
  CHECK(f.published.empty());
}

}  // namespace

}  // namespace nuncio
