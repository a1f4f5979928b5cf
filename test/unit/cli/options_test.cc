// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "cli/options.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "cli/cpu_quota.h"
#include "cli/listen_address.h"

using namespace nuncio;
using namespace nuncio::cli;
namespace fs = std::filesystem;

namespace {

using Words = std::vector<std::string>;

std::expected<Command, Exit> run(const Words& words, const Environment& environment = {}) {
  std::vector<const char*> argv = {"nuncio"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  return parse(static_cast<int>(argv.size()), argv.data(), environment);
}

template <class Options>
Options expect(const Words& words, const Environment& environment = {}) {
  auto command = run(words, environment);
  REQUIRE_MESSAGE(command.has_value(), (command ? "" : command.error().text));
  REQUIRE(std::holds_alternative<Options>(*command));
  return std::get<Options>(std::move(*command));
}

Exit expect_exit(const Words& words, const Environment& environment = {}) {
  const auto command = run(words, environment);
  REQUIRE_FALSE(command.has_value());
  return command.error();
}

Words texts(const std::vector<Address>& addresses) {
  Words result;
  for (const Address& address : addresses) result.push_back(address.text());
  return result;
}

// A root directory with the files of a control group
class Root {
 public:
  explicit Root(const std::vector<std::pair<std::string, std::string>>& files) {
    std::string name = (fs::temp_directory_path() / "nuncio-cgroup-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
    for (const auto& [file, text] : files) {
      fs::create_directories((path_ / file).parent_path());
      std::ofstream(path_ / file) << text;
    }
  }
  ~Root() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

}  // namespace

TEST_CASE("options: defaults") {
  const auto options = expect<ServeOptions>({"--config-dir", "conf"});
  CHECK(options.scope.config_dir == "conf");
  CHECK(options.scope.ambassador_id == "default");
  CHECK(options.scope.ns == "default");
  CHECK_FALSE(options.scope.single_namespace);
  CHECK(texts(options.listen) == Words{"0.0.0.0:8080"});
  CHECK_FALSE(options.listen_given);
  REQUIRE(options.admin.has_value());
  CHECK(options.admin->text() == "127.0.0.1:8877");
  CHECK(options.workers == available_cpus());
  CHECK(options.resolv_conf == "/etc/resolv.conf");
  CHECK(options.access_log == "-");
  CHECK_FALSE(options.access_log_given);
  CHECK(options.log.level == log::Level::info);
  CHECK(options.log.format == log::Format::text);
  CHECK(options.drain_seconds == 0);
  CHECK(options.head_timeout_ms == 60000);
  CHECK(options.body_timeout_ms == 60000);
  CHECK(options.max_connections == 0);
}

TEST_CASE("options: everything from the command line") {
  const auto options = expect<ServeOptions>({"serve",
                                             "--config-dir=conf",
                                             "--listen",
                                             "127.0.0.1:80",
                                             "--listen",
                                             "[::1]:81",
                                             "--listen=unix:/run/n.sock",
                                             "--admin",
                                             "off",
                                             "--workers",
                                             "3",
                                             "--resolv-conf",
                                             "r",
                                             "--ambassador-id",
                                             "blue",
                                             "--namespace",
                                             "shop",
                                             "--single-namespace",
                                             "--log-level",
                                             "Debug",
                                             "--log-format",
                                             "json",
                                             "--access-log",
                                             "-",
                                             "--drain-seconds",
                                             "7",
                                             "--head-timeout-ms",
                                             "1000",
                                             "--body-timeout-ms",
                                             "2000",
                                             "--max-connections",
                                             "100"});
  CHECK(texts(options.listen) == Words{"127.0.0.1:80", "[::1]:81", "unix:/run/n.sock"});
  CHECK(options.listen_given);
  CHECK_FALSE(options.admin.has_value());
  CHECK(options.workers == 3);
  CHECK(options.resolv_conf == "r");
  CHECK(options.scope.ambassador_id == "blue");
  CHECK(options.scope.ns == "shop");
  CHECK(options.scope.single_namespace);
  CHECK(options.log.level == log::Level::debug);
  CHECK(options.log.format == log::Format::json);
  CHECK(options.access_log == "-");
  CHECK(options.access_log_given);
  CHECK(options.drain_seconds == 7);
  CHECK(options.head_timeout_ms == 1000);
  CHECK(options.body_timeout_ms == 2000);
  CHECK(options.max_connections == 100);
}

TEST_CASE("options: every option of serve has a variable") {
  const auto options = expect<ServeOptions>({}, {{"NUNCIO_CONFIG_DIR", "conf"},
                                                 {"NUNCIO_LISTEN", "127.0.0.1:80, unix:/run/n.sock"},
                                                 {"NUNCIO_ADMIN", "off"},
                                                 {"NUNCIO_WORKERS", "3"},
                                                 {"NUNCIO_RESOLV_CONF", "r"},
                                                 {"NUNCIO_AMBASSADOR_ID", "blue"},
                                                 {"NUNCIO_NAMESPACE", "shop"},
                                                 {"NUNCIO_SINGLE_NAMESPACE", "yes"},
                                                 {"NUNCIO_LOG_LEVEL", "error"},
                                                 {"NUNCIO_LOG_FORMAT", "json"},
                                                 {"NUNCIO_ACCESS_LOG", "off"},
                                                 {"NUNCIO_DRAIN_SECONDS", "7"},
                                                 {"NUNCIO_HEAD_TIMEOUT_MS", "1000"},
                                                 {"NUNCIO_BODY_TIMEOUT_MS", "2000"},
                                                 {"NUNCIO_MAX_CONNECTIONS", "100"},
                                                 {"NUNCIO_VERSION", "9.9"},
                                                 {"NUNCIO_PORT", "tcp://10.0.0.1:80"}});
  CHECK(options.scope.config_dir == "conf");
  CHECK(texts(options.listen) == Words{"127.0.0.1:80", "unix:/run/n.sock"});
  CHECK(options.listen_given);
  CHECK_FALSE(options.admin.has_value());
  CHECK(options.workers == 3);
  CHECK(options.resolv_conf == "r");
  CHECK(options.scope.ambassador_id == "blue");
  CHECK(options.scope.ns == "shop");
  CHECK(options.scope.single_namespace);
  CHECK(options.log.level == log::Level::error);
  CHECK(options.log.format == log::Format::json);
  CHECK(options.access_log == "off");
  CHECK(options.access_log_given);
  CHECK(options.drain_seconds == 7);
  CHECK(options.head_timeout_ms == 1000);
  CHECK(options.body_timeout_ms == 2000);
  CHECK(options.max_connections == 100);
}

TEST_CASE("options: the command line wins, then NUNCIO_…, then AMBASSADOR_…") {
  struct Case {
    Words words;
    Environment environment;
    std::string id;
  };
  const Case cases[] = {
      {{}, {}, "default"},
      {{}, {{"AMBASSADOR_ID", "a"}}, "a"},
      {{}, {{"AMBASSADOR_ID", "a"}, {"NUNCIO_AMBASSADOR_ID", "n"}}, "n"},
      {{"--ambassador-id", "c"}, {{"AMBASSADOR_ID", "a"}, {"NUNCIO_AMBASSADOR_ID", "n"}}, "c"},
      {{}, {{"AMBASSADOR_ID", "a"}, {"NUNCIO_AMBASSADOR_ID", ""}}, "a"},
      {{}, {{"AMBASSADOR_ID", ""}}, "default"},
  };
  for (const Case& c : cases) {
    Words words = {"check", "conf"};
    words.insert(words.end(), c.words.begin(), c.words.end());
    CHECK(expect<CheckCommand>(words, c.environment).scope.ambassador_id == c.id);
  }
  CHECK(expect<CheckCommand>({"check", "conf"}, {{"AMBASSADOR_NAMESPACE", "shop"}}).scope.ns == "shop");
  const auto single = [](const Words& words, const Environment& environment) {
    return expect<CheckCommand>(words, environment).scope.single_namespace;
  };
  CHECK(single({"check", "conf"}, {{"AMBASSADOR_SINGLE_NAMESPACE", "false"}}));  // any text (spec: ambassador-ops.md 11.1)
  CHECK_FALSE(single({"check", "conf"}, {{"AMBASSADOR_SINGLE_NAMESPACE", ""}}));
  CHECK_FALSE(single({"check", "conf"}, {{"AMBASSADOR_SINGLE_NAMESPACE", "x"}, {"NUNCIO_SINGLE_NAMESPACE", "no"}}));
  CHECK_FALSE(single({"check", "conf", "--single-namespace=false"}, {{"NUNCIO_SINGLE_NAMESPACE", "yes"}}));
}

TEST_CASE("options: check and echo") {
  CHECK(expect<CheckCommand>({"check", "conf"}).scope.config_dir == "conf");
  CHECK(expect<CheckCommand>({"check", "--config-dir", "conf", "--strict"}).strict);
  CHECK(expect<CheckCommand>({"check", "conf"}, {{"NUNCIO_CONFIG_DIR", "elsewhere"}}).scope.config_dir == "conf");
  CHECK(expect<CheckCommand>({"check"}, {{"NUNCIO_CONFIG_DIR", "elsewhere"}}).scope.config_dir == "elsewhere");
  CHECK(texts(expect<EchoOptions>({"echo"}, {{"NUNCIO_LISTEN", "127.0.0.1:1"}}).listen) == Words{"127.0.0.1:9000"});
  CHECK(texts(expect<EchoOptions>({"echo"}, {{"NUNCIO_ECHO_LISTEN", "127.0.0.1:1"}}).listen) == Words{"127.0.0.1:1"});
  CHECK(texts(expect<EchoOptions>({"echo", "--listen", ":0", "--listen", ":0"}).listen) == Words{"0.0.0.0:0", "0.0.0.0:0"});
}

TEST_CASE("options: help and version") {
  for (const Words& words :
       {Words{"--help"}, {"-h"}, {"serve", "--help"}, {"check", "--help"}, {"echo", "-h"}, {"--config-dir", "x", "--help"}}) {
    const Exit exit = expect_exit(words);
    CHECK(exit.code == 0);
    CHECK(exit.text.starts_with("Usage: nuncio "));
    CHECK(exit.text.ends_with("\n"));
    std::size_t longest = 0;
    for (std::size_t at = 0, end = 0; (end = exit.text.find('\n', at)) != std::string::npos; at = end + 1)
      longest = std::max(longest, end - at);
    CHECK(longest <= 100);
  }
  const Exit help = expect_exit({"--help"});
  for (const std::string_view part : {"--listen ADDR:PORT", "(default: 0.0.0.0:8080)", "\nLimits:\n", "NUNCIO_CONFIG_DIR", "check  "}) {
    CHECK(help.text.find(part) != std::string::npos);
  }
  CHECK(expect_exit({"--version"}).text == "nuncio " + std::string(version()) + "\n");
  CHECK(expect_exit({"--version"}).code == 0);
}

TEST_CASE("options: what is wrong is one sentence and status 2") {
  struct Case {
    Words words;
    std::string sentence;
  };
  const Case cases[] = {
      {{}, "no directory with documents is named; give --config-dir DIR or set NUNCIO_CONFIG_DIR"},
      {{"check"}, "no directory with documents is named; give --config-dir DIR or set NUNCIO_CONFIG_DIR"},
      {{"--confg-dir", "x"}, "unknown option '--confg-dir'; did you mean '--config-dir'?"},
      {{"--acess-log=off"}, "unknown option '--acess-log'; did you mean '--access-log'?"},
      {{"-listen", ":80"}, "unknown option '-listen'; did you mean '--listen'?"},
      {{"--zzzzzz"}, "unknown option '--zzzzzz'; 'nuncio serve --help' lists them"},
      {{"chek", "x"}, "unknown command 'chek'; did you mean 'check'?"},
      {{"start"}, "unknown command 'start'; there are serve, check and echo"},
      {{"--config-dir"}, "--config-dir needs a value"},
      {{"--config-dir", "--listen", ":80"}, "--config-dir: a value (DIR) is missing before '--listen'"},
      {{"--config-dir", ""}, "--config-dir: the value is empty"},
      {{"--config-dir", "a", "--config-dir", "b"}, "--config-dir is given more than once"},
      {{"--config-dir", "x", "stray"}, "unexpected argument 'stray'"},
      {{"check", "a", "b"}, "unexpected argument 'b'; one directory is enough"},
      {{"check", "a", "--config-dir", "b"}, "unexpected argument 'a' beside --config-dir"},
      {{"--workers", "0"}, "--workers: '0' is not a number from 1 to 1024"},
      {{"--workers", "-5"}, "--workers: '-5' is not a number from 1 to 1024"},
      {{"--workers", "2x"}, "--workers: '2x' is not a number from 1 to 1024"},
      {{"--drain-seconds", "99999999999999999999"}, "--drain-seconds: '99999999999999999999' is not a number from 0 to 86400"},
      {{"--log-level", "loud"}, "--log-level: 'loud' is not a level; write trace, debug, info, warning, error or off"},
      {{"--log-format", "xml"}, "--log-format: 'xml' is not a format; write text or json"},
      {{"--single-namespace=maybe"}, "--single-namespace: 'maybe' is neither true nor false"},
      {{"--listen", "tls:127.0.0.1:443"},
       "--listen: 'tls:127.0.0.1:443': TLS is not served by this version; only clear-text listeners are"},
      {{"--listen", ":80", "--listen", "0.0.0.0:80"}, "--listen: '0.0.0.0:80' is given twice"},
  };
  for (const Case& c : cases) {
    const Exit exit = expect_exit(c.words);
    CHECK(exit.code == 2);
    CHECK(exit.text == "nuncio: " + c.sentence + "\n");
  }
}

TEST_CASE("options: a bad variable is named") {
  CHECK(expect_exit({}, {{"NUNCIO_WORKERS", "many"}}).text == "nuncio: NUNCIO_WORKERS: 'many' is not a number from 1 to 1024\n");
  CHECK(expect_exit({}, {{"NUNCIO_SINGLE_NAMESPACE", "perhaps"}}).text ==
        "nuncio: NUNCIO_SINGLE_NAMESPACE: 'perhaps' is neither true nor false\n");
  CHECK(expect_exit({}, {{"NUNCIO_LISTEN", "127.0.0.1:80,nonsense"}}).code == 2);
}

TEST_CASE("options: the environment of the process, filtered") {
  const char* const variables[] = {"NUNCIO_WORKERS=2", "PATH=/bin", "AMBASSADOR_ID=a=b", "NUNCIO_BROKEN", nullptr};
  CHECK(process_environment(variables) == Environment{{"NUNCIO_WORKERS", "2"}, {"AMBASSADOR_ID", "a=b"}});
}

TEST_CASE("listen address: what is accepted") {
  struct Case {
    std::string_view text;
    std::string_view expected;
  };
  const Case cases[] = {
      {"127.0.0.1:8080", "127.0.0.1:8080"},
      {":8080", "0.0.0.0:8080"},
      {"[::1]:8080", "[::1]:8080"},
      {"[::]:0", "[::]:0"},
      {"localhost:1", "127.0.0.1:1"},
      {"0.0.0.0:65535", "0.0.0.0:65535"},
      {"unix:/run/n.sock", "unix:/run/n.sock"},
      {"unix:relative", "unix:relative"},
  };
  for (const Case& c : cases) {
    const auto address = parse_listen_address(c.text);
    REQUIRE_MESSAGE(address.has_value(), c.text);
    CHECK(address->text() == c.expected);
  }
}

TEST_CASE("listen address: what is refused, and why") {
  struct Case {
    std::string text;
    std::string_view part;
  };
  const Case cases[] = {
      {"", "has no port"},
      {"8080", "has no port"},
      {"127.0.0.1", "has no port"},
      {"[::1]", "has no port"},
      {"127.0.0.1:", "'' is not a port"},
      {"127.0.0.1:65536", "'65536' is not a port"},
      {"127.0.0.1:+80", "'+80' is not a port"},
      {"127.0.0.1:http", "'http' is not a port"},
      {"::1:8080", "stands in brackets"},
      {"example.org:80", "'example.org' is not an IP address"},
      {"256.0.0.1:80", "is not an IP address"},
      {"[127.0.0.1]:80", "is not an IP address"},
      {"[]:80", "is not an IP address"},
      {"[::g]:80", "is not an IP address"},
      {"unix:", "has no path"},
      {"unix:/" + std::string(107, 'x'), "longer than the 107 bytes"},
      {"tls::443", "TLS is not served"},
      {"http://127.0.0.1:80", "brackets"},
  };
  for (const Case& c : cases) {
    const auto address = parse_listen_address(c.text);
    REQUIRE_FALSE_MESSAGE(address.has_value(), c.text);
    CAPTURE(address.error());
    CHECK(address.error().find(c.part) != std::string::npos);
  }
}

TEST_CASE("cpu quota: control groups of both versions") {
  struct Case {
    std::string name;
    std::vector<std::pair<std::string, std::string>> files;
    unsigned expected;
  };
  const Case cases[] = {
      {"nothing to read", {}, 0},
      {"v2 without a quota", {{"proc/self/cgroup", "0::/\n"}, {"sys/fs/cgroup/cpu.max", "max 100000\n"}}, 0},
      {"v2, two and a half", {{"proc/self/cgroup", "0::/\n"}, {"sys/fs/cgroup/cpu.max", "250000 100000\n"}}, 3},
      {"v2, a part of one", {{"proc/self/cgroup", "0::/\n"}, {"sys/fs/cgroup/cpu.max", "20000 100000\n"}}, 1},
      {"v2, the parent is smaller",
       {{"proc/self/cgroup", "0::/a/b\n"},
        {"sys/fs/cgroup/a/cpu.max", "200000 100000\n"},
        {"sys/fs/cgroup/a/b/cpu.max", "400000 100000\n"}},
       2},
      {"v2 beside v1", {{"proc/self/cgroup", "1:name=systemd:/\n0::/x\n"}, {"sys/fs/cgroup/unified/x/cpu.max", "300000 100000\n"}}, 3},
      {"v1 without a quota",
       {{"proc/self/cgroup", "4:cpu,cpuacct:/\n"},
        {"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n"},
        {"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"}},
       0},
      {"v1, seen from the container",
       {{"proc/self/cgroup", "4:cpu,cpuacct:/docker/0123\n"},
        {"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "150000\n"},
        {"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"}},
       2},
      {"v1, mounted under its own name",
       {{"proc/self/cgroup", "3:cpuacct:/\n4:cpuacct,cpu:/g\n"},
        {"sys/fs/cgroup/cpu/g/cpu.cfs_quota_us", "400000\n"},
        {"sys/fs/cgroup/cpu/g/cpu.cfs_period_us", "100000\n"}},
       4},
      {"cpuset is not cpu",
       {{"proc/self/cgroup", "3:cpuset:/\n"},
        {"sys/fs/cgroup/cpuset/cpu.cfs_quota_us", "100000\n"},
        {"sys/fs/cgroup/cpuset/cpu.cfs_period_us", "100000\n"}},
       0},
      {"nonsense", {{"proc/self/cgroup", "0::/\nrubbish\n:\n"}, {"sys/fs/cgroup/cpu.max", "x y\n"}}, 0},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    const Root root(c.files);
    CHECK(cgroup_cpus(root.path()) == c.expected);
    CHECK(available_cpus(root.path()) >= 1);
    if (c.expected > 0) CHECK(available_cpus(root.path()) <= c.expected);
  }
}
