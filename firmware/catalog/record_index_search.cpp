// SPDX-License-Identifier: Apache-2.0
#include "firmware/catalog/record_index_search.h"

#include <algorithm>
#include <utility>

namespace holdfast::catalog {

namespace {

class TermCursor : public PlaceCursor {
 public:
  TermCursor(RecordIndex::State& state, std::uint64_t run, Term term)
      : state_(state), run_(run), term_(term) {}

  Result<std::uint32_t> seek(std::uint32_t place) override {
    const Posting wanted = posting_of(term_, place);
    while (block_.is_empty() || wanted > block_.last()) {
      if (is_at_end_) return kNoPlace;
      HF_TRY(advance(wanted));
    }
    const Posting posting = block_.seek(wanted);
    return term_in(posting) == term_ ? place_in(posting) : kNoPlace;
  }

 private:
  // To the block that has the posting, or the first one behind it.
  [[nodiscard]] Result<void> advance(Posting wanted) {
    const bool is_begun = !block_.is_empty();
    const Posting before = is_begun ? block_.first() : 0;
    HF_TRY(const bool has_block, load(state_.block_at, wanted));
    if (has_block && (!is_begun || block_.first() > before)) return {};
    HF_TRY(const bool has_more, load(state_.block_after, wanted));
    is_at_end_ = !has_more;
    return {};
  }
  [[nodiscard]] Result<bool> load(Statement& statement, Posting wanted) {
    Query row = statement.with(run_, wanted);
    HF_TRY(const bool found, row.next());
    if (!found) return false;
    const Posting first = row.u64();
    const ByteView bytes = row.blob();
    HF_TRY(row.intact());
    if (!block_.load(first, bytes)) return state_.database.damaged("postings");
    return true;
  }

  RecordIndex::State& state_;
  std::uint64_t run_;
  Term term_;
  PostingBlock block_;
  bool is_at_end_ = false;
};

Result<std::optional<Bytes>> read_part(Statement& statement, std::uint64_t run,
                                       std::uint32_t part) {
  Query row = statement.with((run << kPartBits) + part);
  HF_TRY(const bool found, row.next());
  if (!found) return std::nullopt;
  const ByteView bytes = row.blob();
  HF_TRY(row.intact());
  return Bytes(bytes.begin(), bytes.end());
}

class ClassCursor : public PlaceCursor {
 public:
  ClassCursor(RecordIndex::State& state, const Run& run, records::CallClass wanted)
      : state_(state), run_(run), wanted_(std::to_underlying(wanted)) {}

  Result<std::uint32_t> seek(std::uint32_t place) override {
    while (place < run_.rows) {
      const std::uint32_t part = place / kClassesPerPart;
      if (part != part_) {
        HF_TRY(const auto bytes, read_part(state_.select_classes, run_.id, part));
        classes_ = bytes.value_or(Bytes{});  // those not judged are not stored
        part_ = part;
      }
      const std::size_t from = std::min<std::size_t>(place % kClassesPerPart, classes_.size());
      const auto hit =
          std::find(classes_.begin() + static_cast<std::ptrdiff_t>(from), classes_.end(), wanted_);
      const auto found =
          part * kClassesPerPart + static_cast<std::uint32_t>(hit - classes_.begin());
      if (hit != classes_.end()) return found < run_.rows ? found : kNoPlace;
      place = (part + 1) * kClassesPerPart;
    }
    return kNoPlace;
  }

 private:
  RecordIndex::State& state_;
  Run run_;
  std::uint8_t wanted_;
  std::uint32_t part_ = kNoPlace;
  Bytes classes_;
};

}  // namespace

Result<void> RunSearch::begin(const RowConditions& conditions) {
  end_ = run_.rows;
  if (conditions.from_ms || conditions.until_ms) {
    HF_TRY(end_, first_before(std::max(conditions.from_ms.value_or(kNoStart), kNoStart + 1)));
  }
  if (conditions.until_ms) {
    HF_TRY(at_, first_before(*conditions.until_ms));
  }
  if (conditions.is_undated) {
    HF_TRY(at_, first_before(0));
  }
  for (const Term term : conditions.terms) {
    cursors_.push_back(std::make_unique<TermCursor>(state_, run_.id, term));
  }
  if (conditions.row_class) {
    cursors_.push_back(std::make_unique<ClassCursor>(state_, run_, *conditions.row_class));
  }
  return {};
}

Result<bool> RunSearch::next() {
  // As long as a cursor leaps ahead, all others must agree anew.
  for (std::size_t agreed = 0; at_ < end_ && agreed < cursors_.size();) {
    HF_TRY(const std::uint32_t place, cursors_[agreed]->seek(at_));
    agreed = place == at_ ? agreed + 1 : 0;
    at_ = place;
  }
  if (at_ >= end_) return false;
  HF_TRY(found_, place_at(at_));
  ++at_;
  return true;
}

Result<std::optional<records::CallClass>> RunSearch::class_of_found() {
  const std::uint32_t place = at_ - 1;
  HF_TRY(const auto bytes, read_part(state_.select_classes, run_.id, place / kClassesPerPart));
  const std::uint32_t in_part = place % kClassesPerPart;
  if (!bytes || in_part >= bytes->size() || (*bytes)[in_part] == 0) return std::nullopt;
  const auto found = static_cast<records::CallClass>((*bytes)[in_part]);
  if (std::ranges::find(records::kCallClasses, found) == records::kCallClasses.end()) {
    return state_.database.damaged("class");
  }
  return found;
}

Result<Place> RunSearch::place_at(std::uint32_t place) {
  const std::uint32_t part = place / kPlacesPerPart;
  if (part != part_) {
    HF_TRY(const auto bytes, read_part(state_.select_places, run_.id, part));
    places_.clear();
    part_ = part;
    if (!bytes || !decode_places(*bytes, places_)) return state_.database.damaged("places");
  }
  if (place % kPlacesPerPart >= places_.size()) return state_.database.damaged("places");
  return places_[place % kPlacesPerPart];
}

Result<std::uint32_t> RunSearch::first_before(std::int64_t start_ms) {
  if (run_.newest_ms < start_ms) return 0;
  if (run_.oldest_ms >= start_ms) return run_.rows;
  std::uint32_t low = 0;
  std::uint32_t high = run_.rows;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    HF_TRY(const Place place, place_at(middle));
    if (place.start_ms < start_ms) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

}  // namespace holdfast::catalog
