// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors

#include "config/yaml.h"

#include <yaml.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace nuncio::config {

namespace {

constexpr std::string_view kCoreTag = "tag:yaml.org,2002:";

std::string_view view(const yaml_char_t* text) {
  return text ? reinterpret_cast<const char*>(text) : std::string_view();
}

YamlFinding finding(const yaml_mark_t& mark, std::string message, std::string hint = {}) {
  return {static_cast<int>(mark.line) + 1, static_cast<int>(mark.column) + 1, std::move(message), std::move(hint)};
}

std::size_t count_nodes(const Node& node) {
  std::size_t total = 1;
  for (const Node& child : node.children) total += count_nodes(child);
  return total;
}

std::size_t depth_of(const Node& node) {
  std::size_t deepest = 0;
  for (const Node& child : node.children) deepest = std::max(deepest, depth_of(child));
  return deepest + 1;
}

// Keeps the last of equal keys, in its place, and reports it.
void drop_duplicates(Node& mapping, std::vector<YamlFinding>& duplicates) {
  std::map<std::string_view, std::size_t> last;
  const std::size_t size = mapping.children.size();
  for (std::size_t i = 0; i < size; i += 2) {
    const Node& key = mapping.children[i];
    const bool fresh = last.insert_or_assign(key.text, i).second;
    if (!fresh) duplicates.push_back({key.line, key.column, "the key '" + key.text + "' stands here a second time", "the last one counts"});
  }
  if (last.size() * 2 == size) return;
  std::set<std::size_t> wanted;
  for (const auto& entry : last) wanted.insert(entry.second);
  std::vector<Node> kept;
  for (const std::size_t i : wanted) {
    kept.push_back(std::move(mapping.children[i]));
    kept.push_back(std::move(mapping.children[i + 1]));
  }
  mapping.children = std::move(kept);
}

// A frequent case without any allocation: few keys, all different.
bool has_duplicates(const Node& mapping) {
  const auto& children = mapping.children;
  if (children.size() > 64) return true;
  for (std::size_t i = 0; i < children.size(); i += 2) {
    for (std::size_t j = 0; j < i; j += 2) {
      if (children[i].text == children[j].text) return true;
    }
  }
  return false;
}

void add_missing(Node& mapping, const Node& source) {
  for (std::size_t i = 0; i + 1 < source.children.size(); i += 2) {
    if (mapping.find(source.children[i].text)) continue;
    mapping.children.push_back(source.children[i]);
    mapping.children.push_back(source.children[i + 1]);
  }
}

// The merge key of YAML 1.1: what the mapping says itself counts more than what it merges.
bool merge(Node& mapping) {
  for (std::size_t i = 0; i + 1 < mapping.children.size(); i += 2) {
    if (!mapping.children[i].plain || mapping.children[i].text != "<<") continue;
    const Node value = std::move(mapping.children[i + 1]);
    const auto at = mapping.children.begin() + static_cast<std::ptrdiff_t>(i);
    mapping.children.erase(at, at + 2);
    if (value.is_mapping()) {
      add_missing(mapping, value);
      return true;
    }
    if (!value.is_sequence()) return false;
    for (const Node& source : value.children) {
      if (!source.is_mapping()) return false;
      add_missing(mapping, source);
    }
    return true;
  }
  return true;
}

class Builder {
 public:
  explicit Builder(const YamlLimits& limits) : limits_(limits) {}

  // false: stop, result().broken says why
  bool take(const yaml_event_t& event) {
    switch (event.type) {
      case YAML_DOCUMENT_START_EVENT:
        if (documents_++ > 0) return fail(event, "a second document begins here without a line '---'");
        return true;
      case YAML_SCALAR_EVENT:
        return scalar(event);
      case YAML_ALIAS_EVENT:
        return alias(event);
      case YAML_SEQUENCE_START_EVENT:
        return open(event, Node::Kind::sequence, event.data.sequence_start.anchor, event.data.sequence_start.tag);
      case YAML_MAPPING_START_EVENT:
        return open(event, Node::Kind::mapping, event.data.mapping_start.anchor, event.data.mapping_start.tag);
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT:
        return close(event);
      default:
        return true;
    }
  }

  ParsedYaml& result() { return result_; }

 private:
  struct Frame {
    Node node;
    std::string anchor;
  };

  bool fail(const yaml_event_t& event, std::string message, std::string hint = {}) {
    result_.broken = finding(event.start_mark, std::move(message), std::move(hint));
    return false;
  }

  bool known_tag(const yaml_event_t& event, const yaml_char_t* tag) {
    const std::string_view name = view(tag);
    if (name.empty() || name == "!" || name.starts_with(kCoreTag)) return true;
    return fail(event, "the tag '" + std::string(name) + "' is not known", "remove it");
  }

  bool scalar(const yaml_event_t& event) {
    const auto& data = event.data.scalar;
    if (!known_tag(event, data.tag)) return false;
    Node node;
    node.line = static_cast<int>(event.start_mark.line) + 1;
    node.column = static_cast<int>(event.start_mark.column) + 1;
    node.plain = data.style == YAML_PLAIN_SCALAR_STYLE && data.plain_implicit;
    node.literal = data.style == YAML_LITERAL_SCALAR_STYLE;
    node.text.assign(reinterpret_cast<const char*>(data.value), data.length);
    return add(event, std::move(node), std::string(view(data.anchor)));
  }

