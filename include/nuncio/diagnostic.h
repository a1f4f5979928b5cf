// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// What is wrong with the configuration, said once and in one line. Everything that reads documents reports into a Diagnostics list:
// the loader, the checks across documents, the route compiler. `nuncio check`, the log of a reload, the metrics and the admin pages
// print the same entries. An error means that the document, or the part of it that the message names, has no effect; a notice means
// that the document works but deserves attention (spec: ambassador.md 0.3).
//
// THREAD: built on the builder thread, const afterwards.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "nuncio/place.h"

namespace nuncio {

enum class Severity { notice, error };

struct Diagnostic {
  Severity severity = Severity::error;
  Place place;
  std::string subject;  // "Mapping web", or empty when the document has no name
  std::string message;  // what is wrong, one sentence without a full stop
  std::string hint;     // what to do, may be empty

  // "routes.yaml:12:3: error: Mapping web: unknown field 'prefx'; did you mean 'prefix'?"
  std::string text() const;
};

class Diagnostics {
 public:
  void error(Place place, std::string subject, std::string message, std::string hint = {});
  void notice(Place place, std::string subject, std::string message, std::string hint = {});
  void add(Diagnostic diagnostic);
  void append(const Diagnostics& other);

  const std::vector<Diagnostic>& entries() const { return entries_; }
  std::size_t errors() const { return errors_; }
  std::size_t notices() const { return entries_.size() - errors_; }
  bool empty() const { return entries_.empty(); }

 private:
  std::vector<Diagnostic> entries_;
  std::size_t errors_ = 0;
};

}  // namespace nuncio
