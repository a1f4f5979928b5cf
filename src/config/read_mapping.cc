// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors

#include "config/read_mapping.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "config/cross_field.h"
#include "config/fields.h"
#include "config/http_fields.h"
#include "config/schema.h"
#include "config/service_name.h"
#include "config/words.h"

namespace nuncio::config {

namespace {

class MappingReader {
 public:
  MappingReader(const Fields& fields, const Envelope& envelope, const DocumentContext& context, Report& report)
      : fields_(fields), envelope_(envelope), context_(context), report_(report) {}

  // false: an error that costs the whole document
  bool run() {
    mapping_.id = {envelope_.kind, envelope_.ns, envelope_.name};
    bool good = prefix();
    good = method() && good;
    good = host() && good;
    good = service() && good;
    good = rewrites() && good;
    good = upgrades() && good;
    good = check_load_balancer(fields_.find("load_balancer"), report_) && good;
    good = check_retry_policy(fields_.find("retry_policy"), report_) && good;
    weight();
    limits();
    edits();
    mapping_.precedence = fields_.integer("precedence").value_or(0);
    mapping_.bypass_auth = fields_.flag_or("bypass_auth", false);
    mapping_.case_sensitive = fields_.flag_or("case_sensitive", true);
    redirects();
    return good;
  }

  bool left_out() const { return left_out_; }
  model::Mapping& mapping() { return mapping_; }

 private:
  bool prefix() {
    const Node* node = fields_.find("prefix");
    if (!node) return false;
    mapping_.prefix = node->text;
    if (node->text.empty()) {
      report_.error(*node, "'prefix' is empty", "write '/' for every path");
      return false;
    }
    if (fields_.flag_or("prefix_regex", false)) return true;
    if (node->text[0] != '/') {
      report_.notice(*node, "'prefix' does not begin with '/', so that no request can fit", "write " + quote("/" + node->text));
    } else if (!is_visible_ascii(node->text) || node->text.find_first_of("?#") != std::string::npos) {
      report_.notice(*node, "'prefix' holds a blank, '?', '#', a control or a non-ASCII character, so that no request can fit");
    }
    return true;
  }

