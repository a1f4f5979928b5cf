// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Where a piece of configuration stands: the file below --config-dir, the line and the column in it (both from 1, 0 when unknown), and,
// for a document that came inside an annotation of a Kubernetes object, the name of the carrier and the index of the document in it.
// Lines of a document inside an annotation are lines of the file when the annotation is a literal block, so that an editor finds them.
#pragma once

#include <memory>
#include <string>

namespace nuncio {

struct Place {
  std::shared_ptr<const std::string> file;     // relative to the directory; shared by all places of one file
  std::shared_ptr<const std::string> carrier;  // "service.namespace" of the annotated object, or nothing
  int line = 0;
  int column = 0;
  int index = 0;  // 1-based index of the document within its file or annotation

  // "routes.yaml:12:3", or "web.yaml:9:5 (qotm.default.2)" for a document inside an annotation
  std::string text() const;
};

}  // namespace nuncio
