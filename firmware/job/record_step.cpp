// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/record_step.h"

#include <algorithm>
#include <tuple>

#include "firmware/catalog/record_index_input.h"
#include "firmware/job/outcome_files.h"
#include "firmware/job/row_file.h"
#include "firmware/job/source_completeness.h"
#include "firmware/records/reconcile.h"
#include "firmware/source/exclusion.h"
#include "firmware/source/row_query.h"
#include "firmware/vault/loss.h"
#include "firmware/vault/node.h"
#include "hal/base/path.h"

namespace holdfast::job {

namespace {

constexpr std::int64_t kMillisecond_ns = 1'000'000;
constexpr std::uint64_t kSecond_ms = 1'000;
constexpr std::uint64_t kDay_ms = 86'400'000;
// Recordings of before the business had rows are looked at in the store, so many in a run.
constexpr std::uint64_t kProbedMax = 20'000;

// Why no row of an item can be taken, and what a run goes on after.
bool is_of_item(const Error& error) {
  switch (error.code) {
    case ErrorCode::rows_no_header:
    case ErrorCode::rows_bad_header:
    case ErrorCode::rows_too_many_columns:
    case ErrorCode::rows_unnamed_column:
    case ErrorCode::rows_duplicate_column:
    case ErrorCode::rows_no_converter:
    case ErrorCode::rows_missing_columns:
      return true;
    default:
      return vault::is_loss(error);
  }
}

records::ReconcileRules rules_of(const records::Mapping& mapping, std::int64_t watched_since_ms) {
  records::ReconcileRules rules;
  rules.binding.start_tolerance_ms = mapping.tolerance.start_seconds * kSecond_ms;
  rules.binding.duration_tolerance_ms = mapping.tolerance.duration_seconds * kSecond_ms;
  rules.duration_tolerance_ms = mapping.tolerance.duration_seconds * kSecond_ms;
  rules.minimum_ms = mapping.recording.minimum_seconds * kSecond_ms;
  rules.late_after_ms = mapping.recording.late_days * kDay_ms;
  rules.watched_since_ms = watched_since_ms;
  return rules;
}

std::int64_t now_ms(const RecordRequest& request) {
  return request.now.ns / kMillisecond_ns;
}

// The definition was refused if there is no such zone here; a system that lost it since counts by
// UTC.
records::TimeZone zone_of(const records::Mapping& mapping) {
  return records::TimeZone::find(mapping.zone).value_or(*records::TimeZone::find("UTC"));
}

// Of one source: bindings go into the index, all else is kept until it is written.
class IndexSink final : public records::ReconcileSink {
 public:
  IndexSink(catalog::RecordInput& input, Findings& rows, Findings& recordings)
      : input_(input),
        rows_(rows),
        recordings_(recordings),
        classes_(input.recording_count(), records::CallClass::matched) {
    const Finding matched{records::CallClass::matched, records::Contradiction::none};
    for (std::uint32_t i = 0; i < input.row_count(); ++i) rows_.set(input.row_id(i), matched);
    for (std::uint32_t i = 0; i < input.recording_count(); ++i) {
      recordings_.set(input.recording_id(i), matched);
    }
  }

  Result<void> bound(const records::Binding& binding) override { return input_.bind(binding); }
  Result<void> suggested(const records::Suggestion&) override { return {}; }
  Result<void> found(const records::RecordingFinding& finding) override {
    classes_[finding.recording] = finding.call_class;
    recordings_.set(input_.recording_id(finding.recording),
                    {finding.call_class, finding.contradiction});
    return {};
  }
  Result<void> found(const records::RowFinding& finding) override {
    rows_.set(input_.row_id(finding.row), {finding.call_class, finding.contradiction});
    return {};
  }
  Result<void> finish() { return input_.set_recording_classes(classes_); }

