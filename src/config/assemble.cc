// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors

#include "config/assemble.h"

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "config/words.h"

namespace nuncio::config {

namespace {

struct IdentityHash {
  std::size_t operator()(const model::Identity* id) const {
    const std::hash<std::string_view> hash;
    return hash(id->kind) ^ (hash(id->ns) * 31) ^ (hash(id->name) * 1009);
  }
};

struct IdentityEqual {
  bool operator()(const model::Identity* a, const model::Identity* b) const { return *a == *b; }
};

std::string subject_of(const model::Identity& id, const std::string& own_ns) {
  return id.kind + ' ' + id.name + (id.ns == own_ns ? std::string() : " (" + id.ns + ')');
}

bool is_in_force(model::Fate fate) {
  return fate == model::Fate::applied || fate == model::Fate::not_served;
}

}  // namespace

struct Assembler::Names {
  std::unordered_map<const model::Identity*, const Document*, IdentityHash, IdentityEqual> first;
};

Assembler::Assembler(const LoadOptions& options) : options_(options), names_(std::make_unique<Names>()) {}

Assembler::~Assembler() = default;

void Assembler::add(const PieceContent& content) {
  out_.diagnostics.append(content.diagnostics);
  for (const Document& document : content.documents) take(document);
}

void Assembler::end_file() {
  if (deprecated_) {
    const std::string more = deprecated_count_ > 1 ? " (" + std::to_string(deprecated_count_) + " documents of this file)" : "";
    out_.diagnostics.notice(deprecated_->info.place, subject_of(deprecated_->info.id, options_.ns),
                            "apiVersion v0 is deprecated, but works" + more, "write getambassador.io/v3alpha1");
  }
  deprecated_ = nullptr;
  deprecated_count_ = 0;
}

void Assembler::take(const Document& document) {
  const bool ours = document.info.fate != model::Fate::other_id && document.info.fate != model::Fate::ignored;
  if (ours && document.demands_auth) out_.protected_by_auth = true;
  if (ours && unserved_policy_.empty() && !document.unserved_policy.empty()) {
    unserved_policy_ = document.unserved_policy;
    policy_document_ = document.info;
  }
  if (document.deprecated && ++deprecated_count_ == 1) deprecated_ = &document;
  out_.documents.push_back(document.info);
  if (!is_in_force(document.info.fate)) return;
  if (!claims_name(document)) {
    out_.documents.back().fate = model::Fate::rejected;
    return;
  }
  if (document.module) modules_.push_back(&document);
  if (!document.mapping) return;
  if (!document.resolver.empty()) with_resolver_.emplace_back(out_.mappings.size(), &document);
  out_.mappings.push_back(document.mapping);
}

bool Assembler::claims_name(const Document& document) {
  const auto [entry, fresh] = names_->first.emplace(&document.info.id, &document);
  if (fresh) return true;
  const Document& winner = *entry->second;
  const std::string subject = subject_of(document.info.id, options_.ns);
  const std::string where = winner.info.place.text();
  if (winner.content == document.content) {
    out_.diagnostics.notice(document.info.place, subject, "stands a second time, with equal content; the first is at " + where);
  } else {
    out_.diagnostics.error(document.info.place, subject, "the name is taken by " + subject + " at " + where + ", which stays",
                           "give this document another name");
  }
  return false;
}

// The own namespace first, then the order of loading (spec: ambassador.md 4)
void Assembler::choose_module() {
  const Document* chosen = nullptr;
  for (const Document* document : modules_) {
    if (!chosen || (chosen->info.id.ns != options_.ns && document->info.id.ns == options_.ns)) chosen = document;
  }
  if (!chosen) return;
  out_.module = *chosen->module;
  for (const Document* document : modules_) {
    if (document == chosen) continue;
    out_.diagnostics.notice(document->info.place, subject_of(document->info.id, options_.ns),
                            "is ignored: the Module at " + chosen->info.place.text() + " counts");
    // a door that any of them wants shut stays shut
    if (out_.module.unserved_policy.empty()) out_.module.unserved_policy = document->module->unserved_policy;
  }
}

bool Assembler::resolves_by_dns(const std::string& resolver) const {
  for (const auto& [id, document] : names_->first) {
    const bool kubernetes = id->kind == "KubernetesServiceResolver" || id->kind == "KubernetesEndpointResolver";
    if (kubernetes && id->name == resolver) return true;
  }
  return false;
}

void Assembler::judge_resolvers() {
  for (const auto& [index, document] : with_resolver_) {
    if (resolves_by_dns(document->resolver)) continue;
    auto copy = std::make_shared<model::Mapping>(*out_.mappings[index]);
    copy->service.usable = false;
    out_.mappings[index] = std::move(copy);
    out_.diagnostics.notice(
        document->info.place, subject_of(document->info.id, options_.ns),
        "the resolver " + quote(document->resolver) + " is absent or not served by this version; the Mapping answers 503");
  }
}

Configuration Assembler::finish() {
  choose_module();
  judge_resolvers();
  if (out_.module.unserved_policy.empty()) out_.module.unserved_policy = unserved_policy_;
  if (!unserved_policy_.empty()) {
    out_.diagnostics.notice(policy_document_.place, policy_document_.id.kind + ' ' + policy_document_.id.name,
                            '\'' + unserved_policy_ +
                                "' demands client certificates, and TLS is not served by this version; "
                                "all routes answer 500");
  }
  return std::move(out_);
}

}  // namespace nuncio::config
