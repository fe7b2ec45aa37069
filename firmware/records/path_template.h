// SPDX-License-Identifier: Apache-2.0
// Where a system puts the recording of a call, as a text with parts of the row in braces:
//
//   {start:%m/%d}/{agent}_{phone}_{start:%Y%m%d%H%M%S}.wav     columns, and the start of the call
//   {start:%Y/%m/%d}/*-{uniqueid}.wav                          * is anything but a slash
//
// {{ and }} are braces themselves. `start` without a colon is a column like others.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/records/time_format.h"

namespace holdfast::records {

// Stands for a star where a pattern is one text: no path has a zero byte.
inline constexpr char kStar = '\0';

// The path of an item, or what several items may fit: pieces with anything but a slash between.
struct PathPattern {
  std::vector<std::string> pieces;

  // From text(), or from a path.
  [[nodiscard]] static PathPattern parse(std::string_view text);
  // The pieces with kStar between.
  [[nodiscard]] std::string text() const;

  [[nodiscard]] bool is_exact() const { return pieces.size() == 1; }
  // Every path that fits begins with it.
  [[nodiscard]] const std::string& prefix() const { return pieces.front(); }
  [[nodiscard]] bool fits(std::string_view path) const;
};

class PathTemplate {
 public:
  // Nothing if it is none: a brace without its other, no name in it, a format that does not write.
  [[nodiscard]] static std::optional<PathTemplate> parse(std::string_view text);

  // Those that it names, each once.
  [[nodiscard]] const std::vector<std::string>& columns() const { return columns_; }

  // `values` are those of columns(). False, and `out` means nothing, if one of them is empty or a
  // start is needed and there is none.
  [[nodiscard]] bool fill(std::span<const std::string_view> values, std::optional<WallTime> start,
                          PathPattern& out) const;

 private:
  struct Part {
    enum class Kind : std::uint8_t { text, column, start, anything };
    Kind kind = Kind::text;
    std::string text;
    std::size_t column = 0;  // in columns_
    std::optional<TimeFormat> format;
  };

  [[nodiscard]] bool add_field(std::string_view field);
  void add_text(char byte);

  std::vector<Part> parts_;
  std::vector<std::string> columns_;
};

}  // namespace holdfast::records