  bool alias(const yaml_event_t& event) {
    const std::string name(view(event.data.alias.anchor));
    const auto found = anchors_.find(name);
    if (found == anchors_.end()) return fail(event, "the alias '*" + name + "' names no anchor before it");
    const std::size_t size = count_nodes(found->second);
    expanded_ += size;
    if (expanded_ > limits_.expanded) return fail(event, "aliases expand to more than " + std::to_string(limits_.expanded) + " values");
    if (stack_.size() + depth_of(found->second) > limits_.depth) return too_deep(event);
    nodes_ += size - 1;
    Node copy = found->second;
    copy.line = static_cast<int>(event.start_mark.line) + 1;
    copy.column = static_cast<int>(event.start_mark.column) + 1;
    return add(event, std::move(copy), {});
  }

  bool too_deep(const yaml_event_t& event) {
    return fail(event, "the document is nested deeper than " + std::to_string(limits_.depth) + " levels");
  }

  bool open(const yaml_event_t& event, Node::Kind kind, const yaml_char_t* anchor, const yaml_char_t* tag) {
    if (!known_tag(event, tag)) return false;
    if (stack_.size() + 1 > limits_.depth) return too_deep(event);
    Frame frame;
    frame.node.kind = kind;
    frame.node.line = static_cast<int>(event.start_mark.line) + 1;
    frame.node.column = static_cast<int>(event.start_mark.column) + 1;
    frame.anchor = view(anchor);
    stack_.push_back(std::move(frame));
    return true;
  }

  bool close(const yaml_event_t& event) {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    if (frame.node.is_mapping()) {
      if (has_duplicates(frame.node)) drop_duplicates(frame.node, result_.duplicates);
      if (!merge(frame.node)) {
        result_.broken = {frame.node.line, frame.node.column, "the value of '<<' must be a mapping or a list of mappings", {}};
        return false;
      }
    }
    return add(event, std::move(frame.node), std::move(frame.anchor));
  }

  bool add(const yaml_event_t& event, Node node, std::string anchor) {
    if (++nodes_ > limits_.nodes) return fail(event, "the document holds more than " + std::to_string(limits_.nodes) + " values");
    if (!anchor.empty()) anchors_[std::move(anchor)] = node;
    if (stack_.empty()) {
      result_.root = std::move(node);
      return true;
    }
    Node& parent = stack_.back().node;
    const bool is_key = parent.is_mapping() && parent.children.size() % 2 == 0;
    if (is_key && !node.is_scalar()) return fail(event, "a key must be a text, not a list or a mapping");
    parent.children.push_back(std::move(node));
    return true;
  }

  YamlLimits limits_;
  std::vector<Frame> stack_;
  std::map<std::string, Node> anchors_;
  ParsedYaml result_;
  std::size_t nodes_ = 0;
  std::size_t expanded_ = 0;
  int documents_ = 0;
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {
    ready_ = yaml_parser_initialize(&parser_) != 0;
    if (!ready_) return;
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  ~Parser() {
    if (ready_) yaml_parser_delete(&parser_);
  }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  bool ready() const { return ready_; }
  bool next(yaml_event_t& event) { return yaml_parser_parse(&parser_, &event) != 0; }

  YamlFinding problem() const {
    if (parser_.error == YAML_READER_ERROR) return reader_problem();
    std::string message = "cannot be read as YAML";
    if (parser_.problem) message += std::string(": ") + parser_.problem;
    if (parser_.context) message += std::string(", ") + parser_.context;
    return finding(parser_.problem_mark, std::move(message), hint());
  }

 private:
  YamlFinding reader_problem() const {
    const std::string_view before = text_.substr(0, std::min(parser_.problem_offset, text_.size()));
    const std::size_t break_at = before.rfind('\n');
    YamlFinding out;
    out.line = static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1;
    out.column = static_cast<int>(before.size() - (break_at == std::string_view::npos ? 0 : break_at + 1)) + 1;
    const std::string_view problem = parser_.problem ? parser_.problem : "";
    if (problem.find("control characters") != std::string_view::npos) {
      out.message = parser_.problem_value == 0 ? "holds a NUL byte" : "holds a control character";
      out.hint = "remove it";
    } else {
      out.message = "is not valid UTF-8";
      out.hint = "save the file as UTF-8";
    }
    return out;
  }

  std::string hint() const {
    const std::size_t at = parser_.problem_mark.index;
    const bool tab = at < text_.size() && text_[at] == '\t';
    return tab ? "indent with blanks, not with tabs" : std::string();
  }

  std::string_view text_;
  yaml_parser_t parser_{};
  bool ready_ = false;
};

}  // namespace

bool Node::is_null() const {
  if (kind != Kind::scalar || !plain) return false;
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

const Node* Node::find(std::string_view key) const {
  if (kind != Kind::mapping) return nullptr;
  for (std::size_t i = 0; i + 1 < children.size(); i += 2) {
    if (children[i].text == key) return &children[i + 1];
  }
  return nullptr;
}

ParsedYaml parse_yaml(std::string_view text, const YamlLimits& limits) {
  Builder builder(limits);
  Parser parser(text);
  bool more = parser.ready();
  while (more) {
    yaml_event_t event;
    if (!parser.next(event)) {
      builder.result().broken = parser.problem();
      break;
    }
    more = builder.take(event) && event.type != YAML_STREAM_END_EVENT;
    yaml_event_delete(&event);
  }
  if (builder.result().broken) builder.result().root.reset();
  return std::move(builder.result());
}

}  // namespace nuncio::config
