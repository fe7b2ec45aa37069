// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/drill_rows.h"

#include <algorithm>

#include "firmware/job/record_index_file.h"

namespace holdfast::job {

namespace {

// More rows than this that agree in all their values: they are told apart by their items, and some
// of them are enough to look through.
constexpr std::uint32_t kAlikeMax = 10'000;

bool is_same(const catalog::FoundRow& found, const BoundRow& bound, const Digest& digest) {
  const auto& fields = bound.row.fields;
  return found.item.path == bound.item && found.row.number == bound.row.number &&
         found.row.verbatim == digest && found.item.columns == bound.columns &&
         std::ranges::equal(found.row.fields, fields);
}

}  // namespace

Result<RowLookup> RowLookup::open(vault::Business& business, const catalog::SnapshotRow& snapshot) {
  RowLookup lookup(business, snapshot.head);
  if (record_index_path(business).empty()) return lookup;
  auto index = open_record_index(business);
  if (!index && index.error().code != ErrorCode::records_not_indexed) {
    return std::move(index.error());
  }
  lookup.state_ = index ? ComparedIndex::compared : ComparedIndex::missing;
  if (index) lookup.index_ = std::move(*index);
  HF_TRY(lookup.look_whether_newer());
  return lookup;
}

Result<void> RowLookup::look_whether_newer() {
  HF_TRY(const auto newest, newest_with_records(business_));
  if (state_ != ComparedIndex::none && newest && newest->head != snapshot_) {
    state_ = ComparedIndex::newer;
  }
  return {};
}

// By all its values, so that few others are found with it.
Result<void> RowLookup::find(const BoundRow& bound) {
  if (item_ == bound.item && row_ == bound.row.number) return {};
  catalog::RecordQuery query;
  query.limit = kAlikeMax;
  for (std::size_t i = 0; i < bound.columns.size(); ++i) {
    const auto& value = bound.row.fields[i];
    if (value && !value->empty()) query.columns.push_back({bound.columns[i], std::string(*value)});
  }
  HF_TRY(found_, index_->find(query));
  item_ = bound.item;
  row_ = bound.row.number;
  return {};
}

Result<std::optional<DrillFinding>> RowLookup::look_up(const BoundRow& bound,
                                                       const std::string& recording) {
  using Found = std::optional<DrillFinding>;
  if (state_ != ComparedIndex::compared) return Found();
  if (auto done = find(bound); !done) {
    if (done.error().code != ErrorCode::damaged) return std::move(done.error());
    state_ = ComparedIndex::missing;
    return Found();
  }
  const Digest digest = sha256(bound.row.verbatim);
  const auto row = std::ranges::find_if(
      found_.rows, [&](const catalog::FoundRow& found) { return is_same(found, bound, digest); });
  if (row == found_.rows.end()) {
    return found_.has_more ? Found() : Found(DrillFinding::row_missing);
  }
  const auto bound_to =
      std::ranges::find(row->recordings, recording, &catalog::FoundRecording::path);
  return bound_to == row->recordings.end() ? Found(DrillFinding::row_unbound) : Found();
}

}  // namespace holdfast::job
