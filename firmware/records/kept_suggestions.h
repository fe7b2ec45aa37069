// SPDX-License-Identifier: Apache-2.0
// Of all that a reconciliation suggests the pairs whose rows started last: so many, however many
// there are. Each pair once, by the first reason that was given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>

#include "firmware/records/binding.h"

namespace holdfast::records {

// Memory: about a hundred bytes for each that is kept. One thread at a time.
class KeptSuggestions {
 public:
  explicit KeptSuggestions(std::size_t count_max) : count_max_(count_max) {}

  void add(const Suggestion& suggestion);

  // The latest start first, those of rows without one last; of one start by row, then by recording.
  struct IsLater {
    bool operator()(const Suggestion& left, const Suggestion& right) const;
  };
  using Kept = std::set<Suggestion, IsLater>;
  [[nodiscard]] const Kept& kept() const { return kept_; }
  // Those for which there was no room. A pair that was suggested twice counts twice.
  [[nodiscard]] std::uint64_t left_out() const { return left_out_; }

 private:
  std::size_t count_max_;
  Kept kept_;
  std::uint64_t left_out_ = 0;
};

}  // namespace holdfast::records
