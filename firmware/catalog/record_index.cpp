// SPDX-License-Identifier: Apache-2.0
// Opening, batches, and what a snapshot brings.
#include "firmware/catalog/record_index.h"

#include <set>
#include <utility>

#include "firmware/catalog/open_file.h"
#include "firmware/catalog/record_index_schema.h"
#include "firmware/catalog/record_index_state.h"

namespace holdfast::catalog {

namespace {

constexpr std::size_t kRowSizeMax = 64 * kMiB;
constexpr std::uint32_t kRowsMax = UINT32_MAX - 1;

Error too_much(const Database& database, const char* what, std::uint64_t limit) {
  return make_error(ErrorCode::limit_exceeded, database.path(),
                    {{"what", what}, {"limit", std::to_string(limit)}});
}

// Nothing of a rejected row may bind it or stand for another row's newer version. Its time, right
// or not, says where people find it.
void forget_damaged(records::RowFacts& facts) {
  facts.key.clear();
  facts.call_id.clear();
  facts.numbers.clear();
  facts.path.clear();
  facts.size.reset();
}

std::vector<Term> terms_of(const std::vector<std::optional<std::string>>& fields,
                           const records::RowFacts& facts,
                           const std::vector<ColumnTerms>& columns) {
  std::vector<Term> terms;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!fields[i]) continue;
    terms.push_back(columns[i].of(*fields[i]));
    add_text_terms(*fields[i], terms);
  }
  for (const std::string& number : facts.numbers) add_number_terms(number, terms);
  if (!facts.call_id.empty()) terms.push_back(call_id_term(facts.call_id));
  if (!facts.key.empty()) terms.push_back(key_term(facts.key));
  return terms;
}

}  // namespace

RecordIndex::RecordIndex(std::unique_ptr<State> state) : state_(std::move(state)) {}
RecordIndex::~RecordIndex() = default;
RecordIndex::RecordIndex(RecordIndex&&) noexcept = default;
RecordIndex& RecordIndex::operator=(RecordIndex&&) noexcept = default;

Result<RecordIndex> RecordIndex::open(const std::string& path, OpenMode mode,
                                      const BusinessId& business) {
  HF_TRY(Database database,
         open_file(path.empty() ? ":memory:" : path, mode, kRecordSchema, business));
  if (mode == OpenMode::write && !path.empty()) HF_TRY(database.sort_beside());
  return RecordIndex(std::make_unique<State>(std::move(database), business));
}

Result<journal::Head> RecordIndex::head() {
  Statement select(state_->database, "SELECT number, digest FROM head WHERE one = 1");
  Query row = select.with();
  HF_TRY(const bool found, row.next());
  if (!found) return state_->database.damaged("head");
  journal::Head head;
  head.number = row.u64();
  head.digest = row.digest();
  HF_TRY(row.intact());
  return head;
}

Result<void> RecordIndex::begin() {
  HF_CHECK(!state_->batch);
  HF_TRY(Transaction batch, Transaction::begin(state_->database));
  state_->batch.emplace(std::move(batch));
  state_->next_row = 0;
  return {};
}

void RecordIndex::take_back() {
  state_->item.reset();
  state_->runs.take_back();
  state_->batch.reset();
}

Result<void> RecordIndex::commit(const journal::Head& head) {
  HF_CHECK(state_->batch);
  const auto finish = [&]() -> Result<void> {
    HF_TRY(state_->close_item());
    HF_TRY(state_->runs.flush());
    HF_TRY(state_->forget_told.with().run());
    Statement update(state_->database, "UPDATE head SET number = ?, digest = ? WHERE one = 1");
    HF_TRY(update.with(head.number, head.digest).run());
    return state_->batch->commit();
  };
  Result<void> finished = finish();
  take_back();
  return finished;
}

Result<void> RecordIndex::checkpoint() {
  HF_CHECK(!state_->batch);
  return state_->database.checkpoint();
}

Result<std::optional<std::uint64_t>> RecordIndex::State::item_id(const RowItem& of) {
  Statement select(database,
                   "SELECT id FROM row_items WHERE source = (SELECT id FROM sources "
                   "WHERE name = ?) AND path = ? AND content = ?");
  Query row = select.with(of.source, of.path, of.content);
  HF_TRY(const bool found, row.next());
  if (!found) return std::nullopt;
  const std::uint64_t id = row.u64();
  HF_TRY(row.intact());
  return id;
}

