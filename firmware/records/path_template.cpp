// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/path_template.h"

#include <algorithm>

namespace holdfast::records {

// Each piece is taken where it comes first. That is enough: to move one on would put what it has
// left behind, with any slash in it, under the star before it.
bool PathPattern::fits(std::string_view path) const {
  if (is_exact()) return path == prefix();
  if (!path.starts_with(prefix())) return false;
  path.remove_prefix(prefix().size());
  for (std::size_t i = 1; i + 1 < pieces.size(); ++i) {
    const std::size_t found = path.find(pieces[i]);
    if (found == std::string_view::npos || path.substr(0, found).contains('/')) return false;
    path.remove_prefix(found + pieces[i].size());
  }
  if (!path.ends_with(pieces.back())) return false;
  path.remove_suffix(pieces.back().size());
  return !path.contains('/');
}

PathPattern PathPattern::parse(std::string_view text) {
  PathPattern pattern;
  for (;;) {
    const std::size_t star = text.find(kStar);
    pattern.pieces.emplace_back(text.substr(0, star));
    if (star == std::string_view::npos) return pattern;
    text.remove_prefix(star + 1);
  }
}

std::string PathPattern::text() const {
  std::string text;
  for (const std::string& piece : pieces) {
    if (&piece != &pieces.front()) text += kStar;
    text += piece;
  }
  return text;
}

std::optional<PathTemplate> PathTemplate::parse(std::string_view text) {
  PathTemplate out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_doubled = i + 1 < text.size() && text[i + 1] == text[i];
    if ((text[i] == '{' || text[i] == '}') && is_doubled) {
      out.add_text(text[i++]);
    } else if (text[i] == '{') {
      const std::size_t end = text.find('}', i);
      if (end == std::string_view::npos || !out.add_field(text.substr(i + 1, end - i - 1))) {
        return std::nullopt;
      }
      i = end;
    } else if (text[i] == '}') {
      return std::nullopt;
    } else if (text[i] == '*') {
      out.parts_.emplace_back().kind = Part::Kind::anything;
    } else {
      out.add_text(text[i]);
    }
  }
  if (out.parts_.empty()) return std::nullopt;
  return out;
}

void PathTemplate::add_text(char byte) {
  if (parts_.empty() || parts_.back().kind != Part::Kind::text) parts_.emplace_back();
  parts_.back().text += byte;
}

bool PathTemplate::add_field(std::string_view field) {
  constexpr std::string_view kStart = "start:";
  if (field.empty() || field.contains('{')) return false;
  Part& part = parts_.emplace_back();
  if (field.starts_with(kStart)) {
    part.kind = Part::Kind::start;
    part.format = TimeFormat::parse(field.substr(kStart.size()));
    return part.format && part.format->can_write();
  }
  part.kind = Part::Kind::column;
  const auto known = std::ranges::find(columns_, field);
  part.column = static_cast<std::size_t>(known - columns_.begin());
  if (known == columns_.end()) columns_.emplace_back(field);
  return true;
}

bool PathTemplate::fill(std::span<const std::string_view> values, std::optional<WallTime> start,
                        PathPattern& out) const {
  out.pieces.resize(1);
  out.pieces.front().clear();
  for (const Part& part : parts_) {
    switch (part.kind) {
      case Part::Kind::text:
        out.pieces.back() += part.text;
        break;
      case Part::Kind::column:
        if (values[part.column].empty()) return false;
        out.pieces.back() += values[part.column];
        break;
      case Part::Kind::start:
        if (!start) return false;
        part.format->write(*start, out.pieces.back());
        break;
      case Part::Kind::anything:
        out.pieces.emplace_back();
        break;
    }
  }
  return true;
}

}  // namespace holdfast::records
