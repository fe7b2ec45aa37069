// SPDX-License-Identifier: Apache-2.0
// Queries: the runs of the index side by side, the newest row first, each compared with the query.
#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "firmware/catalog/record_batch.h"
#include "firmware/catalog/record_index_paths.h"
#include "firmware/catalog/record_index_rows.h"
#include "firmware/catalog/record_index_search.h"

namespace holdfast::catalog {

namespace {

using records::RowFacts;

Error cannot_answer(const std::string& what) {
  return make_error(ErrorCode::invalid_argument, {}, {{"what", what}});
}

Result<RowConditions> conditions_of(const RecordQuery& query) {
  RowConditions conditions;
  std::vector<Term>& terms = conditions.terms;
  for (const RecordQuery::Column& column : query.columns) {
    terms.push_back(ColumnTerms(column.name).of(column.value));
  }
  const bool asks_for_nothing = (query.call_id && query.call_id->empty()) ||
                                (query.key && query.key->empty()) ||
                                std::ranges::find(query.numbers, "") != query.numbers.end();
  if (asks_for_nothing) return cannot_answer("");
  for (const std::string& number : query.numbers) terms.push_back(number_term(number));
  for (const std::string& ending : query.number_endings) {
    if (ending.size() < kEndingMin || ending.size() > kEndingMax) return cannot_answer(ending);
    terms.push_back(ending_term(ending));
  }
  if (query.call_id) terms.push_back(call_id_term(*query.call_id));
  if (query.key) terms.push_back(key_term(*query.key));
  for (const RecordQuery::Text& text : query.texts) {
    const std::size_t before = terms.size();
    add_text_terms(text.text, terms);
    if (terms.size() == before) return cannot_answer(text.text);
  }
  conditions.from_ms = query.from_ms;
  conditions.until_ms = query.until_ms;
  conditions.is_undated = query.is_undated;
  conditions.row_class = query.row_class;
  std::ranges::sort(terms);
  terms.erase(std::ranges::unique(terms).begin(), terms.end());
  return conditions;
}

bool has_columns(const FoundRow& found, const RecordQuery& query) {
  const std::vector<std::string>& names = found.item.columns;
  return std::ranges::all_of(query.columns, [&](const RecordQuery::Column& column) {
    const auto at = static_cast<std::size_t>(std::ranges::find(names, column.name) - names.begin());
    return at < found.row.fields.size() && found.row.fields[at] == column.value;
  });
}

bool has_texts(const FoundRow& found, const RecordQuery& query) {
  return std::ranges::all_of(query.texts, [&](const RecordQuery::Text& text) {
    for (std::size_t i = 0; i < found.row.fields.size(); ++i) {
      const std::optional<std::string>& field = found.row.fields[i];
      const bool is_asked = text.column.empty() || found.item.columns[i] == text.column;
      if (is_asked && field && has_text(*field, text.text)) return true;
    }
    return false;
  });
}

// Terms are hashes, and find more than was asked for. Time and class are exact.
bool fits(const FoundRow& found, const RecordQuery& query) {
  const RowFacts& facts = found.row.facts;
  const auto has_number = [&](const std::string& number) {
    return std::ranges::find(facts.numbers, number) != facts.numbers.end();
  };
  const auto has_ending = [&](const std::string& ending) {
    return std::ranges::any_of(facts.numbers,
                               [&](const std::string& number) { return number.ends_with(ending); });
  };
  return (query.source.empty() || found.item.source == query.source) &&
         (!query.call_id || facts.call_id == *query.call_id) &&
         (!query.key || facts.key == *query.key) &&
         std::ranges::all_of(query.numbers, has_number) &&
         std::ranges::all_of(query.number_endings, has_ending) && has_columns(found, query) &&
         has_texts(found, query);
}

class Search {
 public:
  Search(RecordIndex::State& state, const RecordQuery& query) : state_(state), query_(query) {}

  // Without recordings. False: there are more than query.limit.
  using Visit = std::function<Result<void>(FoundRow& row, RowReader& rows)>;
  [[nodiscard]] Result<bool> run(const Visit& visit) {
    HF_TRY(conditions_, conditions_of(query_));
    HF_TRY(const Transaction view, Transaction::begin_view(state_.database));
    HF_TRY(runs_, read_runs(state_.database));
    std::ranges::sort(runs_, std::ranges::greater{}, &Run::newest_ms);
    for (std::uint32_t skipped = 0, visited = 0;;) {
      HF_TRY(open_runs());
      if (heap_.empty()) return true;
      HF_TRY(std::optional<FoundRow> row, take_newest());
      if (!row || skipped++ < query_.skip) continue;
      if (visited++ == query_.limit) return false;
      HF_TRY(visit(*row, rows_));
    }
  }

 private:
  static bool is_older(const std::unique_ptr<RunSearch>& left,
                       const std::unique_ptr<RunSearch>& right) {
    return is_newer(right->found(), left->found());
  }

