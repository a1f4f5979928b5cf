// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Turns findings at nodes into diagnostics with places in files. An Origin knows where the parsed text stands: a piece of a file, or
// a document inside an annotation. Lines of an annotation are lines of the file when it is a literal block; otherwise all findings
// stand at the annotation (`fixed`).
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "config/yaml.h"
#include "nuncio/diagnostic.h"
#include "nuncio/place.h"

namespace nuncio::config {

struct Origin {
  std::shared_ptr<const std::string> file;
  std::shared_ptr<const std::string> carrier;
  int line = 1;    // of the file, for the first line of the text
  int indent = 0;  // columns that stand before the text in the file
  int index = 1;
  bool fixed = false;  // line and indent + 1 are the place of everything

  Place at(int node_line, int node_column) const {
    if (fixed) return {file, carrier, line, indent + 1, index};
    return {file, carrier, line + node_line - 1, indent + node_column, index};
  }
  Place at(const Node& node) const { return at(node.line, node.column); }
};

class Report {
 public:
  Report(const Origin& origin, Diagnostics& out) : origin_(origin), out_(&out) {}

  void set_subject(std::string subject) { subject_ = std::move(subject); }
  const std::string& subject() const { return subject_; }
  const Origin& origin() const { return origin_; }
  Place place(const Node& node) const { return origin_.at(node); }

  void error(const Node& at, std::string message, std::string hint = {}) {
    out_->error(origin_.at(at), subject_, std::move(message), std::move(hint));
  }
  void notice(const Node& at, std::string message, std::string hint = {}) {
    out_->notice(origin_.at(at), subject_, std::move(message), std::move(hint));
  }

 private:
  Origin origin_;
  Diagnostics* out_;
  std::string subject_;
};

}  // namespace nuncio::config
