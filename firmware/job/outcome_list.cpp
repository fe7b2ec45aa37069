// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/outcome_list.h"

#include <charconv>
#include <string_view>

#include "firmware/job/outcome_files.h"
#include "firmware/vault/loss.h"
#include "firmware/vault/tree_cursor.h"
#include "hal/base/path.h"

namespace holdfast::job {

namespace {

constexpr std::string_view kRows = "rows/";
constexpr std::string_view kRecordings = "recordings/";

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Where a file below records/ belongs: "records/SOURCE/rows/REST".
struct Place {
  std::string source;
  std::string rest;
};

Place place_of(std::string_view path) {
  path.remove_prefix(source::kRecordsFolder.size() + 1);
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return {};
  return {std::string(path.substr(0, slash)), std::string(path.substr(slash + 1))};
}

// False: no box has written this line.
bool take_rung(const OutcomeField& field, Outcome& outcome) {
  outcome.rung.reset();
  if (field("rung").empty()) return true;
  const auto rung = number_of<unsigned>(field("rung"));
  if (!rung || *rung < 1 || *rung > 4) return false;
  outcome.rung = static_cast<records::Rung>(*rung);
  return true;
}

bool take_line(const OutcomeField& field, Outcome& outcome) {
  auto recording = unescape_path(field("recording"));
  if (!recording || !take_rung(field, outcome)) return false;
  outcome.recording = std::move(*recording);
  outcome.call_class = field("class");
  outcome.reason = field("reason");
  outcome.duration_ms = number_of<std::int64_t>(field("duration_ms"));
  outcome.first_seen = field("first_seen");
  outcome.audio = field("audio");
  if (!outcome.is_of_row()) return !outcome.recording.empty();
  const auto row = number_of<std::uint64_t>(field("row"));
  const auto digest = Digest::parse(field("digest"));
  if (!row || !digest) return false;
  outcome.row = *row;
  outcome.digest = *digest;
  return true;
}

Result<void> read_file(vault::ContentReader& content, const vault::Item& item,
                       const VisitOutcome& visit) {
  const Place place = place_of(item.path);
  const bool is_of_rows = place.rest.starts_with(kRows);
  if (!is_of_rows && !place.rest.starts_with(kRecordings)) return {};
  Outcome outcome;
  outcome.source = place.source;
  if (is_of_rows) outcome.item = place.source + "/" + place.rest.substr(kRows.size());
  return read_outcomes(content, item, [&](const OutcomeField& field) -> Result<void> {
    if (take_line(field, outcome)) return visit(outcome);
    return make_error(ErrorCode::damaged, item.path, {{"what", "outcomes"}});
  });
}

}  // namespace

Result<Problems> for_each_outcome(vault::Business& business, const catalog::SnapshotRow& snapshot,
                                  const StopFlag* stop, const VisitOutcome& visit,
                                  std::string_view folder) {
  Problems lost;
  HF_TRY(const auto content, vault::ContentReader::open(business));
  vault::TreeCursor cursor(*content, vault::tree_of(snapshot),
                           [&](const vault::IndexEntry& subtree) {
                             lost.add_lost_names(subtree.first_path, subtree.items);
                           });
  HF_TRY(cursor.seek(folder));
  while (true) {
    HF_TRY(check_stop(stop));
    if (cursor.stands_behind(folder)) return lost;
    HF_TRY(const vault::Item* item, cursor.peek());
    if (item == nullptr || !is_within(item->path, folder)) return lost;
    if (item->type == ports::FileType::regular && item->has_content()) {
      auto read = read_file(*content, *item, visit);
      if (!read && !vault::is_loss(read.error())) return std::move(read.error());
      if (!read) lost.add(item->path, std::move(read.error()));
    }
    cursor.advance();
  }
}

}  // namespace holdfast::job
