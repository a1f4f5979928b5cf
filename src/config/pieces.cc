// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors

#include "config/pieces.h"

namespace nuncio::config {

namespace {

struct Line {
  std::size_t begin = 0;
  std::size_t end = 0;   // without the break
  std::size_t next = 0;  // where the following line begins
};

Line line_at(std::string_view text, std::size_t begin) {
  Line line;
  line.begin = begin;
  line.end = text.find_first_of("\r\n", begin);
  if (line.end == std::string_view::npos) line.end = text.size();
  line.next = line.end;
  if (line.next < text.size() && text[line.next] == '\r') ++line.next;
  if (line.next < text.size() && text[line.next] == '\n' && (line.next == line.end || text[line.next - 1] == '\r')) ++line.next;
  return line;
}

bool is_marker(std::string_view line, std::string_view marker) {
  if (!line.starts_with(marker)) return false;
  return line.size() == marker.size() || line[marker.size()] == ' ' || line[marker.size()] == '\t';
}

bool is_void(std::string_view line) {
  const std::size_t at = line.find_first_not_of(" \t");
  return at == std::string_view::npos || line[at] == '#';
}

class Splitter {
 public:
  Splitter(std::string_view text, std::size_t limit) : text_(text), limit_(limit) {}

  bool run() {
    for (std::size_t at = 0; at < text_.size();) {
      const Line line = line_at(text_, at);
      if (!take(line)) return false;
      at = line.next;
      ++number_;
    }
    return finish(text_.size());
  }

  std::vector<Piece> pieces;

 private:
  bool take(const Line& line) {
    const std::string_view content = text_.substr(line.begin, line.end - line.begin);
    const bool starts = is_marker(content, "---");
    if (starts || is_marker(content, "...")) {
      if (!finish(line.begin)) return false;
      const bool carries_content = starts && !is_void(content.substr(3));
      begin_ = carries_content ? line.begin : line.next;
      line_ = carries_content ? number_ : number_ + 1;
      filled_ = carries_content;
      return true;
    }
    const bool directive = !filled_ && content.starts_with('%');
    if (directive) {
      begin_ = line.next;
      line_ = number_ + 1;
    }
    filled_ = filled_ || !(directive || is_void(content));
    return true;
  }

  bool finish(std::size_t end) {
    if (!filled_) return true;
    if (pieces.size() == limit_) return false;
    pieces.push_back({text_.substr(begin_, end - begin_), line_, static_cast<int>(pieces.size()) + 1});
    filled_ = false;
    return true;
  }

  std::string_view text_;
  std::size_t limit_;
  std::size_t begin_ = 0;
  int line_ = 1;
  int number_ = 1;
  bool filled_ = false;
};

}  // namespace

std::vector<Piece> split_pieces(std::string_view text, std::size_t limit, bool* complete) {
  Splitter splitter(text, limit);
  *complete = splitter.run();
  return std::move(splitter.pieces);
}

}  // namespace nuncio::config