  bool method() {
    const Node* node = fields_.find("method");
    if (!node || node->text.empty() || fields_.flag_or("method_regex", false)) return true;
    if (!is_token(node->text)) {
      report_.error(*node, "'method' is not a method: " + quote(node->text), "list no methods here; write a Mapping for each");
      return false;
    }
    const bool lower = std::any_of(node->text.begin(), node->text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    if (lower) report_.notice(*node, "'method' is compared letter by letter, and methods are upper case");
    mapping_.method = node->text;
    return true;
  }

  bool host() {
    const Node* hostname = fields_.find("hostname");
    const Node* node = hostname ? hostname : fields_.find("host");
    if (hostname && fields_.find("host")) report_.notice(*fields_.find("host"), "'hostname' takes the place of 'host'");
    if (!hostname && fields_.flag_or("host_regex", false)) return true;
    if (!node || node->text.empty() || node->text == "*" || node->text == "_skip_mapping_with_empty_host_") return true;
    if (node->text.find('*') != std::string::npos) {
      left_out_ = true;
      report_.notice(*node, "the pattern " + quote(node->text) + " is not served by this version; the Mapping is left out, " +
                                "so that no request goes astray");
      return true;
    }
    if (!is_visible_ascii(node->text) || node->text.find_first_of("/?#@") != std::string::npos) {
      report_.error(*node, quote(node->text) + " is not a host");
      return false;
    }
    mapping_.host = lower_case(node->text);
    return true;
  }

  bool service() {
    const Node* node = fields_.find("service");
    if (!node) return false;
    ServiceName name = parse_service(node->text);
    if (!name.problem.empty()) return false;
    if (const Node* tls = fields_.find("tls")) upstream_tls(*tls, name);
    mapping_.service = std::move(name.service);
    if (mapping_.service.tls || fields_.unusable()) mapping_.service.usable = false;
    const bool said = fields_.unusable() && fields_.find("tls");
    if (mapping_.service.tls && !said) {
      report_.notice(*node, "https:// is not served by this version; the Mapping answers 503");
    }
    qualify(mapping_.service, {envelope_.ns, context_.own_ns, context_.bare_names});
    return true;
  }

  void upstream_tls(const Node& tls, ServiceName& name) {
    const auto flag = tls.plain ? to_flag(tls.text) : std::nullopt;
    const bool wanted = flag.value_or(!tls.text.empty());
    if (!wanted) return;
    if (name.scheme == "http") report_.error(tls, "'tls' wins over the http:// of 'service'", "write https:// or remove 'tls'");
    name.service.tls = true;
    if (!flag) name.service.tls_context = tls.text;
    if (!name.port_given) name.service.port = 443;
  }

  bool rewrites() {
    bool good = plain_text("rewrite");
    good = plain_text("host_rewrite") && good;
    mapping_.rewrite = fields_.text("rewrite");
    mapping_.host_rewrite = fields_.text("host_rewrite").value_or("");
    mapping_.auto_host_rewrite = fields_.flag_or("auto_host_rewrite", false);
    return good;
  }

  // what ends up in a request line or in Host
  bool plain_text(std::string_view name) {
    const Node* node = fields_.find(name);
    if (!node || is_visible_ascii(node->text)) return true;
    report_.error(*node, "'" + std::string(name) + "' holds a blank, a control or a non-ASCII character: " + quote(node->text),
                  "write it percent-encoded");
    return false;
  }

  bool upgrades() {
    if (fields_.flag_or("use_websocket", false)) mapping_.allow_upgrade.push_back("websocket");
    const Node* list = fields_.find("allow_upgrade");
    if (!list) return true;
    bool good = true;
    for (const std::string& text : comma_texts_of(*list)) good = upgrade(*list, text) && good;
    return good;
  }

  bool upgrade(const Node& at, const std::string& text) {
    std::string protocol = lower_case(text);
    std::string name = protocol;
    if (const std::size_t slash = name.find('/'); slash != std::string::npos) name[slash] = '-';
    if (!is_token(name)) {
      report_.error(at, "'allow_upgrade' holds " + quote(text) + ", which is not the name of a protocol");
      return false;
    }
    if (protocol == "connect") {
      report_.notice(at, "CONNECT is not served by this version; it is refused here too");
      return true;
    }
    auto& list = mapping_.allow_upgrade;
    if (std::find(list.begin(), list.end(), protocol) == list.end()) list.push_back(std::move(protocol));
    return true;
  }

  // spec: ambassador-routing.md 3.3: out of range is an error, and the nearest allowed value counts
  void weight() {
    const Node* node = fields_.find("weight");
    if (!node) return;
    const int value = fields_.integer("weight").value_or(0);
    mapping_.weight = std::clamp(value, 0, 100);
    if (value == *mapping_.weight) return;
    report_.error(*node, "'weight' must be between 0 and 100; it counts as " + std::to_string(*mapping_.weight));
  }

  void limits() {
    mapping_.timeout_ms = fields_.integer("timeout_ms");
    mapping_.idle_timeout_ms = fields_.integer("idle_timeout_ms");
    mapping_.connect_timeout_ms = fields_.integer("connect_timeout_ms");
    mapping_.cluster_idle_timeout_ms = fields_.integer("cluster_idle_timeout_ms");
    mapping_.circuit_breaker = circuit_breaker(fields_, report_);
  }

  void edits() {
    mapping_.add_request_headers = fields_to_add(fields_, "add_request_headers", report_);
    mapping_.add_response_headers = fields_to_add(fields_, "add_response_headers", report_);
    mapping_.remove_request_headers = fields_to_remove(fields_, "remove_request_headers", report_);
    mapping_.remove_response_headers = fields_to_remove(fields_, "remove_response_headers", report_);
  }

  void redirects() {
    const Node* code = fields_.find("redirect_response_code");
    static constexpr int kCodes[] = {301, 302, 303, 307, 308};
    if (!code || std::find(std::begin(kCodes), std::end(kCodes), *fields_.integer("redirect_response_code")) != std::end(kCodes)) return;
    report_.error(*code, "'redirect_response_code' must be 301, 302, 303, 307 or 308; 301 is used");
  }

  const Fields& fields_;
  const Envelope& envelope_;
  const DocumentContext& context_;
  Report& report_;
  model::Mapping mapping_;
  bool left_out_ = false;
};

// Resolvers that end in a question to DNS; others are judged when all documents are known.
std::string other_resolver(const Fields& fields, Report& report) {
  const Node* node = fields.find("resolver");
  if (!node || node->text.empty() || node->text == "kubernetes-service") return {};
  if (node->text != "endpoint" && node->text != "kubernetes-endpoint") return node->text;
  report.notice(*node, "the resolver " + quote(node->text) + " is not served by this version; the name is resolved by DNS");
  return {};
}

}  // namespace

MappingReading read_mapping(const Node& root, const Envelope& envelope, const DocumentContext& context, Report& report) {
  MappingReading out;
  if (!envelope.body) {
    report.error(root, "the field 'spec' is missing");
    out.fate = model::Fate::rejected;
    return out;
  }
  const FieldRules rules{.fields = mapping_fields(), .also = common_fields(), .what = "Mapping"};
  const Fields fields = check_fields(*envelope.body, rules, report);
  MappingReader reader(fields, envelope, context, report);
  const bool good = reader.run();
  out.resolver = other_resolver(fields, report);
  if (!good || fields.broken()) {
    out.fate = model::Fate::rejected;
    return out;
  }
  if (fields.left_out() || reader.left_out()) {
    out.fate = model::Fate::not_served;
    return out;
  }
  reader.mapping().place = report.place(root);
  out.mapping = std::make_shared<const model::Mapping>(std::move(reader.mapping()));
  return out;
}

}  // namespace nuncio::config
