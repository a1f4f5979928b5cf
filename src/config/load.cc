// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors

#include "config/load.h"

#include <map>
#include <unordered_map>
#include <utility>

#include "config/assemble.h"
#include "config/file.h"
#include "config/fingerprint.h"
#include "config/pieces.h"
#include "config/read.h"

namespace nuncio::config {

namespace {

constexpr std::size_t kMostDocumentsOfAFile = 200'000;

struct PieceMemory {
  std::uint64_t print = 0;
  int line = 0;
  int index = 0;
  std::shared_ptr<const PieceContent> content;
};

struct FileMemory {
  std::uint64_t print = 0;
  std::shared_ptr<const std::string> name;
  std::vector<PieceMemory> pieces;
  Diagnostics problems;  // of the file as a whole
};

Place file_place(std::shared_ptr<const std::string> name) {
  Place place;
  place.file = std::move(name);
  return place;
}

void move_place(Place& place, int lines, int index) {
  if (place.line > 0) place.line += lines;
  if (!place.carrier) place.index += index;
}

// The same documents further up or down in their file: nothing is parsed, only the places change.
std::shared_ptr<const PieceContent> moved(const PieceContent& old, int lines, int index) {
  auto out = std::make_shared<PieceContent>();
  out->documents = old.documents;
  for (Document& document : out->documents) {
    move_place(document.info.place, lines, index);
    if (document.mapping) {
      auto mapping = std::make_shared<model::Mapping>(*document.mapping);
      move_place(mapping->place, lines, index);
      document.mapping = std::move(mapping);
    }
    if (document.module) {
      auto module = std::make_shared<model::Module>(*document.module);
      move_place(module->place, lines, index);
      document.module = std::move(module);
    }
  }
  for (Diagnostic diagnostic : old.diagnostics.entries()) {
    move_place(diagnostic.place, lines, index);
    out->diagnostics.add(std::move(diagnostic));
  }
  return out;
}

}  // namespace

struct Loader::Memory {
  ReadContext context;
  std::map<std::string, FileMemory> files;  // in load order

  FileMemory read(const std::filesystem::path& path, const std::string& name);
  std::vector<PieceMemory> read_pieces(std::string_view text, const FileMemory& file, const FileMemory* before, bool* complete) const;
  PieceMemory read_one(const Piece& piece, const std::shared_ptr<const std::string>& name) const;
};

PieceMemory Loader::Memory::read_one(const Piece& piece, const std::shared_ptr<const std::string>& name) const {
  Origin origin;
  origin.file = name;
  origin.line = piece.line;
  origin.index = piece.index;
  auto content = std::make_shared<PieceContent>(read_piece(piece.text, origin, context));
  content->documents.shrink_to_fit();
  return {0, piece.line, piece.index, std::move(content)};
}

std::vector<PieceMemory> Loader::Memory::read_pieces(std::string_view text, const FileMemory& file, const FileMemory* before,
                                                     bool* complete) const {
  std::unordered_map<std::uint64_t, const PieceMemory*> known;
  if (before) {
    known.reserve(before->pieces.size());
    for (const PieceMemory& piece : before->pieces) known.emplace(piece.print, &piece);
  }
  std::vector<PieceMemory> out;
  for (const Piece& piece : split_pieces(text, kMostDocumentsOfAFile, complete)) {
    const std::uint64_t print = fingerprint(context.key, piece.text);
    const auto found = known.find(print);
    PieceMemory made{print, piece.line, piece.index, nullptr};
    if (found == known.end()) {
      made.content = read_one(piece, file.name).content;
    } else if (found->second->line == piece.line && found->second->index == piece.index) {
      made.content = found->second->content;
    } else {
      made.content = moved(*found->second->content, piece.line - found->second->line, piece.index - found->second->index);
    }
    out.push_back(std::move(made));
  }
  return out;
}

FileMemory Loader::Memory::read(const std::filesystem::path& path, const std::string& name) {
  const auto found = files.find(name);
  FileMemory* before = found == files.end() ? nullptr : &found->second;
  FileMemory out;
  out.name = before ? before->name : std::make_shared<const std::string>(name);
  const auto text = read_file(path);
  if (!text) {
    if (text.error().regular) {
      out.problems.error(file_place(out.name), {}, text.error().message);
    } else {
      out.problems.notice(file_place(out.name), {}, text.error().message);
    }
    return out;
  }
  out.print = fingerprint(context.key, *text);
  if (before && before->print == out.print && before->problems.empty()) return std::move(*before);
  bool complete = true;
  out.pieces = read_pieces(*text, out, before, &complete);
  if (!complete) {
    out.problems.error(file_place(out.name), {},
                       "holds more than " + std::to_string(kMostDocumentsOfAFile) + " documents; the rest is not read");
  }
  return out;
}

Loader::Loader(LoadOptions options) : options_(std::move(options)), memory_(std::make_unique<Memory>()) {
  memory_->context.key = FingerprintKey::random();
  DocumentContext& context = memory_->context.document;
  context.ambassador_id = options_.ambassador_id;
  context.own_ns = options_.ns;
  context.ns = options_.ns;
  context.single_namespace = options_.single_namespace;
}

Loader::~Loader() = default;
Loader::Loader(Loader&&) noexcept = default;

Configuration Loader::load(const std::filesystem::path& directory) {
  const auto names = list_directory(directory);
  readable_ = names.has_value();
  if (!readable_) {
    Configuration out;
    out.diagnostics.error(file_place(std::make_shared<const std::string>(directory.string())), {}, "the directory " + names.error());
    return out;
  }
  std::vector<Source> sources;
  for (const std::string& name : *names) sources.push_back({directory / name, name});
  return load_sources(sources);
}

Configuration Loader::load_files(const std::vector<std::filesystem::path>& files) {
  std::vector<Source> sources;
  for (const std::filesystem::path& file : files) sources.push_back({file, file.string()});
  readable_ = true;
  return load_sources(sources);
}

Configuration Loader::load_sources(const std::vector<Source>& sources) {
  for (;;) {
    std::map<std::string, FileMemory> files;
    for (const Source& source : sources) {
      if (!files.contains(source.name)) files.emplace(source.name, memory_->read(source.path, source.name));
    }
    memory_->files = std::move(files);
    Assembler assembler(options_);
    for (const auto& [name, file] : memory_->files) {
      assembler.add(file.problems);
      for (const PieceMemory& piece : file.pieces) assembler.add(*piece.content);
      assembler.end_file();
    }
    Configuration out = assembler.finish();
    // This key of the Module changes what every service name means, so all documents are read once more when it changes.
    const bool bare_names = out.module.use_ambassador_namespace_for_service_resolution;
    if (bare_names == memory_->context.document.bare_names) return out;
    memory_->context.document.bare_names = bare_names;
    memory_->files.clear();
  }
}

}  // namespace nuncio::config
