// SPDX-License-Identifier: Apache-2.0
// Which of many names may fit a pattern: those that have the rarest part of its fixed text.
//
//   words   2049_13800138000.wav      2049, 13800138000 and wav: where the pattern itself says
//   where
//                                     a word begins and ends
//   grams   2049_ · 049_1 · 49_13 ·   any five bytes in a row, wherever the pattern has them
//           ...
//
// Names of a great many words or bytes are hostile: a table that would grow past its bound is not
// used at all, and then nothing but looking at each name helps.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "firmware/records/path_template.h"

namespace holdfast::records {

// One thread at a time. Memory: 48 MiB at most.
class NameIndex {
 public:
  // So few are looked at one after the other, without tables.
  static constexpr std::size_t kFew = 64;
  static constexpr std::size_t kLookedMax = 256;
  static constexpr std::size_t kWordsMax = std::size_t{1} << 21;
  static constexpr std::size_t kGramsMax = std::size_t{1} << 22;

  // The names are at the places below `count`; `name_at` is asked until the next call of build().
  using NameAt = std::function<std::string_view(std::uint32_t place)>;
  void build(std::uint32_t count, NameAt name_at);

  // Places of those that may fit, what stands before the pattern's first star left aside. None:
  // there are more than kLookedMax of them.
  [[nodiscard]] std::optional<std::vector<std::uint32_t>> candidates_of(const PathPattern& pattern);

 private:
  // In rising order: hash of a part in the upper half, and the place of a name that has it.
  using Entries = std::vector<std::uint64_t>;
  using Found = std::optional<std::span<const std::uint64_t>>;  // none: no part of it is known

  template <class ForEachPart>
  void fill(Entries& entries, std::size_t count_max, const ForEachPart& for_each_part);
  void ask_for_grams();
  [[nodiscard]] std::size_t count_of(const Found& found) const {
    return found ? found->size() : count_;
  }
  void keep_rarer(const Entries& entries, std::string_view part, Found& found) const;

  std::uint32_t count_ = 0;
  NameAt name_at_;
  Entries words_;
  Entries grams_;
  bool has_grams_ = false;  // were they asked for
};

}  // namespace holdfast::records
