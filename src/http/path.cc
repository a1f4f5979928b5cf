// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "http/path.h"

#include <array>
#include <cstdint>

#include "base/text.h"

namespace nuncio {
namespace {

enum Mark : std::uint8_t {
  kRefused = 1,   // nowhere in a target
  kQuestion = 2,  // ends the path
  kPercent = 4,   // begins an escape
  kDot = 8,       // may belong to a dot segment
};

constexpr std::array<std::uint8_t, 256> make_marks() {
  std::array<std::uint8_t, 256> marks{};
  for (std::size_t c = 0; c < marks.size(); ++c) {
    if (!is_char(static_cast<char>(c), kTargetChar)) marks[c] |= kRefused;
  }
  marks['?'] |= kQuestion;
  marks['%'] |= kPercent;
  marks['.'] |= kDot;
  return marks;
}

constexpr std::array<std::uint8_t, 256> kMarks = make_marks();

constexpr std::uint8_t mark(char c) {
  return kMarks[static_cast<unsigned char>(c)];
}

// the first byte from `begin` on that carries one of these marks
const char* find_mark(const char* begin, const char* end, std::uint8_t wanted) {
  while (end - begin >= 4) {
    if (mark(begin[0]) & wanted) return begin;
    if (mark(begin[1]) & wanted) return begin + 1;
    if (mark(begin[2]) & wanted) return begin + 2;
    if (mark(begin[3]) & wanted) return begin + 3;
    begin += 4;
  }
  while (begin != end && !(mark(*begin) & wanted)) ++begin;
  return begin;
}

// the octet that the escape at `at` stands for, or -1 when it is malformed
int escaped_octet(const char* at, const char* end) {
  if (end - at < 3) return -1;
  const int high = hex_digit(at[1]);
  const int low = hex_digit(at[2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

bool ends_segment(const char* at, const char* end) {
  return at == end || *at == '/' || *at == '?';
}

// `at` is a '.' with at least one byte before it
bool is_dot_segment(const char* at, const char* end) {
  if (at[-1] != '/') return false;
  if (ends_segment(at + 1, end)) return true;
  return at[1] == '.' && ends_segment(at + 2, end);
}

enum class Verdict : std::uint8_t { stays, changes, refused };

Verdict judge_escape(const char* at, const char* end, PathRules rules) {
  const int octet = escaped_octet(at, end);
  if (octet < 0) return Verdict::refused;
  if (rules.reject_escaped_slashes && (octet == '/' || octet == '\\')) return Verdict::refused;
  return is_char(static_cast<char>(octet), kUnreservedChar) ? Verdict::changes : Verdict::stays;
}

// A path under construction: every byte before `segment_` is final, or goes when a ".." follows.
class PathWriter {
 public:
  explicit PathWriter(std::span<char> buffer) : buffer_(buffer) {}

  void put(char c) { buffer_[size_++] = c; }

  // RFC 3986 §5.2.4: "." goes, ".." goes with the segment before it, and so does the slash that would follow
  void slash() {
    if (resolve_dots()) return;
    put('/');
    segment_ = size_;
  }

  bool resolve_dots() {
    const std::string_view segment(buffer_.data() + segment_, size_ - segment_);
    if (segment != "." && segment != "..") return false;
    const bool up = segment.size() == 2;
    size_ = segment_;
    if (!up || size_ <= 1) return true;
    --size_;
    while (buffer_[size_ - 1] != '/') --size_;
    segment_ = size_;
    return true;
  }

  void merge_slashes() {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      if (buffer_[i] == '/' && kept > 0 && buffer_[kept - 1] == '/') continue;
      buffer_[kept++] = buffer_[i];
    }
    size_ = kept;
  }

  std::string_view text() const { return {buffer_.data(), size_}; }

 private:
  std::span<char> buffer_;
  std::size_t size_ = 0;
  std::size_t segment_ = 0;
};

}  // namespace

Result<SplitTarget> split_target(std::string_view target, PathRules rules) {
  const auto refused = failed(CloseReason::bad_path, Side::client);
  if (target.empty() || target.front() != '/') return refused;
  const char* const begin = target.data();
  const char* const end = begin + target.size();
  bool normalised = true;
  const char* at = begin + 1;
  while ((at = find_mark(at, end, kRefused | kQuestion | kPercent | kDot)) != end && *at != '?') {
    if (mark(*at) & kRefused) return refused;
    if (*at == '.') {
      if (is_dot_segment(at, end)) normalised = false;
    } else {
      const Verdict verdict = judge_escape(at, end, rules);
      if (verdict == Verdict::refused) return refused;
      if (verdict == Verdict::changes) normalised = false;
    }
    ++at;
  }
  if (at != end && find_mark(at, end, kRefused) != end) return refused;
  const std::string_view path(begin, static_cast<std::size_t>(at - begin));
  if (rules.merge_slashes && path.find("//") != std::string_view::npos) normalised = false;
  return SplitTarget{path, {at, static_cast<std::size_t>(end - at)}, normalised};
}

std::string_view normalise_path(std::string_view path, PathRules rules, std::span<char> buffer) {
  PathWriter writer(buffer);
  const char* const end = path.data() + path.size();
  for (const char* at = path.data(); at != end; ++at) {
    if (*at == '/') {
      writer.slash();
      continue;
    }
    const int octet = *at == '%' ? escaped_octet(at, end) : -1;
    if (octet >= 0 && is_char(static_cast<char>(octet), kUnreservedChar)) {
      writer.put(static_cast<char>(octet));
      at += 2;
    } else {
      writer.put(*at);
    }
  }
  writer.resolve_dots();
  if (rules.merge_slashes) writer.merge_slashes();
  return writer.text();
}

}  // namespace nuncio
