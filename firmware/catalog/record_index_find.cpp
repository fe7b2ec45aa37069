// SPDX-License-Identifier: Apache-2.0
// Queries: the runs of the index side by side, the newest row first, each compared with the query.
#include <algorithm>
#include <memory>
#include <utility>

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
  if (query.row_class) conditions.row_class = stored_class(*query.row_class);
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
  return (!query.call_id || facts.call_id == *query.call_id) &&
         (!query.key || facts.key == *query.key) &&
         std::ranges::all_of(query.numbers, has_number) &&
         std::ranges::all_of(query.number_endings, has_ending) && has_columns(found, query) &&
         has_texts(found, query);
}

class Search {
 public:
  Search(RecordIndex::State& state, const RecordQuery& query) : state_(state), query_(query) {}

  [[nodiscard]] Result<FoundRows> run() {
    HF_TRY(conditions_, conditions_of(query_));
    HF_TRY(const Transaction view, Transaction::begin_view(state_.database));
    HF_TRY(runs_, read_runs(state_.database));
    std::ranges::sort(runs_, std::ranges::greater{}, &Run::newest_ms);
    FoundRows found;
    for (;;) {
      HF_TRY(open_runs());
      if (heap_.empty()) return found;
      HF_TRY(std::optional<FoundRow> row, take_newest());
      if (!row) continue;
      if (found.rows.size() == query_.limit) {
        found.has_more = true;
        return found;
      }
      HF_TRY(row->recordings, recordings_of(row->row.facts.id));
      found.rows.push_back(std::move(*row));
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
    HF_TRY(std::optional<FoundRow> row, read_row(search->found().row));
    if (row && !fits(*row, query_)) row.reset();
    if (row) {
      HF_TRY(const std::uint8_t stored, search->class_of_found());
      row->row_class = class_in(stored);
    }
    HF_TRY(put_back(std::move(search)));
    return row;
  }
  [[nodiscard]] Result<std::optional<FoundRow>> read_row(std::uint32_t id);
  [[nodiscard]] Result<const RowItem*> item_of(std::uint64_t id);
  [[nodiscard]] Result<std::vector<FoundRecording>> recordings_of(std::uint32_t row);

  RecordIndex::State& state_;
  const RecordQuery& query_;
  RowConditions conditions_;
  std::vector<Run> runs_;
  std::size_t next_run_ = 0;
  std::vector<std::unique_ptr<RunSearch>> heap_;
  std::map<std::uint64_t, RowItem> items_;
};

Result<std::optional<FoundRow>> Search::read_row(std::uint32_t id) {
  Query row = state_.select_row.with(id);
  HF_TRY(const bool is_there, row.next());
  if (!is_there) return std::nullopt;
  FoundRow found;
  RowFacts& facts = found.row.facts;
  facts.id = id;
  const std::uint64_t item = row.u64();
  found.row.number = row.u64();
  facts.key = row.text();
  facts.call_id = row.text();
  const std::string numbers = row.text();
  facts.start_ms = row.optional_i64();
  facts.duration_ms = row.optional_i64();
  facts.path = row.text();
  if (const auto size = row.optional_i64()) facts.size = static_cast<std::uint64_t>(*size);
  facts.expects_recording = row.boolean();
  facts.fault = read_fault(row);
  found.is_former = row.u32() != 0;
  found.row.verbatim = row.digest();
  const ByteView fields = row.blob();
  HF_TRY(row.intact());
  HF_TRY(const RowItem* const of, item_of(item));
  found.item = *of;
  const bool is_sound =
      decode_numbers(numbers, facts.numbers) && decode_fields(fields, found.row.fields) &&
      (found.row.fields.empty() || found.row.fields.size() == found.item.columns.size());
  if (!is_sound) return state_.database.damaged("row");
  return found;
}

Result<const RowItem*> Search::item_of(std::uint64_t id) {
  const auto known = items_.find(id);
  if (known != items_.end()) return &known->second;
  Query row = state_.select_item.with(id);
  HF_TRY(const bool is_there, row.next());
  if (!is_there) return state_.database.damaged("row item");
  RowItem item;
  item.source = row.text();
  item.path = row.text();
  item.content = row.digest();
  item.snapshot = row.u64();
  std::vector<std::optional<std::string>> columns;
  const bool is_sound = decode_fields(row.blob(), columns);
  HF_TRY(row.intact());
  for (std::optional<std::string>& column : columns) {
    if (!is_sound || !column) return state_.database.damaged("row item");
    item.columns.push_back(std::move(*column));
  }
  return &(items_[id] = std::move(item));
}

Result<std::vector<FoundRecording>> Search::recordings_of(std::uint32_t row) {
  std::vector<FoundRecording> recordings;
  Query found = state_.select_recordings.with(row);
  HF_TRY(found.each([&] {
    FoundRecording recording;
    recording.rung = found.u8();
    recording.path = found.text();
    recording.content = text_of(found.blob());
    recording.gone = found.boolean();
    recordings.push_back(std::move(recording));
    return found.intact();
  }));
  return recordings;
}

}  // namespace

Result<FoundRows> RecordIndex::find(const RecordQuery& query) {
  HF_CHECK(!state_->batch);
  return Search(*state_, query).run();
}

}  // namespace holdfast::catalog
