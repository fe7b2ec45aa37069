// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/suggestion.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace holdfast::app {

std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> two_before;
  std::vector<std::size_t> before;
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= left.size(); ++i) {
    two_before = std::exchange(before, row);
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t exchanged = before[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
      row[j] = std::min({exchanged, row[j - 1] + 1, before[j] + 1});
      const bool swapped =
          i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
      if (swapped) row[j] = std::min(row[j], two_before[j - 2] + 1);
    }
  }
  return row.back();
}

std::string nearest_word(std::string_view word, std::span<const std::string> known) {
  constexpr std::size_t kWordSizeMax = 64;  // nobody mistypes more
  if (word.size() > kWordSizeMax) return {};
  std::string nearest;
  std::size_t smallest = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance >= smallest) continue;
    smallest = distance;
    nearest = candidate;
  }
  return nearest;
}

}  // namespace holdfast::app
