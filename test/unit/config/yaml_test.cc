// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "config/yaml.h"

#include <doctest/doctest.h>

#include <string>

namespace nuncio::config {
namespace {

std::string repeated(const char* text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

std::string broken(const ParsedYaml& parsed) {
  return parsed.broken ? parsed.broken->message : std::string();
}

TEST_CASE("nodes have kinds, texts and places") {
  const ParsedYaml parsed = parse_yaml("a: 1\nb:\n- x\n- 'y'\nc:\n  d: |\n    e\n");
  REQUIRE(parsed.root);
  const Node& root = *parsed.root;
  REQUIRE(root.is_mapping());
  CHECK(root.find("a")->text == "1");
  CHECK(root.find("a")->plain);
  CHECK(root.find("a")->line == 1);
  CHECK(root.find("a")->column == 4);
  const Node* list = root.find("b");
  REQUIRE(list->is_sequence());
  CHECK(list->children[1].text == "y");
  CHECK_FALSE(list->children[1].plain);
  CHECK(list->children[1].line == 4);
  CHECK(list->children[1].column == 3);
  CHECK(root.find("c")->find("d")->literal);
  CHECK(root.find("c")->find("d")->text == "e\n");
  CHECK(root.find("nothing") == nullptr);
}

TEST_CASE("only plain words are null") {
  const ParsedYaml list = parse_yaml("[~, null, '', 'null', NULL]");
  REQUIRE(list.root);
  const bool expected[] = {true, true, false, false, true};
  for (std::size_t i = 0; i < 5; ++i) CHECK(list.root->children[i].is_null() == expected[i]);
}

TEST_CASE("of equal keys the last counts, and each other one is reported") {
  const ParsedYaml parsed = parse_yaml("a: 1\nb: 2\na: 3\na: 4\n");
  REQUIRE(parsed.root);
  CHECK(parsed.root->children.size() == 4);
  CHECK(parsed.root->find("a")->text == "4");
  REQUIRE(parsed.duplicates.size() == 2);
  CHECK(parsed.duplicates[0].line == 3);
  CHECK(parsed.duplicates[1].line == 4);
}

TEST_CASE("many keys, all different") {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "k" + std::to_string(i) + ": v\n";
  const ParsedYaml parsed = parse_yaml(text);
  REQUIRE(parsed.root);
  CHECK(parsed.duplicates.empty());
  CHECK(parsed.root->children.size() == 2000);
}

TEST_CASE("aliases and merges are copied in place") {
  const ParsedYaml parsed = parse_yaml("base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\nlist: [*b]\n");
  REQUIRE(parsed.root);
  const Node* use = parsed.root->find("use");
  CHECK(use->find("x")->text == "1");
  CHECK(use->find("y")->text == "3");
  CHECK(use->find("<<") == nullptr);
  CHECK(parsed.root->find("list")->children[0].find("y")->text == "2");
  CHECK(parsed.root->find("list")->children[0].line == 5);
}

TEST_CASE("what cannot be read says why and where") {
  struct Case {
    std::string text;
    const char* message;
    int line;
  };
  const Case cases[] = {
      {"a: [1\nb: 2\n", "cannot be read as YAML", 2},
      {"a:\n\t- b\n", "cannot be read as YAML", 2},
      {"a: 1\nb: \x01\n", "control character", 2},
      {std::string("a: 1\nb: \0\n", 10), "NUL", 2},
      {"a: 1\n\nb: \xff\n", "UTF-8", 3},
      {"a: *b\n", "names no anchor", 1},
      {"a: &a [*a]\n", "names no anchor", 1},
      {"a: !thing b\n", "tag", 1},
      {"[a]: b\n", "a key must be a text", 1},
      {"a: 1\n---\nb: 2\n", "second document", 2},
      {"<<: text\n", "'<<'", 1},
  };
  for (const Case& entry : cases) {
    CAPTURE(std::string(entry.text));
    const ParsedYaml parsed = parse_yaml(entry.text);
    CHECK_FALSE(parsed.root);
    REQUIRE(parsed.broken);
    CHECK(broken(parsed).find(entry.message) != std::string::npos);
    CHECK(parsed.broken->line == entry.line);
  }
  CHECK(parse_yaml("a:\n\t- b\n").broken->hint.find("tabs") != std::string::npos);
}

TEST_CASE("nothing is not an error") {
  for (const char* text : {"", "\n\n", "# comment\n", "---\n"}) {
    CAPTURE(std::string(text));
    const ParsedYaml parsed = parse_yaml(text);
    CHECK_FALSE(parsed.broken);
    CHECK((!parsed.root || parsed.root->is_null()));
  }
}

TEST_CASE("depth is bounded, whatever the style") {
  CHECK(parse_yaml(repeated("[", 60) + repeated("]", 60)).root);
  for (const std::string& text :
       {repeated("[", 100) + repeated("]", 100), repeated("[", 200'000), repeated("{a: ", 5000), repeated("- ", 5000) + "x"}) {
    CHECK(broken(parse_yaml(text)).find("nested deeper") != std::string::npos);
  }
  std::string block;
  for (int i = 0; i < 500; ++i) block += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  CHECK(broken(parse_yaml(block)).find("nested deeper") != std::string::npos);
}

TEST_CASE("depth that aliases bring counts, too") {
  std::string text = "a0: &a0 [x]\n";
  for (int i = 1; i < 100; ++i) {
    const std::string name = "a" + std::to_string(i);
    text += name + ": &" + name + " [*a" + std::to_string(i - 1) + "]\n";
  }
  CHECK(broken(parse_yaml(text)).find("nested deeper") != std::string::npos);
}

TEST_CASE("expansion of aliases is bounded") {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 20; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 0; j < 8; ++j) text += ", " + before;
    text += "]\n";
  }
  CHECK(broken(parse_yaml(text)).find("aliases expand") != std::string::npos);
}

TEST_CASE("the number of values is bounded") {
  YamlLimits limits;
  limits.nodes = 100;
  CHECK(parse_yaml("[" + repeated("x, ", 90) + "]", limits).root);
  CHECK(broken(parse_yaml("[" + repeated("x, ", 200) + "]", limits)).find("more than 100 values") != std::string::npos);
}

TEST_CASE("JSON is read as well") {
  const ParsedYaml parsed = parse_yaml("{\n\t\"kind\":\"Mapping\",\"list\":[1,true,null],\"text\":\"a\\u00e9\\/b\"\n}\n");
  REQUIRE(parsed.root);
  CHECK(parsed.root->find("kind")->text == "Mapping");
  CHECK(parsed.root->find("list")->children[2].is_null());
  CHECK(parsed.root->find("text")->text == "a\xc3\xa9/b");
}

}  // namespace
}  // namespace nuncio::config
