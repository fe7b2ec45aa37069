// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/outcome_files.h"

#include <algorithm>
#include <charconv>

#include "firmware/job/record_tree.h"
#include "firmware/job/statistics_files.h"
#include "firmware/job/suggestion_files.h"
#include "firmware/records/csv_file.h"
#include "firmware/records/csv_writer.h"
#include "hal/base/path.h"

namespace holdfast::job {

namespace {

constexpr std::size_t kPiece = 256 * kKiB;
constexpr std::int64_t kMillisecond_ns = 1'000'000;

std::string text_of_ms(const std::optional<std::int64_t>& ms) {
  return ms ? std::to_string(*ms) : std::string();
}

std::string hex_of(const std::string& bytes) {
  return to_hex(view_of(bytes));
}

// What contradicts; empty if nothing does.
std::string reason_of(const Finding& finding) {
  if (finding.contradiction == records::Contradiction::none) return "";
  return std::string(name_of(finding.contradiction));
}

std::string reason_of(const Finding& finding, const catalog::RowOutcome& row) {
  if (row.is_former) return std::string(kSuperseded);
  if (row.fault != records::RowFault::none) return std::string(name_of(row.fault));
  return reason_of(finding);
}

std::string time_of_ms(std::int64_t ms) {
  return Timestamp{ms * kMillisecond_ns}.rfc3339();
}

bool read_count(std::string_view text, std::uint64_t& out) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), out);
  return failure == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::string outcomes_folder(std::string_view source) {
  return std::string(source::kRecordsFolder) + "/" + std::string(source);
}

std::string mapping_file(std::string_view source) {
  return outcomes_folder(source) + "/mapping.toml";
}

std::string completeness_file(std::string_view source) {
  return outcomes_folder(source) + "/completeness.toml";
}

std::string report_file(std::string_view source) {
  return outcomes_folder(source) + "/report.csv";
}

std::string rows_file(std::string_view source, std::string_view row_item) {
  return outcomes_folder(source) + "/rows" + std::string(row_item.substr(source.size()));
}

std::string recordings_file(std::string_view source, std::int64_t first_seen_ms) {
  const std::string day = time_of_ms(first_seen_ms);  // 2026-11-29T…
  return outcomes_folder(source) + "/recordings/" + day.substr(0, 4) + "/" + day.substr(5, 2) +
         "/" + day.substr(8, 2) + ".csv";
}

Result<void> OutcomeWriter::begin(const std::string& path,
                                  const std::vector<std::string>& columns) {
  paths_.insert(path);
  is_kept_ = kept_.contains(path);
  if (!is_kept_) made_.begin(path, source_.retention_class);
  return line(columns);
}

Result<void> OutcomeWriter::line(const std::vector<std::string>& fields) {
  if (is_kept_) return {};
  const std::vector<records::CsvField> row(fields.begin(), fields.end());
  append_csv_row(records::kRfc4180, row, text_);
  if (text_.size() < kPiece) return {};
  HF_TRY(made_.write(view_of(text_)));
  text_.clear();
  return {};
}

Result<void> OutcomeWriter::end() {
  if (is_kept_) return {};
  HF_TRY(made_.write(view_of(text_)));
  text_.clear();
  return made_.end();
}

Result<void> OutcomeWriter::write_rules() {
  const auto put = [this](const std::string& path, const std::string& rules) {
    paths_.insert(path);
    return made_.put(path, source_.retention_class, view_of(rules));
  };
  HF_TRY(put(mapping_file(source_.name), source_.rules));
  if (!source_.completeness) return {};
  return put(completeness_file(source_.name), source_.completeness_rules);
}

Result<void> OutcomeWriter::write_rows(const catalog::RowItem& item, const Findings& findings) {
  HF_TRY(begin(rows_file(source_.name, item.path),
               {"row", "digest", "class", "reason", "rung", "recording", "content"}));
  HF_TRY(index_.for_each_row(item, [&](const catalog::RowOutcome& row) -> Result<void> {
    const Finding finding = findings.of(row.id);
    std::vector<std::string> fields = {std::to_string(row.number),
                                       row.verbatim.hex(),
                                       std::string(finding.class_name()),
                                       reason_of(finding, row),
                                       "",
                                       "",
                                       ""};
    if (row.recordings.empty()) return line(fields);
    for (const catalog::FoundRecording& recording : row.recordings) {
      fields[4] = std::to_string(static_cast<unsigned>(recording.rung));
      fields[5] = escape_path(recording.path);
      fields[6] = hex_of(recording.former_content);
      HF_TRY(line(fields));
    }
    return {};
  }));
  return end();
}

Result<void> OutcomeWriter::write_recording(const catalog::RecordingOutcome& recording,
                                            const Finding& finding) {
  const catalog::Probe probe = recording.probe.value_or(catalog::Probe{});
  return line({escape_path(recording.path), hex_of(recording.content),
               std::string(finding.class_name()), reason_of(finding),
               recording.probe ? std::string(name_of(probe.audio)) : "", probe.format,
               text_of_ms(probe.duration_ms), time_of_ms(recording.first_seen_ms),
               text_of_ms(recording.called_ms)});
}

