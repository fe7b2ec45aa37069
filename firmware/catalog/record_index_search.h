// SPDX-License-Identifier: Apache-2.0
// The rows of a run that have all of some terms, in order of their places. Private to this folder.
//
// Each condition is a cursor that can leap: the rarest one decides how many steps there are, and a
// leap over a million postings reads one page.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "firmware/catalog/record_index_state.h"

namespace holdfast::catalog {

inline constexpr std::uint32_t kNoPlace = UINT32_MAX;

class PlaceCursor {
 public:
  virtual ~PlaceCursor() = default;
  // The first place from this one on; kNoPlace: none. Places that are asked for do not fall.
  [[nodiscard]] virtual Result<std::uint32_t> seek(std::uint32_t place) = 0;
};

struct RowConditions {
  std::vector<Term> terms;
  std::optional<std::int64_t> from_ms;
  std::optional<std::int64_t> until_ms;
  bool is_undated = false;
  std::optional<records::CallClass> row_class;
};

class RunSearch {
 public:
  RunSearch(RecordIndex::State& state, const Run& run) : state_(state), run_(run) {}

  [[nodiscard]] Result<void> begin(const RowConditions& conditions);
  // Goes to the next place; false at the end.
  [[nodiscard]] Result<bool> next();
  [[nodiscard]] const Place& found() const { return found_; }
  [[nodiscard]] Result<std::optional<records::CallClass>> class_of_found();

 private:
  [[nodiscard]] Result<Place> place_at(std::uint32_t place);
  // The first place whose start is before that.
  [[nodiscard]] Result<std::uint32_t> first_before(std::int64_t start_ms);

  RecordIndex::State& state_;
  Run run_;
  std::vector<std::unique_ptr<PlaceCursor>> cursors_;
  std::uint32_t at_ = 0;  // what next() looks at first
  std::uint32_t end_ = 0;
  Place found_;
  std::uint32_t part_ = kNoPlace;  // which one `places_` is
  std::vector<Place> places_;
};

}  // namespace holdfast::catalog