 private:
  catalog::RecordInput& input_;
  Findings& rows_;
  Findings& recordings_;
  std::vector<records::CallClass> classes_;  // of recordings, by number
};

}  // namespace

RecordStep::RecordStep(const RecordStepContext& context, vault::Run& run, vault::NodeSource& nodes,
                       const std::optional<journal::Root>& root, Problems& problems)
    : context_(context),
      request_(context.request),
      index_(context.index),
      batch_(index_),
      run_(run),
      nodes_(nodes),
      root_(root),
      problems_(problems),
      made_(run, nodes, root, request_.now) {}

Result<std::optional<journal::Root>> RecordStep::run(vault::NodeSink& sink) {
  sink_ = &sink;
  auto root = work();
  const bool is_stopped = !root && root.error().code == ErrorCode::interrupted;
  if (is_stopped && has_gathered_) HF_TRY(hand_over());
  return root;
}

Result<std::optional<journal::Root>> RecordStep::work() {
  HF_TRY(content_, vault::ContentReader::open(context_.business));
  HF_TRY(check_folder());
  HF_TRY(find_sources());
  const bool is_anew = std::ranges::any_of(sources_, &Source::is_anew);
  is_changed_ = std::ranges::any_of(
      sources_, [](const Source& source) { return source.is_anew || source.is_due; });
  if (is_anew || !context_.is_tree_known) HF_TRY(take_recordings());
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    HF_TRY(take_source(sources_[i], reports_[i]));
  }
  if (!is_changed_) {
    HF_TRY(take_reports());
    return root_;
  }
  // Of what is half judged nothing may be handed over.
  has_gathered_ = false;
  for (std::size_t i = 0; i < sources_.size(); ++i) HF_TRY(judge(sources_[i], reports_[i]));
  HF_TRY(batch_.set_row_classes([&](std::uint32_t row) { return rows_.of(row).call_class; }));
  return made_.lay_in(*sink_);
}

// A source of that name, before the business had rows, left items that are none of the box's.
Result<void> RecordStep::check_folder() {
  bool has_any = false;
  bool is_own = false;
  HF_TRY(walk(std::string(source::kRecordsFolder), [&](const vault::Item& item) -> Result<void> {
    has_any = true;
    const std::string source(last_name_of(parent_of(item.path)));
    is_own = is_own || item.path == mapping_file(source);
    return {};
  }));
  if (!has_any || is_own) return {};
  return make_error(ErrorCode::already_exists, std::string(source::kRecordsFolder));
}

Result<void> RecordStep::find_sources() {
  for (const source::SourceDefinition& definition : request_.definition.sources) {
    if (!definition.has_rows()) continue;
    HF_TRY(const auto item, made_.find(mapping_file(definition.name)));
    const bool is_anew = !item || item->digest != sha256(view_of(definition.rules));
    HF_TRY(const bool is_due, this->is_due(definition));
    sources_.push_back({&definition, is_anew, is_due});
    reports_.emplace_back().source = definition.name;
  }
  return {};
}

// A source that is silent changes nothing, and just that is to be told: once for each day that
// settles, and when what is asked of it has changed.
Result<bool> RecordStep::is_due(const source::SourceDefinition& source) {
  HF_TRY(const auto rules, made_.find(completeness_file(source.name)));
  if (!source.completeness) return rules.has_value();
  if (!rules || rules->digest != sha256(view_of(source.completeness_rules))) return true;
  HF_TRY(const auto item, made_.find(report_file(source.name)));
  if (!item) return true;
  const auto report = read_report(*content_, *item);
  if (!report) return vault::is_loss(report.error()) ? Result<bool>(true) : report.error();
  auto zone = zone_of(source.mapping);
  return report->judged_until() !=
         records::day_text(settled_day(*source.completeness, zone, now_ms(request_)));
}

Result<void> RecordStep::walk(const std::string& folder, const VisitItem& visit) {
  vault::TreeCursor cursor(nodes_, vault::Tree{root_});
  HF_TRY(cursor.seek(folder));
  for (;;) {
    HF_TRY(check_stop(request_.stop));
    HF_TRY(const vault::Item* item, cursor.peek());
    if (item == nullptr || !is_within(item->path, folder)) break;
    const bool counts = item->type == ports::FileType::regular && item->has_content();
    if (counts) HF_TRY(visit(*item));
    cursor.advance();
  }
  return made_.for_each_made([&](const vault::Item& item) -> Result<void> {
    return is_within(item.path, folder) ? visit(item) : Result<void>();
  });
}

