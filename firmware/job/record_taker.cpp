// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/record_taker.h"

#include <algorithm>
#include <tuple>

#include "firmware/job/query_rows.h"
#include "firmware/job/recording_facts.h"
#include "firmware/job/row_file.h"
#include "firmware/source/exclusion.h"
#include "firmware/source/row_query.h"
#include "firmware/vault/loss.h"
#include "firmware/vault/node.h"
#include "hal/base/path.h"

namespace holdfast::job {

namespace {

constexpr std::int64_t kMillisecond_ns = 1'000'000;

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

// Of the item that came last, to compare what comes now with.
std::vector<std::string> newest_columns(const std::vector<catalog::RowItem>& items) {
  const catalog::RowItem* newest = nullptr;
  for (const catalog::RowItem& item : items) {
    const bool counts = !item.columns.empty();
    if (counts && (newest == nullptr || item.snapshot >= newest->snapshot)) newest = &item;
  }
  return newest == nullptr ? std::vector<std::string>() : newest->columns;
}

}  // namespace

RecordTaker::RecordTaker(const TakerContext& context)
    : context_(context), index_(context.index), batch_(index_), tree_(context.tree) {}

Result<void> RecordTaker::take_recordings(std::span<RecordSource> sources) {
  if (context_.is_new_index) {
    for (RecordSource& source : sources) HF_TRY(learn_recordings(source));
  }
  std::set<std::string> folders;
  for (const RecordSource& source : sources) {
    const std::string& folder = source.definition->mapping.recording.folder;
    if (folder.empty() || !folders.insert(folder).second) continue;
    HF_TRY(take_folder(source));
  }
  return {};
}

void RecordTaker::tell_progress(std::uint64_t bytes) {
  ++taken_.items_done;
  taken_.bytes_done += bytes;
  if (context_.progress != nullptr) context_.progress->update(taken_);
}

Result<void> RecordTaker::take_folder(const RecordSource& source) {
  const std::string& folder = source.definition->mapping.recording.folder;
  records::RecordingNames names(source.definition->mapping);
  std::uint64_t there = 0;
  HF_TRY(tree_.walk(folder, [&](const vault::Item& item) {
    ++there;
    tell_progress(0);
    return take_recording(item, names, source.is_anew);
  }));
  recordings_ += there;
  // What a tree does not have any more (a mirror forgets, a prune took it) is no recording.
  HF_TRY(const std::uint64_t known, batch_.count_recordings(folder));
  if (known == there) return {};
  std::vector<std::string> gone;
  HF_TRY(
      batch_.for_each_recording(folder, [&](const catalog::RecordingOutcome& each) -> Result<void> {
        HF_TRY(const auto item, tree_.find(each.path));
        if (!item) gone.push_back(each.path);
        return {};
      }));
  for (const std::string& path : gone) {
    HF_TRY(const bool is_pruned, was_pruned(path));
    HF_TRY(is_pruned ? batch_.set_pruned(path) : batch_.remove_recording(path));
  }
  is_changed_ = is_changed_ || !gone.empty();
  return {};
}

// Of a new index the files below records/ tell of it, which were written when the tree had it; any
// other one reflects the former tree, which alone knows where a sparse file has its holes.
Result<bool> RecordTaker::was_pruned(const std::string& path) {
  if (context_.is_new_index) return context_.content.has_deleted_since(0);
  if (context_.former == nullptr) return false;
  HF_TRY(const auto item, context_.former->find(path));
  return item ? context_.content.is_deleted(*item, 0) : false;
}

Result<void> RecordTaker::take_recording(const vault::Item& item, records::RecordingNames& names,
                                         bool is_anew) {
  records::RecordingFacts facts;
  facts.path = item.path;
  facts.size = item.size;
  if (item.digest != Digest{}) facts.content = std::string(text_of(item.digest.view()));
  HF_TRY(const auto known, batch_.find_recording(item.path));
  const bool is_known = known && !known->is_pruned;
  const bool is_same = is_known && known->content == facts.content && known->size == facts.size;
  facts.first_seen_ms = is_known ? known->first_seen_ms : context_.now.ns / kMillisecond_ns;
  if (is_same && known->gone != item.is_gone()) {
    HF_TRY(index_.mark_gone(item.path, item.is_gone()));
  }
  if (is_same && !is_anew && known->is_probed) return {};
  HF_TRY(const auto probe, probe_of(item, facts.content));
  if (is_same && !is_anew && !probe) return {};
  names.read(facts);
  HF_TRY(index_.note_recording(facts, probe));
  if (!known && has_lost_recordings_) HF_TRY(batch_.set_untold(item.path));
  if (item.is_gone()) HF_TRY(index_.mark_gone(item.path, true));
  is_changed_ = true;
  return {};
}

// From this run's reading, from what was known of the same bytes, or from the store.
Result<std::optional<catalog::Probe>> RecordTaker::probe_of(const vault::Item& item,
                                                            const std::string& content) {
  if (context_.probes != nullptr) {
    const auto seen = context_.probes->find(item.digest);
    if (seen != context_.probes->end()) return std::optional(seen->second);
  }
  HF_TRY(auto known, index_.find_probe(content));
  if (known || probed_ == context_.probed_max) return known;
  ++probed_;
  return probe_stored(context_.content, item);
}

// What no recording says by itself: since when the box has it, what its header said, and what was
// found of it.
Result<void> RecordTaker::learn_recordings(RecordSource& source) {
  const auto note = [&](const OutcomeField& field) -> Result<void> {
    const records::RecordingFacts facts = facts_of_outcome(field);
    HF_TRY(index_.note_recording(facts, probe_of_outcome(field)));
    const auto called_ms = number_of(field("called_ms"));
    if (called_ms) HF_TRY(batch_.set_call_time(facts.path, *called_ms));
    const auto call_class = records::call_class_named(field("class"));
    return call_class ? batch_.set_recording_class(facts.path, *call_class) : Result<void>();
  };
  return tree_.walk(outcomes_folder(source.definition->name) + "/recordings",
                    [&](const vault::Item& file) -> Result<void> {
                      const auto read = read_outcomes(context_.content, file, note);
                      has_lost_recordings_ = has_lost_recordings_ || !read;
                      return unless_missing(source.kept, file.path, read);
                    });
}

Result<RecordTaker::KnownItems> RecordTaker::take_source(RecordSource& source) {
  HF_TRY(const auto known, batch_.row_items(source.definition->name));
  source.columns = newest_columns(known);
  KnownItems left;
  for (const catalog::RowItem& item : known) left[item.path] = item;
  const KnownItems before = left;
  HF_TRY(batch_.forget_missing_items(source.definition->name));
  HF_TRY(const FoundItems items, find_items(source, left));
  const auto others = std::ranges::find_if(items, &FoundItem::is_new);
  HF_TRY(take_items(source, {items.begin(), others}, before));
  HF_TRY(take_items(source, {others, items.end()}, before));
  for (const auto& [path, item] : left) {
    HF_TRY(batch_.keep_call_times(item));
    HF_TRY(index_.remove_row_item(item));
  }
  is_changed_ = is_changed_ || !left.empty();
  return left;
}

Result<RecordTaker::FoundItems> RecordTaker::find_items(const RecordSource& source,
                                                        KnownItems& left) {
  const source::SourceDefinition& definition = *source.definition;
  const source::Exclusion wanted(definition.csv.files);
  FoundItems items;
  HF_TRY(tree_.walk(definition.name, [&](const vault::Item& item) -> Result<void> {
    const bool has_rows = definition.has_folder() ? wanted.matches("", last_name_of(item.path))
                                                  : source::until_of(item.path).has_value();
    if (!has_rows) return {};
    const auto known = left.find(item.path);
    const bool is_same = known != left.end() && known->second.content == item.digest;
    if (known != left.end()) left.erase(known);
    HF_TRY(const auto outcomes, tree_.find(rows_file(definition.name, item.path)));
    is_changed_ = is_changed_ || !outcomes;
    if (is_same && !source.is_anew) return {};
    HF_TRY(const bool is_new, is_new_item(item));
    items.push_back({item, is_new});
    return {};
  }));
  // A later file's row takes the place of one with its key.
  std::ranges::sort(items, [](const FoundItem& a, const FoundItem& b) {
    return std::tie(a.is_new, a.item.mtime_ns, a.item.path) <
           std::tie(b.is_new, b.item.mtime_ns, b.item.path);
  });
  return items;
}

Result<bool> RecordTaker::is_new_item(const vault::Item& item) {
  if (!context_.is_new_index || context_.former == nullptr) return false;
  HF_TRY(const auto before, context_.former->find(item.path));
  return !before || before->digest != item.digest;
}

// First all of them, so that it is right which row of a key came last; then what was found of them.
Result<void> RecordTaker::take_items(RecordSource& source, std::span<const FoundItem> items,
                                     const KnownItems& before) {
  std::vector<const vault::Item*> taken;
  for (const FoundItem& found : items) {
    const auto known = before.find(found.item.path);
    HF_TRY(const bool is_taken,
           take_rows(source, found.item,
                     known == before.end() ? std::nullopt : std::optional(known->second)));
    if (is_taken) taken.push_back(&found.item);
  }
  for (const vault::Item* item : taken) HF_TRY(take_outcomes(source, *item));
  return {};
}

Result<void> RecordTaker::take_item(RecordSource& source, const vault::Item& item,
                                    const std::optional<catalog::RowItem>& before) {
  HF_TRY(const bool is_taken, take_rows(source, item, before));
  return is_taken ? take_outcomes(source, item) : Result<void>();
}

// A file of which no row can be taken is tried again by the next run, and told again. What was
// known of it before stands until then.
Result<bool> RecordTaker::take_rows(RecordSource& source, const vault::Item& item,
                                    const std::optional<catalog::RowItem>& before) {
  const source::SourceDefinition& definition = *source.definition;
  const std::string outcomes = rows_file(definition.name, item.path);
  std::optional<Error> problem;
  RowFile file(context_.content, definition, context_.stop);
  if (outcomes.size() > vault::kPathSizeMax) {
    problem = make_error(ErrorCode::name_too_long, item.path);
  } else if (auto looked = file.look(item); !looked) {
    if (!is_of_item(looked.error())) return looked.error();
    problem = std::move(looked.error());
  }
  if (problem) {
    HF_TRY(batch_.note_missing(item.path, vault::is_loss(*problem)
                                              ? catalog::MissingWhy::lost_item
                                              : catalog::MissingWhy::unreadable));
    context_.problems.add(item.path, std::move(*problem));
    source.kept.insert(outcomes);
    return false;
  }
  // What another mapping has made of the same bytes counts no more.
  const bool is_read_again = before && before->content == item.digest;
  if (before && !is_read_again) HF_TRY(batch_.keep_call_times(*before));
  if (before) HF_TRY(index_.remove_row_item(*before));
  is_changed_ = true;
  if (!is_read_again && !source.columns.empty()) {
    add_drift(source.drift, records::drift_of(source.columns, file.columns()));
    source.columns = file.columns();
  }
  HF_TRY(add_rows(source, item));
  return true;
}

Result<void> RecordTaker::add_rows(RecordSource& source, const vault::Item& item) {
  const source::SourceDefinition& definition = *source.definition;
  RowFile file(context_.content, definition, context_.stop);
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
                     source.rows_taken += 1;
                     tell_progress(csv.verbatim.size());
                     return index_.add_row(row);
                   }));
  return begin();
}

