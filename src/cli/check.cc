// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors

#include "cli/check.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "config/left_out.h"
#include "route/compile.h"

namespace nuncio::cli {

namespace {

constexpr int kGood = 0;
constexpr int kFaulty = 1;
constexpr int kUnusable = 2;
constexpr std::size_t kMostOthers = 100;

// empty: the arguments can be used
std::string fault_of(const CheckOptions& options) {
  if (options.paths.empty()) return "nothing to check: name a directory or files";
  for (const std::filesystem::path& path : options.paths) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) return path.string() + ": " + (error ? error.message() : "does not exist");
    if (std::filesystem::is_directory(status) && options.paths.size() > 1) {
      return path.string() + ": a directory can only be checked alone";
    }
  }
  return {};
}

std::string counted(std::size_t number, const std::string& word) {
  return std::to_string(number) + ' ' + word + (number == 1 ? "" : "s");
}

std::string summary(const Snapshot& snapshot) {
  const auto with = [&snapshot](model::Fate fate) {
    return std::count_if(snapshot.documents.begin(), snapshot.documents.end(), [fate](const auto& info) { return info.fate == fate; });
  };
  const auto part = [&with](model::Fate fate, const char* word) {
    const auto number = with(fate);
    return number == 0 ? std::string() : ", " + std::to_string(number) + ' ' + word;
  };
  std::string out = counted(snapshot.documents.size(), "document") + ": " + std::to_string(with(model::Fate::applied)) + " applied";
  out += part(model::Fate::rejected, "rejected");
  out += part(model::Fate::not_served, "not served");
  out += part(model::Fate::other_id, "for another id");
  out += part(model::Fate::ignored, "ignored");
  return out + "; " + counted(snapshot.diagnostics.errors(), "error") + ", " + counted(snapshot.diagnostics.notices(), "notice");
}

}  // namespace

int run_check(const CheckOptions& options) {
  if (const std::string fault = fault_of(options); !fault.empty()) {
    std::cerr << "nuncio check: " << fault << '\n';
    return kUnusable;
  }
  config::Loader loader(options.load);
  const bool directory = std::filesystem::is_directory(options.paths.front());
  config::Configuration configuration = directory ? loader.load(options.paths.front()) : loader.load_files(options.paths);
  if (!loader.readable()) {
    for (const Diagnostic& entry : configuration.diagnostics.entries()) std::cerr << "nuncio check: " << entry.text() << '\n';
    return kUnusable;
  }
  const std::shared_ptr<const Snapshot> snapshot = route::compile(std::move(configuration), 1);
  for (const Diagnostic& entry : snapshot->diagnostics.entries()) std::cout << entry.text() << '\n';
  for (const std::string& line : config::documents_for_others(snapshot->documents, options.load.ambassador_id, kMostOthers)) {
    std::cout << line << '\n';
  }
  if (directory && snapshot->documents.empty()) {
    std::cout << options.paths.front().string() << " holds no *.yaml, *.yml or *.json file with a document in it\n";
  }
  std::cout << summary(*snapshot) << std::endl;
  const bool faulty = snapshot->diagnostics.errors() > 0 || (options.strict && snapshot->diagnostics.notices() > 0);
  return faulty ? kFaulty : kGood;
}

}  // namespace nuncio::cli
