// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/suggestion_files.h"

#include <algorithm>
#include <charconv>
#include <tuple>

#include "firmware/job/record_tree.h"
#include "firmware/vault/loss.h"
#include "hal/base/path.h"

namespace holdfast::job {

namespace {

constexpr const char* kAbout = "suggested";

std::optional<std::int64_t> difference(const std::optional<std::int64_t>& recording,
                                       const std::optional<std::int64_t>& row) {
  if (!recording || !row) return std::nullopt;
  return *recording - *row;
}

std::string text_of(const std::optional<std::int64_t>& number) {
  return number ? std::to_string(*number) : std::string();
}

template <class Number>
bool read_number(std::string_view text, Number& out) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), out);
  return failure == std::errc{} && end == text.data() + text.size();
}

bool read_difference(std::string_view text, std::optional<std::int64_t>& out) {
  return text.empty() || read_number(text, out.emplace());
}

// False: no box has written this line.
bool read_line(const OutcomeField& field, StoredSuggestion& out) {
  auto item = unescape_path(field("item"));
  auto recording = unescape_path(field("recording"));
  if (!item || !recording || !read_number(field("row"), out.row)) return false;
  out.item = std::move(*item);
  out.recording = std::move(*recording);
  out.reason = field("reason");
  return read_difference(field("start_difference_ms"), out.start_difference_ms) &&
         read_difference(field("duration_difference_ms"), out.duration_difference_ms);
}

// What is bound after all, or is told for another reason, leads nobody anywhere.
bool is_wanted(const Finding& row) {
  return row.call_class == records::CallClass::missing_recording ||
         row.call_class == records::CallClass::contradiction;
}

}  // namespace

std::string suggestions_file(std::string_view source) {
  return outcomes_folder(source) + "/suggestions.csv";
}

Result<std::vector<StoredSuggestion>> stored_suggestions(
    const records::KeptSuggestions& suggestions, catalog::RecordInput& input,
    const Findings& rows) {
  std::vector<StoredSuggestion> stored;
  for (const records::Suggestion& each : suggestions.kept()) {
    if (!is_wanted(rows.of(input.row_id(each.row)))) continue;
    HF_TRY(const catalog::FoundRow row, input.row(each.row));
    HF_TRY(const records::RecordingFacts recording, input.recording(each.recording));
    const records::RowFacts& facts = row.row.facts;
    stored.push_back({row.item.path, row.row.number, recording.path,
                      std::string(name_of(each.hint)),
                      difference(recording.start_ms, facts.start_ms),
                      difference(recording.duration_ms, facts.duration_ms)});
  }
  std::ranges::sort(stored, {}, [](const StoredSuggestion& each) {
    return std::tie(each.item, each.row, each.recording);
  });
  return stored;
}

void add_suggestions(StoredReport& report, const std::vector<StoredSuggestion>& suggestions,
                     std::uint64_t left_out) {
  std::map<std::string, std::uint64_t> reasons;
  for (const StoredSuggestion& each : suggestions) ++reasons[each.reason];
  if (left_out > 0) reasons["left_out"] = left_out;
  for (const auto& [reason, count] : reasons) report.counts.push_back({kAbout, reason, count});
}

const std::vector<std::string>& suggestion_columns() {
  static const std::vector<std::string> columns = {
      "item", "row", "recording", "reason", "start_difference_ms", "duration_difference_ms"};
  return columns;
}

std::vector<std::string> suggestion_line(const StoredSuggestion& suggestion) {
  return {escape_path(suggestion.item),
          std::to_string(suggestion.row),
          escape_path(suggestion.recording),
          suggestion.reason,
          text_of(suggestion.start_difference_ms),
          text_of(suggestion.duration_difference_ms)};
}

Result<SuggestionsBySource> read_suggestions(vault::Business& business,
                                             const catalog::SnapshotRow& snapshot, Problems& lost) {
  SuggestionsBySource all;
  HF_TRY(const auto content, vault::ContentReader::open(business));
  const vault::Tree tree = vault::tree_of(snapshot);
  HF_TRY(const auto sources, recorded_sources(*content, tree));
  RecordTree files(*content, tree, nullptr, nullptr);
  for (const std::string& source : sources) {
    HF_TRY(const auto item, files.find(suggestions_file(source)));
    if (!item) continue;
    std::vector<StoredSuggestion>& suggestions = all[source];
    auto read = read_outcomes(*content, *item, [&](const OutcomeField& field) -> Result<void> {
      if (read_line(field, suggestions.emplace_back())) return {};
      return make_error(ErrorCode::damaged, item->path, {{"what", "outcomes"}});
    });
    if (read) continue;
    if (!vault::is_loss(read.error())) return std::move(read.error());
    suggestions.clear();
    lost.add(item->path, std::move(read.error()));
  }
  return all;
}

}  // namespace holdfast::job
