// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors

#include "nuncio/diagnostic.h"

#include <utility>

namespace nuncio {

namespace {

// One diagnostic is one line, whatever the documents put into names and values.
void append_line(std::string& out, const std::string& text) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      out += c;
      continue;
    }
    out += "\\x";
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
}

}  // namespace

std::string Place::text() const {
  std::string out = file ? *file : std::string();
  if (line > 0) {
    out += ':' + std::to_string(line);
    if (column > 0) out += ':' + std::to_string(column);
  }
  if (carrier) out += " (" + *carrier + '.' + std::to_string(index) + ')';
  return out;
}

std::string Diagnostic::text() const {
  std::string out;
  append_line(out, place.text());
  if (!out.empty()) out += ": ";
  out += severity == Severity::error ? "error: " : "notice: ";
  if (!subject.empty()) {
    append_line(out, subject);
    out += ": ";
  }
  append_line(out, message);
  if (!hint.empty()) {
    out += "; ";
    append_line(out, hint);
  }
  return out;
}

void Diagnostics::error(Place place, std::string subject, std::string message, std::string hint) {
  add({Severity::error, std::move(place), std::move(subject), std::move(message), std::move(hint)});
}

void Diagnostics::notice(Place place, std::string subject, std::string message, std::string hint) {
  add({Severity::notice, std::move(place), std::move(subject), std::move(message), std::move(hint)});
}

void Diagnostics::add(Diagnostic diagnostic) {
  if (diagnostic.severity == Severity::error) ++errors_;
  entries_.push_back(std::move(diagnostic));
}

void Diagnostics::append(const Diagnostics& other) {
  entries_.insert(entries_.end(), other.entries_.begin(), other.entries_.end());
  errors_ += other.errors_;
}

}  // namespace nuncio
