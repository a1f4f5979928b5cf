// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// From a directory to documents: directory → files → pieces → nodes with places → model, each step a function of its own file.
// A Loader remembers what it read: a piece of text (one document) that did not change since the last load is not parsed again, its
// model is shared with the generation before.
//
// Nothing here throws or stops the process because of input: what is wrong becomes a diagnostic and the rest is loaded.
// THREAD: builder thread (or the only thread of `nuncio check`).
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "nuncio/diagnostic.h"
#include "nuncio/model.h"

namespace nuncio::config {

struct LoadOptions {
  std::string ambassador_id = "default";
  std::string ns = "default";     // the proxy's own namespace
  bool single_namespace = false;  // objects of other namespaces are ignored
};

struct Configuration {
  std::vector<std::shared_ptr<const model::Mapping>> mappings;  // in load order: (file name, index in the file)
  model::Module module;                                         // defaults when there is none
  bool protected_by_auth =
      false;  // an AuthService or a Module `authentication` applies: not served yet, so routes without bypass_auth fail closed
  std::vector<model::DocumentInfo> documents;
  Diagnostics diagnostics;
};

class Loader {
 public:
  explicit Loader(LoadOptions options);
  ~Loader();
  Loader(Loader&&) noexcept;

  // Reads *.yaml, *.yml and *.json of `directory` (any letter case, not recursively, no name that begins with '.' or ends in '~').
  // A directory that cannot be read is a diagnostic and an empty configuration; `readable` tells it apart.
  Configuration load(const std::filesystem::path& directory);
  // The same for single files (`nuncio check FILE…`), whatever their names.
  Configuration load_files(const std::vector<std::filesystem::path>& files);
  bool readable() const { return readable_; }

 private:
  struct Memory;
  struct Source {
    std::filesystem::path path;
    std::string name;  // as diagnostics show it
  };
  Configuration load_sources(const std::vector<Source>& sources);

  LoadOptions options_;
  std::unique_ptr<Memory> memory_;
  bool readable_ = false;
};

}  // namespace nuncio::config