Result<bool> RecordIndex::has_row_item(const RowItem& item) {
  HF_TRY(const std::optional<std::uint64_t> id, state_->item_id(item));
  return id.has_value();
}

Result<std::uint64_t> RecordIndex::State::source_id(const std::string& name) {
  Statement insert(database, "INSERT INTO sources(name) VALUES(?) ON CONFLICT DO NOTHING");
  HF_TRY(insert.with(name).run());
  Statement select(database, "SELECT id FROM sources WHERE name = ?");
  Query row = select.with(name);
  HF_TRY(const bool found, row.next());
  if (!found) return database.damaged("source");
  const std::uint64_t id = row.u64();
  HF_TRY(row.intact());
  return id;
}

Result<std::uint64_t> RecordIndex::State::header_id(const std::vector<std::string>& columns) {
  const Bytes names = encode_fields({columns.begin(), columns.end()});
  Statement insert(database, "INSERT INTO headers(columns) VALUES(?) ON CONFLICT DO NOTHING");
  HF_TRY(insert.with(ByteView(names)).run());
  Statement select(database, "SELECT id FROM headers WHERE columns = ?");
  Query row = select.with(ByteView(names));
  HF_TRY(const bool found, row.next());
  if (!found) return database.damaged("header");
  const std::uint64_t id = row.u64();
  HF_TRY(row.intact());
  return id;
}

Result<std::vector<std::string>> RecordIndex::columns() {
  Statement select(state_->database,
                   "SELECT columns FROM headers WHERE id IN (SELECT header FROM row_items)");
  std::set<std::string> names;
  Query row = select.with();
  HF_TRY(row.each([&]() -> Result<void> {
    for (std::string& name : read_columns(row)) names.insert(std::move(name));
    return row.intact();
  }));
  return std::vector<std::string>(names.begin(), names.end());
}

Result<std::uint32_t> RecordIndex::State::new_row_id() {
  if (next_row == 0) {
    // The rows of the last item may all be gone, and their ids may stand in runs still.
    Statement select(database,
                     "SELECT max((SELECT coalesce(max(id), 0) FROM rows), "
                     "(SELECT coalesce(max(last_row), 0) FROM runs)) + 1");
    Query row = select.with();
    HF_TRY(const bool found, row.next());
    HF_CHECK(found);
    next_row = row.u32();
    HF_TRY(row.intact());
  }
  if (next_row > kRowsMax) return too_much(database, "rows", kRowsMax);
  return next_row++;
}

Result<void> RecordIndex::State::close_item() {
  if (!item) return {};
  Statement update(database, "UPDATE row_items SET first_row = ?, rows = ? WHERE id = ?");
  HF_TRY(update.with(item->first_row, item->rows, item->id).run());
  item.reset();
  return {};
}

Result<void> RecordIndex::add_row_item(const RowItem& item) {
  HF_CHECK(state_->batch);
  HF_TRY(state_->close_item());
  HF_TRY(const std::optional<std::uint64_t> known, state_->item_id(item));
  HF_CHECK(!known);
  HF_TRY(const std::uint64_t source, state_->source_id(item.source));
  HF_TRY(const std::uint64_t header, state_->header_id(item.columns));
  Statement insert(state_->database,
                   "INSERT INTO row_items(source, path, content, snapshot, header, first_row, "
                   "rows) VALUES(?, ?, ?, ?, ?, 0, 0)");
  HF_TRY(insert.with(source, item.path, item.content, item.snapshot, header).run());
  state_->item = {state_->database.newest_row_id(), source, item.columns.size()};
  state_->column_terms.clear();
  for (const std::string& column : item.columns) state_->column_terms.emplace_back(column);
  return {};
}

