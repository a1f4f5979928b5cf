// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Directories: which files are read, what a reload shares with the generation before, and what only all documents together tell.
#include "config/load.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "reading.h"

namespace nuncio::config {
namespace {

namespace fs = std::filesystem;

class Directory {
 public:
  Directory() {
    std::string pattern = (fs::temp_directory_path() / "nuncio-load-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()));
    path_ = pattern;
  }
  ~Directory() { fs::remove_all(path_); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  void write(const std::string& name, const std::string& text) const { std::ofstream(path_ / name, std::ios::binary) << text; }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::string mapping(const std::string& name, const std::string& more = {}) {
  return "---\napiVersion: getambassador.io/v2\nkind: Mapping\nname: " + name + "\nprefix: /" + name + "/\nservice: web\n" + more;
}

std::vector<std::string> names(const Configuration& configuration) {
  std::vector<std::string> out;
  for (const auto& entry : configuration.mappings) out.push_back(entry->id.name);
  return out;
}

using Names = std::vector<std::string>;

TEST_CASE("files by their names, in the order of bytes") {
  const Directory directory;
  for (const char* name : {"b.yaml", "a.yml", "C.JSON", "d.Yaml", ".e.yaml", "f.yaml~", "g.txt", "h", "i.yaml.bak", ".yaml"}) {
    directory.write(name, mapping(std::string(1, name[0] == '.' ? 'x' : name[0])));
  }
  Loader loader({});
  const Configuration configuration = loader.load(directory.path());
  CHECK(loader.readable());
  CHECK(names(configuration) == Names{"C", "a", "b", "d"});
  CHECK(configuration.diagnostics.empty());
  CHECK(configuration.documents.size() == 4);
  CHECK(configuration.mappings[0]->place.text() == "C.JSON:2:1");
}

TEST_CASE("what is not a regular file neither blocks nor hurts") {
  const Directory directory;
  const Directory elsewhere;
  directory.write("a.yaml", mapping("a"));
  elsewhere.write("target", mapping("l"));
  fs::create_symlink(elsewhere.path() / "target", directory.path() / "link.yaml");
  fs::create_symlink("nowhere.yaml", directory.path() / "broken.yaml");
  fs::create_symlink("loop.yaml", directory.path() / "loop.yaml");
  fs::create_symlink("/dev/zero", directory.path() / "zero.yaml");
  fs::create_directory(directory.path() / "sub.yaml");
  REQUIRE(::mkfifo((directory.path() / "fifo.yaml").c_str(), 0600) == 0);
  const int server = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (directory.path() / "s.yaml").string().copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(::bind(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  Loader loader({});
  const Configuration configuration = loader.load(directory.path());
  ::close(server);
  CHECK(names(configuration) == Names{"a", "l"});
  CHECK(configuration.diagnostics.errors() == 2);
  const std::string said = joined(configuration.diagnostics);
  CHECK(contains(said, "broken.yaml: error: cannot be read"));
  CHECK(contains(said, "loop.yaml: error: cannot be read"));
  for (const char* name : {"zero.yaml", "sub.yaml", "fifo.yaml", "s.yaml"}) {
    CHECK(contains(said, std::string(name) + ": notice: is not a regular file"));
  }
}

TEST_CASE("encodings") {
  const Directory directory;
  directory.write("a.yaml", "\xef\xbb\xbf" + mapping("a"));
  directory.write("b.yaml", std::string("\xff\xfe"
                                        "a\0",
                                        4));
  directory.write("c.yaml", mapping("c") + mapping("bad", "host_rewrite: \xff\n") + mapping("d"));
  directory.write("empty.yaml", "");
  Loader loader({});
  const Configuration configuration = loader.load(directory.path());
  CHECK(names(configuration) == Names{"a", "c", "d"});
  CHECK(configuration.diagnostics.errors() == 2);
  CHECK(contains(joined(configuration.diagnostics), "b.yaml: error: is UTF-16"));
  CHECK(contains(joined(configuration.diagnostics), "c.yaml:13:15: error: is not valid UTF-8"));
}

TEST_CASE("a directory that cannot be read") {
  Loader loader({});
  const Configuration configuration = loader.load("/no/such/directory");
  CHECK_FALSE(loader.readable());
  CHECK(configuration.mappings.empty());
  CHECK(configuration.diagnostics.errors() == 1);
}

TEST_CASE("single files") {
  const Directory directory;
  directory.write("one.txt", mapping("a"));
  Loader loader({});
  const fs::path file = directory.path() / "one.txt";
  CHECK(names(loader.load_files({file, file})) == Names{"a"});
  CHECK(loader.load_files({directory.path() / "absent.yaml"}).diagnostics.errors() == 1);
}

TEST_CASE("a reload shares what did not change") {
  const Directory directory;
  directory.write("a.yaml", mapping("a") + mapping("b") + mapping("c"));
  directory.write("z.yaml", mapping("z", "odd: 1\n"));
  Loader loader({});
  const Configuration first = loader.load(directory.path());
  REQUIRE(names(first) == Names{"a", "b", "c", "z"});

  const Configuration same = loader.load(directory.path());
  for (std::size_t i = 0; i < 4; ++i) CHECK(same.mappings[i] == first.mappings[i]);
  CHECK(lines_of(same.diagnostics) == lines_of(first.diagnostics));

  directory.write("a.yaml", mapping("a") + mapping("b", "rewrite: /x/\n") + mapping("c"));
  const Configuration edited = loader.load(directory.path());
  REQUIRE(names(edited) == Names{"a", "b", "c", "z"});
  CHECK(edited.mappings[0] == first.mappings[0]);
  CHECK(edited.mappings[1]->rewrite == "/x/");
  CHECK(edited.mappings[3] == first.mappings[3]);
  CHECK(edited.mappings[2]->place.line == first.mappings[2]->place.line + 1);
  CHECK(edited.mappings[2]->prefix == "/c/");

  fs::remove(directory.path() / "a.yaml");
  CHECK(names(loader.load(directory.path())) == Names{"z"});
}

TEST_CASE("an incremental load gives the same as a fresh one") {
  const Directory directory;
  const std::string service =
      "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: s\n  annotations:\n    getambassador.io/config: |\n"
      "      apiVersion: ambassador/v0\n      kind: Mapping\n      name: inner\n      prefix: /inner/\n      service: a\n      odd: 1\n";
  directory.write("a.yaml", mapping("a", "odd: 1\n") + service + "---\nbroken: [\n" + mapping("z", "timeout_ms: x\n"));
  Loader loader({});
  loader.load(directory.path());
  directory.write(
      "a.yaml", "# more\n\n" + mapping("new") + mapping("a", "odd: 1\n") + service + "---\nbroken: [\n" + mapping("z", "timeout_ms: x\n"));
  const Configuration again = loader.load(directory.path());
  Loader other({});
  const Configuration fresh = other.load(directory.path());
  CHECK(lines_of(again.diagnostics) == lines_of(fresh.diagnostics));
  CHECK(again.diagnostics.entries().size() == 5);
  REQUIRE(names(again) == names(fresh));
  for (std::size_t i = 0; i < fresh.mappings.size(); ++i) CHECK(again.mappings[i]->place.text() == fresh.mappings[i]->place.text());
  for (std::size_t i = 0; i < fresh.documents.size(); ++i) {
    CHECK(again.documents[i].place.text() == fresh.documents[i].place.text());
    CHECK(again.documents[i].place.index == fresh.documents[i].place.index);
  }
}

TEST_CASE("a name belongs to the first that can be used") {
  const Directory directory;
  directory.write("a.yaml", mapping("m", "timeout_ms: x\n"));
  directory.write("b.yaml", mapping("m") + mapping("m", "# the same\n") + mapping("m", "namespace: shop\n"));
  directory.write("c.yaml", mapping("m", "rewrite: /x/\n"));
  Loader loader({});
  const Configuration configuration = loader.load(directory.path());
  CHECK(names(configuration) == Names{"m", "m"});
  CHECK(configuration.mappings[0]->place.text() == "b.yaml:2:1");
  CHECK(configuration.mappings[1]->id.ns == "shop");
  const std::string said = joined(configuration.diagnostics);
  CHECK(contains(said, "b.yaml:8:1: notice: Mapping m: stands a second time, with equal content; the first is at b.yaml:2:1"));
  CHECK(contains(said, "c.yaml:2:1: error: Mapping m: the name is taken by Mapping m at b.yaml:2:1, which stays"));
  const model::Fate expected[] = {model::Fate::rejected, model::Fate::applied, model::Fate::rejected, model::Fate::applied,
                                  model::Fate::rejected};
  REQUIRE(configuration.documents.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) CHECK(configuration.documents[i].fate == expected[i]);
}

std::string module_text(const std::string& ns, const std::string& config) {
  return "---\napiVersion: getambassador.io/v2\nkind: Module\nname: ambassador\nnamespace: " + ns + "\nconfig: {" + config + "}\n";
}

TEST_CASE("the Module of the own namespace counts, and every policy stays in force") {
  const Directory directory;
  directory.write("a.yaml", module_text("other", "server_name: first, ip_deny: []") + module_text("default", "server_name: own"));
  Loader loader({});
  const Configuration configuration = loader.load(directory.path());
  CHECK(configuration.module.server_name == "own");
  CHECK(configuration.module.unserved_policy == "ip_deny");
  CHECK(contains(joined(configuration.diagnostics),
                 "a.yaml:2:1: notice: Module ambassador (other): is ignored: the Module at a.yaml:8:1 counts"));
}

TEST_CASE("a key of the Module changes the names of services, in both directions") {
  const Directory directory;
  directory.write("m.yaml", mapping("a", "namespace: shop\n"));
  Loader loader({});
  CHECK(loader.load(directory.path()).mappings[0]->service.names == Names{"web.shop", "web"});
  directory.write("z.yaml", module_text("default", "use_ambassador_namespace_for_service_resolution: true"));
  const Configuration bare = loader.load(directory.path());
  CHECK(bare.mappings[0]->service.names == Names{"web"});
  CHECK(loader.load(directory.path()).mappings[0] == bare.mappings[0]);
  fs::remove(directory.path() / "z.yaml");
  CHECK(loader.load(directory.path()).mappings[0]->service.names == Names{"web.shop", "web"});
}

TEST_CASE("authentication that is demanded fails closed, also when its document is broken") {
  const std::string head = "---\napiVersion: getambassador.io/v2\nkind: AuthService\nname: auth\n";
  struct Case {
    std::string text;
    bool expected;
  };
  const Case cases[] = {
      {mapping("a"), false},
      {head + "auth_service: auth\n", true},
      {head + "auth_servic: auth\n", true},
      {head + "auth_service: auth\nambassador_id: other\n", false},
      {"kind: AuthService\n", true},
      {"---\napiVersion: ambassador/v0\nkind: Module\nname: authentication\nconfig: {auth_service: a}\n", true},
  };
  for (const Case& entry : cases) {
    CAPTURE(entry.text);
    const Directory directory;
    directory.write("a.yaml", entry.text);
    Loader loader({});
    CHECK(loader.load(directory.path()).protected_by_auth == entry.expected);
  }
}

TEST_CASE("client certificates that are demanded close every route") {
  const Directory directory;
  directory.write(
      "a.yaml", mapping("a") + "---\napiVersion: ambassador/v1\nkind: TLSContext\nname: t\nhosts: ['*']\nsecret: a\ncert_required: true\n");
  Loader loader({});
  const Configuration configuration = loader.load(directory.path());
  CHECK(configuration.module.unserved_policy == "cert_required");
  CHECK(contains(joined(configuration.diagnostics), "all routes answer 500"));
}

TEST_CASE("resolvers") {
  const Directory directory;
  directory.write("a.yaml", mapping("known", "resolver: mine\n") + mapping("consul", "resolver: c\n") +
                                mapping("absent", "resolver: none\n") +
                                "---\napiVersion: ambassador/v1\nkind: KubernetesEndpointResolver\nname: mine\n"
                                "---\napiVersion: ambassador/v1\nkind: ConsulResolver\nname: c\naddress: a\ndatacenter: b\n");
  Loader loader({});
  const Configuration configuration = loader.load(directory.path());
  REQUIRE(names(configuration) == Names{"known", "consul", "absent"});
  CHECK(configuration.mappings[0]->service.usable);
  CHECK_FALSE(configuration.mappings[1]->service.usable);
  CHECK_FALSE(configuration.mappings[2]->service.usable);
  CHECK(configuration.diagnostics.errors() == 0);
}

TEST_CASE("old versions are named once in a file") {
  const Directory directory;
  const std::string old = "---\napiVersion: ambassador/v0\nkind: Mapping\nprefix: /\nservice: a\nname: ";
  directory.write("a.yaml", old + "a\n" + old + "b\n" + old + "c\n");
  directory.write("b.yaml", old + "d\n");
  Loader loader({});
  const auto lines = lines_of(loader.load(directory.path()).diagnostics);
  REQUIRE(lines.size() == 2);
  CHECK(contains(lines[0], "a.yaml:2:1: notice: Mapping a: apiVersion v0 is deprecated, but works (3 documents of this file)"));
  CHECK(contains(lines[1], "b.yaml:2:1: notice: Mapping d: apiVersion v0 is deprecated, but works;"));
}

}  // namespace
}  // namespace nuncio::config