Result<void> RecordStep::take_recordings() {
  for (Source& source : sources_) HF_TRY(learn_recordings(source));
  std::set<std::string> folders;
  for (const Source& source : sources_) {
    const std::string& folder = source.definition->mapping.recording.folder;
    if (folder.empty() || !folders.insert(folder).second) continue;
    HF_TRY(take_folder(source));
  }
  return {};
}

Result<void> RecordStep::take_folder(const Source& source) {
  const std::string& folder = source.definition->mapping.recording.folder;
  records::RecordingNames names(source.definition->mapping);
  std::uint64_t there = 0;
  HF_TRY(walk(folder, [&](const vault::Item& item) {
    ++there;
    return take_recording(item, names, source.is_anew);
  }));
  // What a tree does not have any more (a mirror forgets) is no recording.
  HF_TRY(const std::uint64_t known, batch_.count_recordings(folder));
  if (known == there) return {};
  std::vector<std::string> gone;
  HF_TRY(
      batch_.for_each_recording(folder, [&](const catalog::RecordingOutcome& each) -> Result<void> {
        HF_TRY(const auto item, made_.find(each.path));
        if (!item) gone.push_back(each.path);
        return {};
      }));
  for (const std::string& path : gone) HF_TRY(batch_.remove_recording(path));
  is_changed_ = is_changed_ || !gone.empty();
  return {};
}

Result<void> RecordStep::take_recording(const vault::Item& item, records::RecordingNames& names,
                                        bool is_anew) {
  records::RecordingFacts facts;
  facts.path = item.path;
  facts.size = item.size;
  if (item.digest != Digest{}) facts.content = std::string(text_of(item.digest.view()));
  HF_TRY(const auto known, batch_.find_recording(item.path));
  const bool is_same = known && known->content == facts.content && known->size == facts.size;
  facts.first_seen_ms = known ? known->first_seen_ms : request_.now.ns / kMillisecond_ns;
  if (is_same && known->gone != item.is_gone()) {
    HF_TRY(index_.mark_gone(item.path, item.is_gone()));
  }
  if (is_same && !is_anew && known->is_probed) return {};
  HF_TRY(const auto probe, probe_of(item, facts.content));
  if (is_same && !is_anew && !probe) return {};
  names.read(facts);
  HF_TRY(index_.note_recording(facts, probe));
  if (item.is_gone()) HF_TRY(index_.mark_gone(item.path, true));
  is_changed_ = true;
  return {};
}

// From this run's reading, from what was known of the same bytes, or from the store.
Result<std::optional<catalog::Probe>> RecordStep::probe_of(const vault::Item& item,
                                                           const std::string& content) {
  const auto seen = context_.probes.find(item.digest);
  if (seen != context_.probes.end()) return std::optional(seen->second);
  HF_TRY(auto known, index_.find_probe(content));
  if (known || probed_ == kProbedMax) return known;
  ++probed_;
  return probe_stored(*content_, item);
}

// An index that was made anew learns from the files of the tree what no recording says by itself:
// since when the box has it, and what its header said.
Result<void> RecordStep::learn_recordings(Source& source) {
  if (!context_.is_new_index) return {};
  const auto note = [&](const OutcomeField& field) {
    return index_.note_recording(facts_of_outcome(field), probe_of_outcome(field));
  };
  return walk(outcomes_folder(source.definition->name) + "/recordings",
              [&](const vault::Item& file) {
                return unless_lost(source.kept, file.path, read_outcomes(*content_, file, note));
              });
}

Result<void> RecordStep::take_source(Source& source, SourceRecords& report) {
  const source::SourceDefinition& definition = *source.definition;
  HF_TRY(const auto known, batch_.row_items(definition.name));
  KnownItems left;
  for (const catalog::RowItem& item : known) left[item.path] = item;
  const KnownItems before = left;
  HF_TRY(const auto items, find_row_items(source, left));
  for (const vault::Item& item : items) {
    const auto former = before.find(item.path);
    const bool is_known = former != before.end();
    HF_TRY(
        take_rows(source, item, is_known ? std::optional(former->second) : std::nullopt, report));
  }
  for (const auto& [path, item] : left) HF_TRY(index_.remove_row_item(item));
  is_changed_ = is_changed_ || !left.empty();
  return definition.has_folder() ? Result<void>() : ask(source, left, report);
}

