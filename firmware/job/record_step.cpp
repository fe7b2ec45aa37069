// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/record_step.h"

#include <algorithm>

#include "firmware/catalog/record_index_input.h"
#include "firmware/job/outcome_files.h"
#include "firmware/job/source_completeness.h"
#include "firmware/job/statistics_files.h"
#include "firmware/job/suggestion_files.h"
#include "firmware/records/reconcile.h"
#include "firmware/vault/loss.h"
#include "hal/base/path.h"

namespace holdfast::job {

namespace {

constexpr std::int64_t kMillisecond_ns = 1'000'000;
constexpr std::uint64_t kSecond_ms = 1'000;
constexpr std::uint64_t kDay_ms = 86'400'000;
// Recordings of before the business had rows are looked at in the store, so many in a run.
constexpr std::uint64_t kProbedMax = 20'000;

records::ReconcileRules rules_of(const records::Mapping& mapping, std::int64_t watched_since_ms) {
  records::ReconcileRules rules;
  rules.binding = binding_rules_of(mapping);
  rules.duration_tolerance_ms = mapping.tolerance.duration_seconds * kSecond_ms;
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
  Result<void> suggested(const records::Suggestion& suggestion) override {
    suggestions_.add(suggestion);
    return {};
  }
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
  [[nodiscard]] const records::KeptSuggestions& suggestions() const { return suggestions_; }

 private:
  catalog::RecordInput& input_;
  Findings& rows_;
  Findings& recordings_;
  std::vector<records::CallClass> classes_;  // of recordings, by number
  records::KeptSuggestions suggestions_{kSuggestionsMax};
};

}  // namespace

records::BindingRules binding_rules_of(const records::Mapping& mapping) {
  records::BindingRules rules;
  rules.start_tolerance_ms = mapping.tolerance.start_seconds * kSecond_ms;
  rules.duration_tolerance_ms = mapping.tolerance.duration_seconds * kSecond_ms;
  rules.minimum_ms = mapping.recording.minimum_seconds * kSecond_ms;
  return rules;
}

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
      made_(run, nodes, root, request_.now),
      tree_(nodes, vault::Tree{root}, &made_, request_.stop) {}

Result<std::optional<journal::Root>> RecordStep::run(vault::NodeSink& sink) {
  sink_ = &sink;
  auto root = work();
  const bool is_stopped = !root && root.error().code == ErrorCode::interrupted;
  if (is_stopped && has_gathered_) HF_TRY(hand_over());
  return root;
}

Result<std::optional<journal::Root>> RecordStep::work() {
  HF_TRY(content_, vault::ContentReader::open(context_.business));
  if (context_.former) {
    // What cannot be found in it was not known.
    former_.emplace(*content_, *context_.former, nullptr, request_.stop,
                    [](const vault::IndexEntry& /*subtree*/) {});
  }
  taker_.emplace(TakerContext{index_, tree_, *content_, problems_, request_.stop, request_.now,
                              context_.snapshot, context_.is_new_index,
                              former_ ? &*former_ : nullptr, &context_.probes, kProbedMax});
  HF_TRY(check_folder());
  HF_TRY(find_sources());
  const bool is_anew = std::ranges::any_of(sources_, &RecordSource::is_anew);
  if (is_anew || !context_.is_tree_known) HF_TRY(taker_->take_recordings(sources_));
  for (RecordSource& source : sources_) {
    HF_TRY(const auto vanished, taker_->take_source(source));
    if (!source.definition->has_folder()) HF_TRY(ask(source, vanished));
  }
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    reports_[i].rows_taken = sources_[i].rows_taken;
    reports_[i].columns = std::move(sources_[i].drift);
  }
  if (!is_changed_ && !taker_->is_changed()) {
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
  HF_TRY(
      tree_.walk(std::string(source::kRecordsFolder), [&](const vault::Item& item) -> Result<void> {
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
    is_changed_ = is_changed_ || is_anew || is_due;
    sources_.push_back({&definition, is_anew});
    reports_.emplace_back().source = definition.name;
  }
  return {};
}

// A source that is silent changes nothing, and just that is to be told: once for each day that
// settles, and when what is asked of it has changed.
Result<bool> RecordStep::is_due(const source::SourceDefinition& source) {
  HF_TRY(const auto rules, made_.find(completeness_file(source.name)));
  if (rules.has_value() != source.completeness.has_value()) return true;
  if (rules && rules->digest != sha256(view_of(source.completeness_rules))) return true;
  HF_TRY(const auto reported, made_.find(report_file(source.name)));
  if (!reported) return source.completeness.has_value();
  const auto report = read_report(*content_, *reported);
  if (!report) return vault::is_loss(report.error()) ? Result<bool>(true) : report.error();
  if (!report->counts_hours()) return true;  // as an earlier release left it
  if (!source.completeness) return false;
  auto zone = zone_of(source.mapping);
  return report->judged_until() !=
         records::day_text(settled_day(*source.completeness, zone, now_ms(request_)));
}

Result<void> RecordStep::judge(const RecordSource& source, SourceRecords& report) {
  const records::Mapping& mapping = source.definition->mapping;
  Findings recordings;
  std::vector<StoredSuggestion> suggestions;
  if (!mapping.recording.folder.empty()) {
    HF_TRY(const auto input,
           index_.reconcile_input({source.definition->name, mapping.recording.folder}));
    IndexSink sink(*input, rows_, recordings);
    HF_TRY(const auto since, batch_.first_seen(mapping.recording.folder));
    HF_TRY(const records::ReconcileReport found,
           records::reconcile(*input, rules_of(mapping, since.value_or(0)), sink));
    HF_TRY(sink.finish());
    report.report = stored_report(found, records::exceeded(found, mapping.thresholds));
    HF_TRY(suggestions, stored_suggestions(sink.suggestions(), *input, rows_));
    add_suggestions(*report.report, suggestions, sink.suggestions().left_out());
    add_columns(*report.report, report.columns);
    HF_TRY(count(*source.definition, *input, recordings, report));
  }
  return write_outcomes(source, report, recordings, suggestions);
}

Result<void> RecordStep::count(const source::SourceDefinition& source, catalog::RecordInput& input,
                               const Findings& recordings, SourceRecords& report) {
  auto zone = zone_of(source.mapping);
  DayRange days;
  if (source.completeness) {
    HF_TRY(const auto since, batch_.first_seen(source.mapping.recording.folder));
    days = judged_days(*source.completeness, zone, now_ms(request_), since);
  }
  HF_TRY(SourceCounts counts, count_source(input, zone, rows_, recordings, days, request_.stop));
  add_sums(*report.report, counts.statistics.sum());
  if (source.completeness) {
    HF_TRY(const Completeness found,
           judge_completeness(*source.completeness, zone, days, counts, source.name, batch_));
    add_completeness(*report.report, found, *source.completeness);
  }
  report.statistics = std::move(counts.statistics);
  return {};
}

Result<void> RecordStep::write_outcomes(const RecordSource& source, const SourceRecords& report,
                                        const Findings& recordings,
                                        std::span<const StoredSuggestion> suggestions) {
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
    HF_TRY(writer.write_suggestions(suggestions));
    HF_TRY(writer.write_report(*report.report));
    HF_TRY(writer.write_statistics(report.statistics));
  }
  std::vector<std::string> stale;
  HF_TRY(tree_.walk(outcomes_folder(definition.name), [&](const vault::Item& file) -> Result<void> {
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
      HF_TRY(taker_->unless_lost(sources_[i].kept, item->path, std::move(report.error())));
    }
  }
  return {};
}

}  // namespace holdfast::job
