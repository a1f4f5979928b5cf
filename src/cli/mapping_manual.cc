// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors

#include "cli/mapping_manual.h"

#include <algorithm>
#include <iostream>
#include <limits>
#include <vector>

#include "config/file.h"
#include "config/schema.h"
#include "config/words.h"

namespace nuncio::cli {

namespace {

using config::Effect;
using config::Field;
using config::Kind;
using config::Type;

constexpr std::size_t kLineWidth = 78;

// Text lines of mdoc: a sentence begins on a new line, no line is long, nothing is taken for a macro.
class TextLines {
 public:
  void write(std::string_view text) {
    for (const std::string_view word : config::split_at(text, ' ')) {
      put(word);
      if (word.ends_with('.')) end_line();
    }
    end_line();
  }
  std::string& out() { return out_; }

 private:
  void put(std::string_view word) {
    if (!line_.empty() && line_.size() + 1 + word.size() > kLineWidth) end_line();
    if (!line_.empty()) line_ += ' ';
    if (line_.empty() && (word.starts_with('.') || word.starts_with('\''))) line_ += "\\&";
    for (const char c : word) {
      if (c == '\\') {
        line_ += "\\e";
      } else {
        line_ += c;
      }
    }
  }

  void end_line() {
    if (!line_.empty()) out_ += line_ + '\n';
    line_.clear();
  }

  std::string out_;
  std::string line_;
};

std::string range_of(const Field& field) {
  const bool bounded_below = field.least != std::numeric_limits<std::int32_t>::min();
  const bool bounded_above = field.most != std::numeric_limits<std::int32_t>::max();
  if (!bounded_below) return {};
  if (!bounded_above) return ", at least " + std::to_string(field.least);
  return ", " + std::to_string(field.least) + " to " + std::to_string(field.most);
}

std::string words_of(const Field& field) {
  std::string out;
  for (const std::string_view word : config::split_at(field.words, ' ')) out += (out.empty() ? "" : ", ") + std::string(word);
  return "one of " + out;
}

std::string type_of(const Field& field) {
  switch (field.type) {
    case Type::text:
    case Type::lines:
    case Type::service:
      return "text";
    case Type::word:
      return words_of(field);
    case Type::flag:
      return "true or false";
    case Type::integer:
      return "whole number" + range_of(field);
    case Type::number:
      return "number";
    case Type::duration:
      return "duration such as 250ms";
    case Type::texts:
    case Type::comma_texts:
      return "list of texts";
    case Type::text_map:
      return "mapping of names to texts";
    case Type::match_map:
      return "mapping of names to texts or true";
    case Type::field_map:
      return "mapping of field names to values";
    case Type::flag_or_text:
      return "true, false or a name";
    case Type::object:
      return "mapping";
    case Type::objects:
      return "list of mappings";
    case Type::object_map:
      return "mapping of names to mappings";
    case Type::any:
      return "any value";
  }
  return {};
}

std::string_view effect_of(const Field& field) {
  switch (field.effect) {
    case Effect::unserved:
      return "Not served by this version: it has no effect.";
    case Effect::left_out:
      return "Not served by this version: a document that uses it is left out.";
    case Effect::unusable:
      return "Not served by this version: a Mapping that uses it answers 503.";
    case Effect::closed:
      return "Not served by this version.";
    case Effect::noted:
      return "It has no effect.";
    case Effect::refused:
      return "It is not supported, and an error.";
    case Effect::served:
    case Effect::unused:
      return "";
  }
  return "";
}

std::string members_of(const Field& field) {
  if (field.effect != Effect::served || field.members.empty()) return {};
  std::string out = "Members:";
  for (const Field& member : field.members) out += (out.ends_with(':') ? " " : ", ") + std::string(member.name);
  return out + '.';
}

void append_field(std::string& out, const Field& field) {
  out += ".It Ic " + std::string(field.name) + '\n';
  std::string kind = type_of(field);
  kind[0] = static_cast<char>(kind[0] - 'a' + 'A');
  TextLines text;
  text.write(kind + (field.required ? ", required." : "."));
  text.write(field.sentence);
  text.write(members_of(field));
  if (!field.fallback.empty()) text.write("Default: " + std::string(field.fallback) + '.');
  text.write(effect_of(field));
  out += text.out();
}

std::string field_list(std::span<const Field> fields) {
  std::string out = ".Bl -tag -width Ds\n";
  std::string silent;
  for (const Field& field : fields) {
    if (!field.sentence.empty()) {
      append_field(out, field);
    } else {
      silent += (silent.empty() ? "" : ", ") + std::string(field.name);
    }
  }
  out += ".El\n";
  if (silent.empty()) return out;
  TextLines text;
  text.write("Accepted without an effect: " + silent + '.');
  return out + ".Pp\n" + text.out();
}

std::string kind_list() {
  std::string out = ".Bl -tag -width Ds\n";
  for (const Kind& kind : config::kinds()) {
    if (kind.effect == Effect::served || kind.sentence.empty()) continue;
    out += ".It " + std::string(kind.name) + '\n';
    const bool unserved = kind.effect == Effect::unserved || kind.effect == Effect::closed;
    TextLines text;
    text.write((unserved ? "Not served by this version: " : "Has no effect: ") + std::string(kind.sentence) + '.');
    out += text.out();
  }
  return out + ".El\n";
}

// the list that takes the place of a line, or the line
std::string replaced(std::string_view line) {
  if (line == ".\\\" @COMMON@") return field_list(config::common_fields());
  if (line == ".\\\" @MAPPING@") return field_list(config::mapping_fields());
  if (line == ".\\\" @MODULE@") return field_list(config::module_fields());
  if (line == ".\\\" @KINDS@") return kind_list();
  return std::string(line) + '\n';
}

}  // namespace

std::string mapping_manual(std::string_view page) {
  std::string out;
  while (!page.empty()) {
    const std::size_t end = std::min(page.find('\n'), page.size());
    out += replaced(page.substr(0, end));
    page.remove_prefix(std::min(end + 1, page.size()));
  }
  return out;
}

int run_mapping_manual(const std::filesystem::path& page) {
  const auto text = config::read_file(page);
  if (!text) {
    std::cerr << "nuncio: " << page.string() << ": " << text.error().message << '\n';
    return 2;
  }
  std::cout << mapping_manual(*text);
  return 0;
}

}  // namespace nuncio::cli