Result<std::vector<vault::Item>> RecordStep::find_row_items(const Source& source,
                                                            KnownItems& left) {
  const source::SourceDefinition& definition = *source.definition;
  const source::Exclusion wanted(definition.csv.files);
  std::vector<vault::Item> items;
  HF_TRY(walk(definition.name, [&](const vault::Item& item) -> Result<void> {
    const bool has_rows = definition.has_folder() ? wanted.matches("", last_name_of(item.path))
                                                  : source::until_of(item.path).has_value();
    if (!has_rows) return {};
    const auto known = left.find(item.path);
    const bool is_same = known != left.end() && known->second.content == item.digest;
    if (known != left.end()) left.erase(known);
    HF_TRY(const auto outcomes, made_.find(rows_file(definition.name, item.path)));
    is_changed_ = is_changed_ || !outcomes;
    if (!is_same || source.is_anew) items.push_back(item);
    return {};
  }));
  // A later file's row takes the place of one with its key.
  std::ranges::sort(items, [](const vault::Item& a, const vault::Item& b) {
    return std::tie(a.mtime_ns, a.path) < std::tie(b.mtime_ns, b.path);
  });
  return items;
}

// A file of which no row can be taken is tried again by the next run, and told again. What was
// known of it before stands until then.
Result<void> RecordStep::take_rows(Source& source, const vault::Item& item,
                                   const std::optional<catalog::RowItem>& before,
                                   SourceRecords& report) {
  const source::SourceDefinition& definition = *source.definition;
  const std::string outcomes = rows_file(definition.name, item.path);
  std::optional<Error> problem;
  if (outcomes.size() > vault::kPathSizeMax) {
    problem = make_error(ErrorCode::name_too_long, item.path);
  } else if (auto looked = RowFile(*content_, definition, request_.stop).look(item); !looked) {
    if (!is_of_item(looked.error())) return looked;
    problem = std::move(looked.error());
  }
  if (problem) {
    problems_.add(item.path, std::move(*problem));
    source.kept.insert(outcomes);
    return {};
  }
  if (before) HF_TRY(index_.remove_row_item(*before));
  is_changed_ = true;
  HF_TRY(add_rows(source, item, report));
  return bind_as_before(source, item);
}

Result<void> RecordStep::add_rows(const Source& source, const vault::Item& item,
                                  SourceRecords& report) {
  const source::SourceDefinition& definition = *source.definition;
  RowFile file(*content_, definition, request_.stop);
  bool is_begun = false;
  const auto begin = [&]() -> Result<void> {
    if (std::exchange(is_begun, true)) return {};
    return index_.add_row_item(
        {definition.name, item.path, item.digest, context_.snapshot, file.columns()});
  };
  catalog::Row row;
  HF_TRY(file.read(item,
                   [&](const records::CsvRow& csv, const records::RowFacts& facts) -> Result<void> {
                     HF_TRY(begin());
                     row.number = csv.number;
                     row.verbatim = sha256(csv.verbatim);
                     row.facts = facts;
                     if (!definition.has_folder()) take_query_key(row.facts, row.verbatim);
                     row.fields.assign(csv.fields.begin(), csv.fields.end());
                     if (csv.kind == records::RowKind::rejected) row.fields.clear();
                     report.rows_taken += 1;
                     return index_.add_row(row);
                   }));
  return begin();
}