// What earlier runs bound stays bound, whatever this index was made from; a row that is another one
// now, or stands at another place, is looked at afresh.
Result<void> RecordTaker::take_outcomes(RecordSource& source, const vault::Item& item) {
  const std::string& name = source.definition->name;
  HF_TRY(const auto file, tree_.find(rows_file(name, item.path)));
  if (!file) return {};
  const catalog::RowItem row_item{name, item.path, item.digest, 0, {}};
  return unless_missing(source.kept, file->path,
                        read_outcomes(context_.content, *file, [&](const OutcomeField& field) {
                          return take_outcome(source, row_item, field);
                        }));
}

Result<void> RecordTaker::take_outcome(const RecordSource& source, const catalog::RowItem& item,
                                       const OutcomeField& field) {
  const auto number = number_of(field("row"));
  const auto digest = Digest::parse(field("digest"));
  if (!number || !digest) return {};
  HF_TRY(const auto row, batch_.find_row_at(item, static_cast<std::uint64_t>(*number), *digest));
  if (!row) return {};
  if (context_.is_new_index) HF_TRY(learn_row(source, *row, field));
  const auto rung = number_of(field("rung"));
  const auto path = unescape_path(field("recording"));
  const auto content = from_hex(field("content"));
  const bool is_bound = rung && *rung >= 1 && *rung <= 3 && path && !path->empty() && content;
  if (!is_bound) return {};
  // What no tree has and whose bytes are named all the same went by a prune.
  if (context_.is_new_index && !content->empty()) {
    HF_TRY(const auto known, batch_.find_recording(*path));
    if (!known) HF_TRY(batch_.note_pruned(*path, std::string(text_of(*content))));
  }
  return batch_.bind(row->id, *path, static_cast<records::Rung>(*rung),
                     std::string(text_of(*content)));
}

// Only rows that no newer one took the place of are judged. Where none are, the file says which
// these are; if it does not, the later item counts.
Result<void> RecordTaker::learn_row(const RecordSource& source, const catalog::RowPlace& row,
                                    const OutcomeField& field) {
  const auto call_class = records::call_class_named(field("class"));
  if (call_class) learned_.set(row.id, {call_class});
  const bool is_judged = !source.definition->mapping.recording.folder.empty();
  const bool was_current = is_judged ? call_class.has_value() : field("reason") != kSuperseded;
  return row.is_former && was_current ? batch_.make_current(row.id) : Result<void>();
}

Result<void> RecordTaker::unless_missing(std::set<std::string>& kept, const std::string& path,
                                         const Result<void>& read) {
  if (!read && vault::is_loss(read.error())) {
    HF_TRY(batch_.note_missing(path, catalog::MissingWhy::lost));
  }
  return unless_lost(kept, path, read);
}

Result<void> RecordTaker::unless_lost(std::set<std::string>& kept, const std::string& path,
                                      const Result<void>& read) {
  if (read || !vault::is_loss(read.error())) return read;
  context_.problems.add(path, read.error());
  kept.insert(path);
  return {};
}

}  // namespace holdfast::job