Result<void> RecordIndex::add_row(const Row& row) {
  HF_CHECK(state_->item);
  HF_CHECK(row.number > state_->item->last_number);
  State::OpenItem& item = *state_->item;
  records::RowFacts facts = row.facts;
  if (facts.fault != records::RowFault::none) forget_damaged(facts);
  HF_CHECK(row.fields.empty() || row.fields.size() == item.columns);
  const Bytes fields = encode_fields(row.fields);
  if (fields.size() > kRowSizeMax) return too_much(state_->database, "row", kRowSizeMax);

  item.last_number = row.number;
  HF_TRY(const std::uint32_t id, state_->new_row_id());
  if (item.rows++ == 0) item.first_row = id;
  if (!facts.key.empty()) {
    HF_TRY(state_->supersede.with(id, item.source, facts.key, item.id).run());
  }
  std::optional<std::int64_t> size;
  if (facts.size) size = static_cast<std::int64_t>(*facts.size);
  HF_TRY(state_->insert_row
             .with(id, item.id, row.number, item.source, facts.key, facts.call_id,
                   encode_numbers(facts.numbers), facts.start_ms, facts.duration_ms, facts.path,
                   size, facts.expects_recording, std::to_underlying(facts.fault))
             .run());
  HF_TRY(state_->insert_text.with(id, row.verbatim, ByteView(fields)).run());
  return state_->runs.add_row({facts.start_ms.value_or(kNoStart), id},
                              terms_of(row.fields, facts, state_->column_terms));
}

Result<void> RecordIndex::remove_row_item(const RowItem& item) {
  HF_CHECK(state_->batch);
  HF_TRY(state_->close_item());
  HF_TRY(state_->runs.flush());
  HF_TRY(const std::optional<std::uint64_t> id, state_->item_id(item));
  if (!id) return {};
  std::uint32_t first = 0;
  std::uint32_t rows = 0;
  {
    Statement select(state_->database, "SELECT first_row, rows FROM row_items WHERE id = ?");
    Query found = select.with(*id);
    HF_TRY(const bool is_there, found.next());
    if (!is_there) return state_->database.damaged("row item");
    first = found.u32();
    rows = found.u32();
    HF_TRY(found.intact());
  }
  Statement remove(state_->database, "DELETE FROM row_items WHERE id = ?");
  HF_TRY(remove.with(*id).run());
  if (rows == 0) return {};
  return state_->remove_rows(first, first + rows - 1);
}

// What took the place of a row that goes takes the place of that row's former version.
Result<void> RecordIndex::State::remove_rows(std::uint32_t first, std::uint32_t last) {
  HF_TRY(runs.count_dead(first, last));
  Statement bring_back(
      database,
      "UPDATE rows SET former = (SELECT newer.former FROM rows AS newer "
      "WHERE newer.id = rows.former) WHERE former <> 0 AND former BETWEEN ? AND ?");
  HF_TRY(bring_back.with(first, last).run());
  for (const char* sql : {"DELETE FROM bindings WHERE row BETWEEN ? AND ?",
                          "DELETE FROM row_texts WHERE id BETWEEN ? AND ?",
                          "DELETE FROM rows WHERE id BETWEEN ? AND ?"}) {
    Statement remove(database, sql);
    HF_TRY(remove.with(first, last).run());
  }
  return runs.drop_dead();
}

Result<void> RecordIndex::note_recording(const records::RecordingFacts& facts,
                                         const std::optional<Probe>& probe) {
  HF_CHECK(state_->batch);
  const Probe seen = probe.value_or(Probe{});
  HF_TRY(state_->stamp_bindings.with(facts.path, view_of(facts.content)).run());
  return state_->upsert_recording
      .with(facts.path, facts.size, view_of(facts.content), facts.call_id,
            encode_numbers(facts.numbers), facts.start_ms, seen.duration_ms,
            std::to_underlying(seen.audio), seen.format, probe.has_value(), facts.first_seen_ms)
      .run();
}

Result<void> RecordIndex::mark_gone(const std::string& path, bool gone) {
  HF_CHECK(state_->batch);
  Statement update(state_->database, "UPDATE recordings SET gone = ? WHERE path = ?");
  return update.with(gone, path).run();
}

Result<std::optional<Probe>> RecordIndex::find_probe(const std::string& content) {
  Query row = state_->select_probe.with(view_of(content));
  HF_TRY(const bool found, row.next());
  if (!found) return std::nullopt;
  Probe probe;
  probe.duration_ms = row.optional_i64();
  probe.audio = read_audio(row);
  probe.format = row.text();
  HF_TRY(row.intact());
  return probe;
}

}  // namespace holdfast::catalog