// What earlier runs bound stays bound, whatever this index was made from; a row that is another one
// now, or stands at another place, is looked at afresh.
Result<void> RecordStep::bind_as_before(Source& source, const vault::Item& item) {
  const std::string& name = source.definition->name;
  HF_TRY(const auto file, made_.find(rows_file(name, item.path)));
  if (!file) return {};
  const catalog::RowItem row_item{name, item.path, item.digest, 0, {}};
  const auto bind = [&](const OutcomeField& field) -> Result<void> {
    const auto number = number_of(field("row"));
    const auto digest = Digest::parse(field("digest"));
    const auto rung = number_of(field("rung"));
    const auto path = unescape_path(field("recording"));
    const bool is_bound = rung && *rung >= 1 && *rung <= 3;
    if (!number || !digest || !is_bound || !path || path->empty()) return {};
    return batch_.bind_by_name(row_item, static_cast<std::uint64_t>(*number), *digest, *path,
                               static_cast<records::Rung>(*rung));
  };
  return unless_lost(source.kept, file->path, read_outcomes(*content_, *file, bind));
}

Result<void> RecordStep::judge(const Source& source, SourceRecords& report) {
  const records::Mapping& mapping = source.definition->mapping;
  Findings recordings;
  if (!mapping.recording.folder.empty()) {
    HF_TRY(const auto input,
           index_.reconcile_input({source.definition->name, mapping.recording.folder}));
    IndexSink sink(*input, rows_, recordings);
    HF_TRY(const auto since, batch_.first_seen(mapping.recording.folder));
    HF_TRY(const records::ReconcileReport found,
           records::reconcile(*input, rules_of(mapping, since.value_or(0)), sink));
    HF_TRY(sink.finish());
    report.report = stored_report(found, records::exceeded(found, mapping.thresholds));
    HF_TRY(count(*source.definition, *input, recordings, *report.report));
  }
  return write_outcomes(source, report, recordings);
}

Result<void> RecordStep::count(const source::SourceDefinition& source, catalog::RecordInput& input,
                               const Findings& recordings, StoredReport& report) {
  if (!source.completeness) return {};
  const records::CompletenessRules& rules = *source.completeness;
  auto zone = zone_of(source.mapping);
  HF_TRY(const auto since, batch_.first_seen(source.mapping.recording.folder));
  const DayRange days = judged_days(rules, zone, now_ms(request_), since);
  HF_TRY(const SourceCounts counts,
         count_source(input, zone, rows_, recordings, days, request_.stop));
  HF_TRY(const Completeness found,
         judge_completeness(rules, zone, days, counts, source.name, batch_));
  add_completeness(report, found, rules);
  return {};
}

Result<void> RecordStep::write_outcomes(const Source& source, const SourceRecords& report,
                                        const Findings& recordings) {
  const source::SourceDefinition& definition = *source.definition;
  OutcomeWriter writer(batch_, definition, made_, source.kept);
  HF_TRY(writer.write_rules());
  HF_TRY(const auto items, batch_.row_items(definition.name));
  for (const catalog::RowItem& item : items) {
    HF_TRY(check_stop(request_.stop));
    HF_TRY(writer.write_rows(item, rows_));
  }
  if (report.report) {
    HF_TRY(writer.write_recordings(recordings));
    HF_TRY(writer.write_report(*report.report));
  }
  std::vector<std::string> stale;
  HF_TRY(walk(outcomes_folder(definition.name), [&](const vault::Item& file) -> Result<void> {
    const bool stays = writer.paths().contains(file.path) || source.kept.contains(file.path);
    if (!stays) stale.push_back(file.path);
    return {};
  }));
  for (const std::string& path : stale) HF_TRY(made_.remove(path));
  return {};
}

// Nothing is new: what was found before stands.
Result<void> RecordStep::take_reports() {
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    HF_TRY(const auto item, made_.find(report_file(reports_[i].source)));
    if (!item) continue;
    auto report = read_report(*content_, *item);
    if (report) {
      reports_[i].report = std::move(*report);
    } else {
      HF_TRY(unless_lost(sources_[i].kept, item->path, std::move(report.error())));
    }
  }
  return {};
}

Result<void> RecordStep::unless_lost(std::set<std::string>& kept, const std::string& path,
                                     const Result<void>& read) {
  if (read || !vault::is_loss(read.error())) return read;
  problems_.add(path, read.error());
  kept.insert(path);
  return {};
}

}  // namespace holdfast::job
