// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors

#include "config/read.h"

#include <utility>

#include "base/text.h"
#include "config/cross_field.h"
#include "config/environment.h"
#include "config/fields.h"
#include "config/pieces.h"
#include "config/read_mapping.h"
#include "config/read_module.h"
#include "config/words.h"

namespace nuncio::config {

namespace {

constexpr std::string_view kAnnotation = "getambassador.io/config";

std::uint64_t content_of(const FingerprintKey& key, const Node& node) {
  if (node.is_scalar()) return fingerprint(key, node.text);
  std::uint64_t sum = node.is_mapping() ? 1 : 2;
  const std::size_t step = node.is_mapping() ? 2 : 1;
  for (std::size_t i = 0; i + step <= node.children.size(); i += step) {
    std::uint64_t parts[2] = {i, content_of(key, node.children[i])};
    if (node.is_mapping()) parts[0] = content_of(key, node.children[i + 1]);
    sum += fingerprint(key, {reinterpret_cast<const char*>(parts), sizeof parts});
  }
  return sum;
}

// How many columns stand before the text of a literal block in its file
int indent_of(std::string_view source, const Node& block) {
  const std::size_t first = block.text.find_first_not_of('\n');
  if (first == std::string::npos) return 0;
  const std::string_view wanted = std::string_view(block.text).substr(first, block.text.find('\n', first) - first);
  int skip = block.line + static_cast<int>(first);
  std::size_t at = 0;
  while (skip-- > 0) {
    at = source.find('\n', at);
    if (at == std::string_view::npos) return 0;
    ++at;
  }
  const std::string_view line = source.substr(at, source.find_first_of("\r\n", at) - at);
  return line.size() >= wanted.size() ? static_cast<int>(line.size() - wanted.size()) : 0;
}

const Node* annotation(const Node& metadata, std::string_view name) {
  const Node* all = metadata.find("annotations");
  return all ? all->find(name) : nullptr;
}

class PieceReader {
 public:
  PieceReader(std::string_view text, const ReadContext& context) : text_(text), context_(context) {}

  void parse(std::string_view text, const Origin& origin, const DocumentContext& context) {
    const ParsedYaml parsed = parse_yaml(text);
    for (const YamlFinding& found : parsed.duplicates) {
      out_.diagnostics.error(origin.at(found.line, found.column), {}, found.message, found.hint);
    }
    if (parsed.broken) {
      const YamlFinding& found = *parsed.broken;
      out_.diagnostics.error(origin.at(found.line, found.column), {}, found.message, found.hint);
    }
    if (parsed.root) read(*parsed.root, origin, context);
  }

  PieceContent& out() { return out_; }

 private:
  void read(const Node& root, const Origin& origin, const DocumentContext& context) {
    if (root.is_null()) return;
    Report report(origin, out_.diagnostics);
    if (!root.is_mapping()) return report.error(root, "the document is not a mapping of fields to values");
    const Envelope envelope = open_envelope(root, context);
    if (equals_ignore_case(envelope.kind, "List") && root.find("items")) return read_list(*root.find("items"), report, context);
    if (!envelope.for_us || (context.single_namespace && envelope.ns != context.own_ns)) {
      return add(envelope, report.place(root), envelope.for_us ? model::Fate::ignored : model::Fate::other_id);
    }
    report.set_subject(subject_of(envelope, context));
    if (!envelope.known && envelope.group == Group::kubernetes) return read_kubernetes(root, envelope, report, context);
    if (!envelope.known) return read_unknown(root, envelope, report);
    read_known(root, envelope, report, context);
  }

  void read_list(const Node& items, Report& report, const DocumentContext& context) {
    if (!items.is_sequence()) return report.error(items, "'items' must be a list");
    for (const Node& item : items.children) {
      if (full(report, item)) return;
      read(item, report.origin(), context);
    }
  }

  bool full(Report& report, const Node& at) {
    if (out_.documents.size() < context_.document_limit) return false;
    report.error(at, "there are more than " + std::to_string(context_.document_limit) + " documents here; the rest is not read");
    return true;
  }

  void read_unknown(const Node& root, const Envelope& envelope, Report& report) {
    const Place place = report.place(root);
    if (envelope.group == Group::foreign) {
      report.error(root, "apiVersion " + quote(envelope.api_version) + " is none of Ambassador's");
      return add(envelope, place, model::Fate::rejected);
    }
    if (envelope.kind.empty() || envelope.group == Group::absent) {
      const bool both = envelope.kind.empty() && envelope.group == Group::absent;
      const char* one = envelope.kind.empty() ? "the field 'kind' is missing" : "the field 'apiVersion' is missing";
      report.error(root, both ? "the fields 'apiVersion' and 'kind' are missing" : one);
      return add(envelope, place, model::Fate::rejected);
    }
    std::vector<std::string_view> known;
    for (const Kind& kind : kinds()) known.push_back(kind.name);
    report.notice(root, "the kind " + quote(envelope.kind) + " is not known and is ignored", nearest_hint(envelope.kind, known));
    add(envelope, place, model::Fate::ignored);
  }

  // Service and Ingress may carry documents; everything else is none of our business (spec: ambassador.md 8).
  void read_kubernetes(const Node& root, const Envelope& envelope, Report& report, const DocumentContext& context) {
    if (!envelope.object || context.inside_annotation) {
      report.error(root,
                   context.inside_annotation ? "a Kubernetes object cannot stand in an annotation" : "the field 'metadata' is missing");
      return add(envelope, report.place(root), model::Fate::rejected);
    }
    if (envelope.kind == "Ingress" && is_our_ingress(root, envelope, context)) {
      report.notice(root, "an Ingress is not served by this version; it has no effect");
      add(envelope, report.place(root), model::Fate::not_served);
    } else if (envelope.kind != "Service") {
      return;
    }
    if (const Node* text = annotation(*envelope.metadata, kAnnotation); text && !text->is_null()) {
      if (!text->is_scalar()) return report.error(*text, "the annotation " + std::string(kAnnotation) + " must be a text");
      read_annotation(*text, envelope, report, context);
    }
  }