// A file a day, in the order of the index: by day, then by path.
Result<void> OutcomeWriter::write_recordings(const Findings& findings) {
  std::string open;
  HF_TRY(index_.for_each_recording(
      source_.mapping.recording.folder,
      [&](const catalog::RecordingOutcome& recording) -> Result<void> {
        const std::string path = recordings_file(source_.name, recording.first_seen_ms);
        if (path != open) {
          if (!open.empty()) HF_TRY(end());
          HF_TRY(begin(path, {"recording", "content", "class", "reason", "audio", "format",
                              "duration_ms", "first_seen", "called_ms"}));
          open = path;
        }
        return write_recording(recording, findings.of(recording.id));
      }));
  return open.empty() ? Result<void>() : end();
}

Result<void> OutcomeWriter::write_suggestions(std::span<const StoredSuggestion> suggestions) {
  if (suggestions.empty()) return {};
  HF_TRY(begin(suggestions_file(source_.name), suggestion_columns()));
  for (const StoredSuggestion& each : suggestions) HF_TRY(line(suggestion_line(each)));
  return end();
}

Result<void> OutcomeWriter::write_report(const StoredReport& report) {
  HF_TRY(begin(report_file(source_.name), {"about", "name", "count", "usual"}));
  for (const StoredReport::Count& each : report.counts) {
    const std::string usual = each.usual == 0 ? "" : std::to_string(each.usual);
    HF_TRY(line({each.about, each.name, std::to_string(each.count), usual}));
  }
  return end();
}

Result<void> OutcomeWriter::write_statistics(const records::Statistics& statistics) {
  std::string open;
  for (const auto& [day, of_day] : statistics.days) {
    const std::string path = statistics_file(source_.name, day);
    if (path != open) {
      if (!open.empty()) HF_TRY(end());
      HF_TRY(begin(path, statistics_columns()));
      open = path;
    }
    HF_TRY(line(statistics_line(day, of_day)));
  }
  return open.empty() ? Result<void>() : end();
}

Result<void> read_outcomes(vault::ContentReader& content, const vault::Item& item,
                           const OutcomeLine& visit) {
  records::CsvFile csv(records::kRfc4180, records::Charset::utf8);
  records::CsvRow row;
  const auto field = [&](std::string_view column) -> std::string_view {
    const auto& columns = csv.columns();
    const auto found = std::ranges::find(columns, column);
    if (found == columns.end()) return {};
    return row.fields[static_cast<std::size_t>(found - columns.begin())].value_or("");
  };
  const auto drain = [&]() -> Result<void> {
    for (;;) {
      const records::CsvStep step = csv.next(row);
      if (step == records::CsvStep::none) return {};
      const bool is_wrong =
          step == records::CsvStep::failed || row.kind == records::RowKind::rejected;
      if (is_wrong) return make_error(ErrorCode::damaged, item.path, {{"what", "outcomes"}});
      if (row.kind == records::RowKind::row) HF_TRY(visit(field));
    }
  };
  HF_TRY(content.read_item(item, [&](std::uint64_t, ByteView bytes) {
    csv.push(bytes);
    return drain();
  }));
  csv.finish();
  return drain();
}

Result<StoredReport> read_report(vault::ContentReader& content, const vault::Item& item) {
  StoredReport report;
  HF_TRY(read_outcomes(content, item, [&](const OutcomeField& field) -> Result<void> {
    const std::string_view usual = field("usual");
    StoredReport::Count count{std::string(field("about")), std::string(field("name"))};
    const bool is_sound = read_count(field("count"), count.count) &&
                          (usual.empty() || read_count(usual, count.usual));
    if (!is_sound) return make_error(ErrorCode::damaged, item.path, {{"what", "outcomes"}});
    report.counts.push_back(std::move(count));
    return {};
  }));
  if (!report.balances()) {
    return make_error(ErrorCode::damaged, item.path, {{"what", "sums of a report"}});
  }
  return report;
}

// What one source has is passed over unread.
Result<std::vector<std::string>> recorded_sources(vault::NodeSource& nodes,
                                                  const vault::Tree& tree) {
  const std::string folder = std::string(source::kRecordsFolder) + "/";
  std::vector<std::string> names;
  vault::TreeCursor cursor(nodes, tree);
  std::string from = folder;
  for (;;) {
    HF_TRY(cursor.seek(from));
    HF_TRY(const vault::Item* item, cursor.peek());
    if (item == nullptr || !item->path.starts_with(folder)) return names;
    const std::string_view below = std::string_view(item->path).substr(folder.size());
    names.emplace_back(below.substr(0, below.find('/')));
    from = folder + names.back() + '\x01';  // the first one behind all that is in it
  }
}

Result<std::map<std::string, StoredReport>> read_reports(vault::Business& business,
                                                         const catalog::SnapshotRow& snapshot) {
  std::map<std::string, StoredReport> reports;
  HF_TRY(const auto content, vault::ContentReader::open(business));
  const vault::Tree tree = vault::tree_of(snapshot);
  HF_TRY(const auto sources, recorded_sources(*content, tree));
  RecordTree files(*content, tree, nullptr, nullptr);
  for (const std::string& source : sources) {
    HF_TRY(const auto item, files.find(report_file(source)));
    if (!item) continue;
    HF_TRY(reports[source], read_report(*content, *item));
  }
  return reports;
}

}  // namespace holdfast::job
