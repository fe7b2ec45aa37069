// SPDX-License-Identifier: Apache-2.0
#include "firmware/catalog/recording_calls.h"

#include "firmware/catalog/record_index_state.h"
#include "firmware/records/time_format.h"

namespace holdfast::catalog {

namespace {

// What else is no start that a source means.
bool is_start(const std::optional<std::int64_t>& start_ms) {
  return start_ms && *start_ms >= 0 && *start_ms <= records::kMomentMax;
}

}  // namespace

RecordingCalls::RecordingCalls(RecordIndex& index)
    : select_rows_(index.state().database,
                   "SELECT rows.start_ms, row_items.path, rows.number, rows.key, rows.call_id "
                   "FROM recordings CROSS JOIN bindings ON recording = recordings.id "
                   "CROSS JOIN rows ON rows.id = row CROSS JOIN row_items ON row_items.id = item "
                   "WHERE recordings.path = ?1 AND former = 0 AND rows.source = "
                   "(SELECT id FROM sources WHERE name = ?2) ORDER BY row"),
      select_own_(index.state().database, "SELECT start_ms FROM recordings WHERE path = ?") {}

Result<RecordingCall> RecordingCalls::find(const std::string& path, const std::string& source) {
  RecordingCall call;
  Query row = select_rows_.with(path, source);
  HF_TRY(row.each([&]() -> Result<void> {
    const auto start_ms = row.optional_i64();
    CallRow found{.item = row.text(), .number = row.u64(), .key = row.text(), .call_id = {}};
    found.call_id = row.text();
    HF_TRY(row.intact());
    if (!call.row) call.row = std::move(found);
    if (!call.start_ms && is_start(start_ms)) call.start_ms = start_ms;
    return {};
  }));
  if (call.start_ms) return call;
  Query own = select_own_.with(path);
  HF_TRY(own.each([&]() -> Result<void> {
    const auto start_ms = own.optional_i64();
    HF_TRY(own.intact());
    if (is_start(start_ms)) call.start_ms = start_ms;
    return {};
  }));
  return call;
}

}  // namespace holdfast::catalog