  static bool is_our_ingress(const Node& root, const Envelope& envelope, const DocumentContext& context) {
    const Node* old_class = annotation(*envelope.metadata, "kubernetes.io/ingress.class");
    const Node* spec = root.find("spec");
    const Node* name = spec ? spec->find("ingressClassName") : nullptr;
    const auto is_ours = [](const Node* node) { return node && equals_ignore_case(node->text, "ambassador"); };
    const Node* id = annotation(*envelope.metadata, "getambassador.io/ambassador-id");
    return (is_ours(old_class) || is_ours(name)) && (id ? id->text : "default") == context.ambassador_id;
  }

  void read_annotation(const Node& block, const Envelope& carrier, Report& report, const DocumentContext& context) {
    DocumentContext inner = context;
    inner.ns = carrier.ns;
    inner.inside_annotation = true;
    Origin origin = report.origin();
    origin.carrier = std::make_shared<const std::string>(carrier.name + '.' + carrier.ns);
    const Place place = report.place(block);
    origin.fixed = origin.fixed || !block.literal;
    origin.indent = block.literal ? indent_of(text_, block) : place.column - 1;
    bool complete = true;
    for (const Piece& piece : split_pieces(block.text, context_.document_limit, &complete)) {
      if (full(report, block)) return;
      origin.line = block.literal ? place.line + piece.line : place.line;
      origin.index = piece.index;
      parse(piece.text, origin, inner);
    }
  }

  void read_known(const Node& root, const Envelope& envelope, Report& report, const DocumentContext& context) {
    Document& document = add_document(envelope, report.place(root), model::Fate::rejected);
    document.deprecated = envelope.version == "v0";
    document.demands_auth = envelope.kind == "AuthService" || (envelope.kind == "Module" && envelope.name == "authentication");
    if (envelope.body) document.content = content_of(context_.key, *envelope.body);
    if (!check_envelope(root, envelope, report)) return;
    if (envelope.kind == "Mapping") return take_mapping(document, read_mapping(root, envelope, context, report));
    if (envelope.kind == "Module") return take_module(document, read_module(root, envelope, report));
    read_other(root, envelope, report, document);
  }

  static void take_mapping(Document& document, MappingReading reading) {
    document.info.fate = reading.fate;
    document.mapping = std::move(reading.mapping);
    document.resolver = std::move(reading.resolver);
  }

  static void take_module(Document& document, ModuleReading reading) {
    document.info.fate = reading.fate;
    document.module = std::move(reading.module);
    document.unserved_policy = std::move(reading.unserved_policy);
  }

  void read_other(const Node& root, const Envelope& envelope, Report& report, Document& document) {
    const Kind& kind = *envelope.known;
    static const Node kEmpty{.kind = Node::Kind::mapping};
    const Node& body = envelope.body ? *envelope.body : kEmpty;
    if (!kind.fields.empty()) {
      if (!envelope.body) return report.error(root, "the field 'spec' is missing");
      const FieldRules rules{.fields = kind.fields, .also = common_fields(), .what = envelope.kind, .strict = kind.strict, .silent = true};
      const Fields fields = check_fields(body, rules, report);
      bool good = !fields.broken();
      good = check_kind(root, envelope, fields, report) && good;
      if (envelope.kind == "TLSContext" && demands_certificates(body)) document.unserved_policy = "cert_required";
      if (!good) return;
    }
    document.info.fate = kind.effect == Effect::unused ? model::Fate::ignored : model::Fate::not_served;
    say_effect(root, kind, report);
  }

  // A value that cannot be understood demands them, too.
  static bool demands_certificates(const Node& context) {
    const Node* required = context.find("cert_required");
    return context.find("hosts") && required && !required->is_null() && to_flag(required->text).value_or(true);
  }

  static void say_effect(const Node& root, const Kind& kind, Report& report) {
    const std::string why(kind.sentence);
    if (kind.effect == Effect::unserved || kind.effect == Effect::closed) {
      report.notice(root, "the kind " + std::string(kind.name) + " is not served by this version; " + why);
    } else if (kind.effect == Effect::noted) {
      report.notice(root, "the kind " + std::string(kind.name) + " has no effect; " + why);
    } else if (kind.effect == Effect::refused) {
      report.error(root, "the kind " + std::string(kind.name) + " is not supported; " + why);
    }
  }

  Document& add_document(const Envelope& envelope, const Place& place, model::Fate fate) {
    Document document;
    document.info = {{envelope.kind, envelope.ns, envelope.name}, place, fate};
    out_.documents.push_back(std::move(document));
    return out_.documents.back();
  }

  void add(const Envelope& envelope, const Place& place, model::Fate fate) { add_document(envelope, place, fate); }

  std::string_view text_;
  const ReadContext& context_;
  PieceContent out_;
};

}  // namespace

PieceContent read_piece(std::string_view text, const Origin& origin, const ReadContext& context) {
  const std::string expanded = text.find("${") == std::string_view::npos ? std::string() : expand_environment(text);
  const std::string_view wanted = expanded.empty() ? text : std::string_view(expanded);
  PieceReader reader(wanted, context);
  reader.parse(wanted, origin, context.document);
  return std::move(reader.out());
}

}  // namespace nuncio::config
