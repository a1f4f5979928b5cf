// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors

#include "config/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/text.h"
#include "config/words.h"

namespace nuncio::config {

namespace {

class Descriptor {
 public:
  explicit Descriptor(const char* path) : fd_(::open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

std::string reason(int error) {
  return "cannot be read: " + std::generic_category().message(error);
}

std::unexpected<FileProblem> too_large() {
  return std::unexpected(FileProblem{"is larger than " + std::to_string(kMostFileBytes >> 20) + " MiB and is not read"});
}

// The size may change while the file is read, so the end is where read says so.
std::expected<std::string, FileProblem> read_all(int fd, std::size_t expected) {
  std::string text(expected + 1, '\0');
  std::size_t size = 0;
  for (;;) {
    if (size == text.size()) text.resize(text.size() * 2);
    const ssize_t got = ::read(fd, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(FileProblem{reason(errno)});
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
    if (size > kMostFileBytes) return too_large();
  }
  text.resize(size);
  return text;
}

bool is_wanted(std::string_view name) {
  static constexpr std::string_view kEndings[] = {".yaml", ".yml", ".json"};
  if (name.starts_with('.') || name.ends_with('~')) return false;
  return std::any_of(std::begin(kEndings), std::end(kEndings), [name](std::string_view ending) {
    return name.size() > ending.size() && equals_ignore_case(name.substr(name.size() - ending.size()), ending);
  });
}

}  // namespace

std::expected<std::string, FileProblem> read_file(const std::filesystem::path& path) {
  static constexpr std::string_view kMark = "\xef\xbb\xbf";
  const Descriptor file(path.c_str());
  if (file.get() < 0) {
    const bool device = errno == ENXIO;
    return std::unexpected(FileProblem{device ? "is not a regular file and is not read" : reason(errno), !device});
  }
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return std::unexpected(FileProblem{reason(errno)});
  if (!S_ISREG(info.st_mode)) return std::unexpected(FileProblem{"is not a regular file and is not read", false});
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size > kMostFileBytes) return too_large();
  auto text = read_all(file.get(), size);
  if (text && text->starts_with(kMark)) text->erase(0, kMark.size());
  if (text && (text->starts_with("\xff\xfe") || text->starts_with("\xfe\xff"))) {
    return std::unexpected(FileProblem{"is UTF-16 and cannot be read; save it as UTF-8"});
  }
  return text;
}

std::expected<std::vector<std::string>, std::string> list_directory(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::directory_iterator entry(directory, error);
  std::vector<std::string> names;
  while (!error && entry != std::filesystem::directory_iterator()) {
    std::string name = entry->path().filename().string();
    if (is_wanted(name)) names.push_back(std::move(name));
    entry.increment(error);
  }
  if (error) return std::unexpected("cannot be read: " + error.message());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace nuncio::config