  // Those that may have a newer row than the newest that is known.
  [[nodiscard]] Result<void> open_runs() {
    while (next_run_ < runs_.size() &&
           (heap_.empty() || runs_[next_run_].newest_ms >= heap_.front()->found().start_ms)) {
      auto search = std::make_unique<RunSearch>(state_, runs_[next_run_++]);
      HF_TRY(search->begin(conditions_));
      HF_TRY(put_back(std::move(search)));
    }
    return {};
  }
  [[nodiscard]] Result<void> put_back(std::unique_ptr<RunSearch> search) {
    HF_TRY(const bool has_one, search->next());
    if (!has_one) return {};
    heap_.push_back(std::move(search));
    std::ranges::push_heap(heap_, is_older);
    return {};
  }
  // None: it was removed, or does not fit.
  [[nodiscard]] Result<std::optional<FoundRow>> take_newest() {
    std::ranges::pop_heap(heap_, is_older);
    std::unique_ptr<RunSearch> search = std::move(heap_.back());
    heap_.pop_back();
    HF_TRY(std::optional<FoundRow> row, rows_.read(search->found().row));
    if (row && !fits(*row, query_)) row.reset();
    if (row) {
      HF_TRY(row->row_class, search->class_of_found());
    }
    HF_TRY(put_back(std::move(search)));
    return row;
  }

  RecordIndex::State& state_;
  const RecordQuery& query_;
  RowReader rows_{state_};
  RowConditions conditions_;
  std::vector<Run> runs_;
  std::size_t next_run_ = 0;
  std::vector<std::unique_ptr<RunSearch>> heap_;
};

}  // namespace

Result<FoundRows> RecordIndex::find(const RecordQuery& query) {
  HF_CHECK(!state_->batch);
  FoundRows found;
  const auto keep = [&](FoundRow& row, RowReader& rows) -> Result<void> {
    HF_TRY(row.recordings, rows.recordings_of(row.row.facts.id));
    found.rows.push_back(std::move(row));
    return {};
  };
  HF_TRY(const bool is_all, Search(*state_, query).run(keep));
  found.has_more = !is_all;
  return found;
}

Result<bool> visit_paths(RecordIndex& index, const RecordQuery& query, const VisitPath& visit) {
  HF_CHECK(!index.state().batch);
  Statement select(index.state().database,
                   "WITH RECURSIVE versions(version) AS (SELECT ?1 UNION SELECT former "
                   "FROM versions CROSS JOIN rows ON rows.id = version WHERE former <> 0) "
                   "SELECT path FROM versions CROSS JOIN bindings ON row = version "
                   "CROSS JOIN recordings ON recordings.id = recording");
  return Search(index.state(), query).run([&](FoundRow& row, RowReader& /*rows*/) {
    visit(row.item.path);
    Query recording = select.with(row.row.facts.id);
    return recording.each([&]() -> Result<void> {
      const std::string path = recording.text();
      HF_TRY(recording.intact());
      visit(path);
      return {};
    });
  });
}

namespace {

Result<void> count(Database& database, std::uint8_t stored, records::ClassCounts& counts) {
  const auto row_class = static_cast<records::CallClass>(stored);
  if (stored == 0) return {};
  if (std::ranges::find(records::kCallClasses, row_class) == records::kCallClasses.end()) {
    return database.damaged("class");
  }
  counts.add(row_class);
  return {};
}

}  // namespace

Result<records::ClassCounts> RecordIndex::row_classes() {
  records::ClassCounts counts;
  Statement select(state_->database, "SELECT places FROM classes");
  Query row = select.with();
  HF_TRY(row.each([&]() -> Result<void> {
    for (const std::uint8_t stored : row.blob()) HF_TRY(count(state_->database, stored, counts));
    return row.intact();
  }));
  return counts;
}

Result<MissingRows> RecordIndex::missing() {
  MissingRows missing;
  Statement select(state_->database, "SELECT path, why FROM missing ORDER BY path");
  Query row = select.with();
  HF_TRY(row.each([&]() -> Result<void> {
    std::string path = row.text();
    const bool is_lost = row.u8() != std::to_underlying(MissingWhy::unreadable);
    HF_TRY(row.intact());
    missing.items += 1;
    missing.lost += is_lost ? 1 : 0;
    if (missing.paths.size() < MissingRows::kPathsKept) missing.paths.push_back(std::move(path));
    return {};
  }));
  return missing;
}

Result<records::ClassCounts> RecordIndex::recording_classes() {
  records::ClassCounts counts;
  Statement select(state_->database, "SELECT class FROM recordings");
  Query row = select.with();
  HF_TRY(row.each([&]() -> Result<void> {
    HF_TRY(count(state_->database, row.u8(), counts));
    return row.intact();
  }));
  return counts;
}

}  // namespace holdfast::catalog
