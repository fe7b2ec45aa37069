// SPDX-License-Identifier: Apache-2.0
#include "firmware/catalog/record_index_input.h"

#include <algorithm>
#include <bit>
#include <tuple>
#include <utility>

#include "firmware/catalog/folder_range.h"
#include "firmware/catalog/record_index_rows.h"
#include "firmware/catalog/record_index_state.h"

namespace holdfast::catalog {

using records::Binding;
using records::CallClass;
using records::NumberedCall;
using records::RecordingFacts;
using records::RecordingId;
using records::RowFacts;
using records::RowId;
using records::Stream;
using records::StreamPointer;

namespace {

// The columns id, source, fault, key, call_id, numbers, start_ms, duration_ms, path, size,
// expects_recording, had_recording. Two sources may use one key.
Result<void> read_facts(Query& row, const Database& database, RowFacts& out) {
  std::string text;
  out.id = row.u32();
  const std::uint32_t source = row.u32();
  out.fault = read_fault(row);
  row.text(text);
  out.key.clear();
  if (!text.empty()) {
    for (const int shift : {24, 16, 8, 0}) out.key += static_cast<char>(source >> shift & 0xff);
    out.key += text;
  }
  row.text(out.call_id);
  row.text(text);
  const bool is_sound = decode_numbers(text, out.numbers);
  out.start_ms = row.optional_i64();
  out.duration_ms = row.optional_i64();
  row.text(out.path);
  const auto size = row.optional_i64();
  out.size.reset();
  if (size) out.size = static_cast<std::uint64_t>(*size);
  out.expects_recording = row.boolean();
  out.had_recording = row.boolean();
  HF_TRY(row.intact());
  if (!is_sound) return database.damaged("numbers");
  return {};
}

// The columns id, path, size, content, call_id, numbers, start_ms, duration_ms, audio,
// first_seen_ms.
Result<void> read_facts(Query& row, const Database& database, RecordingFacts& out) {
  std::string numbers;
  out.id = row.u32();
  row.text(out.path);
  out.size = row.u64();
  out.content.assign(text_of(row.blob()));
  row.text(out.call_id);
  row.text(numbers);
  out.start_ms = row.optional_i64();
  out.duration_ms = row.optional_i64();
  out.audio = read_audio(row);
  out.first_seen_ms = row.i64();
  HF_TRY(row.intact());
  if (!decode_numbers(numbers, out.numbers)) return database.damaged("numbers");
  return {};
}

// The columns id, number, numbers, start_ms, duration_ms.
Result<void> read_facts(Query& row, const Database& database, NumberedCall& out) {
  std::string numbers;
  out.id = row.u32();
  row.text(out.number);
  row.text(numbers);
  out.start_ms = row.i64();
  out.duration_ms = row.optional_i64();
  HF_TRY(row.intact());
  if (!decode_numbers(numbers, out.others)) return database.damaged("numbers");
  std::erase(out.others, out.number);
  return {};
}

// What a statement gives, with ids made into numbers.
template <class T>
class FactsStream final : public Stream<T> {
 public:
  FactsStream(Database& database, const DenseIds& ids, const char* sql)
      : database_(database), ids_(ids), select_(database, sql) {}

  Result<bool> next(T& out) override {
    if (!row_) row_.emplace(select_.with());
    for (;;) {
      HF_TRY(const bool found, row_->next());
      if (!found) return false;
      HF_TRY(read_facts(*row_, database_, out));
      if (!ids_.has(out.id)) continue;  // not asked for
      out.id = ids_.number_of(out.id);
      return true;
    }
  }

 private:
  Database& database_;
  const DenseIds& ids_;
  Statement select_;
  std::optional<Query> row_;
};

class ListedCalls final : public Stream<NumberedCall> {
 public:
  explicit ListedCalls(std::vector<NumberedCall> calls) : calls_(std::move(calls)) {}

  Result<bool> next(NumberedCall& out) override {
    if (at_ == calls_.size()) return false;
    out = std::move(calls_[at_++]);
    return true;
  }

 private:
  std::vector<NumberedCall> calls_;
  std::size_t at_ = 0;
};

class BindingStream final : public Stream<Binding> {
 public:
  BindingStream(Database& database, const DenseIds& rows, const DenseIds& recordings)
      : database_(database), rows_(rows), recordings_(recordings) {}

  Result<bool> next(Binding& out) override {
    if (!row_) row_.emplace(select_.with());
    for (;;) {
      HF_TRY(const bool found, row_->next());
      if (!found) return false;
      const std::uint32_t row = row_->u32();
      const std::uint32_t recording = row_->u32();
      out.rung = read_rung(*row_);
      HF_TRY(row_->intact());
      // Of a former version, or not asked for.
      if (!recordings_.has(recording) || !rows_.has(row)) continue;
      out.row = rows_.number_of(row);
      out.recording = recordings_.number_of(recording);
      return true;
    }
  }

 private:
  Database& database_;
  const DenseIds& rows_;
  const DenseIds& recordings_;
  Statement select_{database_, "SELECT row, recording, rung FROM bindings ORDER BY row, recording"};
  std::optional<Query> row_;
};

template <class T>
Result<StreamPointer<T>> stream(Database& database, const DenseIds& ids, const char* sql) {
  return StreamPointer<T>(std::make_unique<FactsStream<T>>(database, ids, sql));
}

template <class... Values>
Result<void> load(Database& database, const char* sql, DenseIds& ids, const Values&... values) {
  Statement select(database, sql);
  Query row = select.with(values...);
  return row.each([&]() -> Result<void> {
    const std::uint32_t id = row.u32();
    HF_TRY(row.intact());
    ids.add(id);
    return {};
  });
}

}  // namespace

void DenseIds::add(std::uint32_t id) {
  const std::size_t word = id / 64;
  while (bits_.size() <= word) {
    bits_.push_back(0);
    before_.push_back(count_);
  }
  bits_[word] |= std::uint64_t{1} << id % 64;
  ++count_;
}

bool DenseIds::has(std::uint32_t id) const {
  return id / 64 < bits_.size() && (bits_[id / 64] >> id % 64 & 1) != 0;
}

std::uint32_t DenseIds::number_of(std::uint32_t id) const {
  const std::uint64_t lower = bits_[id / 64] & ((std::uint64_t{1} << id % 64) - 1);
  return before_[id / 64] + static_cast<std::uint32_t>(std::popcount(lower));
}

std::uint32_t DenseIds::id_of(std::uint32_t number) const {
  HF_CHECK(number < count_);
  const auto word =
      static_cast<std::size_t>(std::ranges::upper_bound(before_, number) - before_.begin() - 1);
  std::uint64_t bits = bits_[word];
  for (std::uint32_t skip = number - before_[word]; skip > 0; --skip) bits &= bits - 1;
  return static_cast<std::uint32_t>(word * 64 + static_cast<unsigned>(std::countr_zero(bits)));
}

struct RecordInput::Statements {
  Database& database;

  Statement bind{database,
                 "INSERT INTO bindings(row, recording, rung) VALUES(?, ?, ?) "
                 "ON CONFLICT DO NOTHING"};
  Statement recording{database,
                      "SELECT id, path, size, content, call_id, numbers, start_ms, duration_ms, "
                      "audio, first_seen_ms FROM recordings WHERE id = ?"};
  Statement set_class{database, "UPDATE recordings SET class = ?1 WHERE id = ?2 AND class <> ?1"};
};

RecordInput::RecordInput(RecordIndex::State& state)
    : state_(state), statements_(new Statements{state.database}) {}
RecordInput::~RecordInput() = default;

Result<void> RecordInput::load_ids(const RecordScope& scope) {
  sorted_at_once_ = scope.sorted_at_once;
  HF_TRY(load(state_.database,
              "SELECT id FROM rows WHERE former = 0 AND (?1 = '' OR source = "
              "(SELECT id FROM sources WHERE name = ?1)) ORDER BY id",
              row_ids_, scope.source));
  const FolderRange range(scope.folder);
  return load(state_.database,
              "SELECT id FROM recordings WHERE pruned = 0 AND (?1 = '' OR (path >= ?2 AND "
              "path < ?3)) ORDER BY id",
              recording_ids_, scope.folder, range.first, range.end);
}

Result<StreamPointer<RowFacts>> RecordInput::rows() {
  return stream<RowFacts>(
      state_.database, row_ids_,
      "SELECT id, 0, fault, '', call_id, '[]', start_ms, duration_ms, '', size, "
      "expects_recording, id IN (SELECT row FROM recordings CROSS JOIN bindings "
      "ON recording = recordings.id WHERE pruned = 1) "
      "FROM rows WHERE former = 0 ORDER BY id");
}

Result<StreamPointer<RecordingFacts>> RecordInput::recordings() {
  return stream<RecordingFacts>(
      state_.database, recording_ids_,
      "SELECT id, path, size, x'', call_id, '[]', start_ms, duration_ms, audio, first_seen_ms "
      "FROM recordings ORDER BY id");
}

Result<StreamPointer<RowFacts>> RecordInput::rows_by_key() {
  return stream<RowFacts>(
      state_.database, row_ids_,
      "SELECT id, source, 0, key, '', '[]', NULL, NULL, '', NULL, 1, 0 FROM rows "
      "WHERE key <> '' AND former = 0 ORDER BY source, key, id");
}

Result<StreamPointer<RecordingFacts>> RecordInput::recordings_by_content() {
  return stream<RecordingFacts>(state_.database, recording_ids_,
                                "SELECT id, '', 0, content, '', '[]', NULL, NULL, 0, 0 "
                                "FROM recordings WHERE content <> x'' ORDER BY content, id");
}

Result<StreamPointer<RowFacts>> RecordInput::rows_by_call_id() {
  return stream<RowFacts>(
      state_.database, row_ids_,
      "SELECT id, 0, 0, '', call_id, numbers, start_ms, NULL, '', NULL, 1, 0 FROM rows "
      "WHERE call_id <> '' AND former = 0 ORDER BY call_id, id");
}

Result<StreamPointer<RecordingFacts>> RecordInput::recordings_by_call_id() {
  return stream<RecordingFacts>(state_.database, recording_ids_,
                                "SELECT id, '', 0, x'', call_id, numbers, start_ms, NULL, 0, 0 "
                                "FROM recordings WHERE call_id <> '' ORDER BY call_id, id");
}

Result<StreamPointer<RowFacts>> RecordInput::rows_by_path() {
  return stream<RowFacts>(
      state_.database, row_ids_,
      "SELECT id, 0, 0, '', call_id, numbers, start_ms, NULL, path, NULL, 1, 0 FROM rows "
      "WHERE path <> '' AND former = 0 ORDER BY path, id");
}

Result<StreamPointer<RecordingFacts>> RecordInput::recordings_by_path() {
  return stream<RecordingFacts>(state_.database, recording_ids_,
                                "SELECT id, path, 0, x'', call_id, numbers, start_ms, NULL, 0, 0 "
                                "FROM recordings WHERE path <> '' ORDER BY path, id");
}

// `all`: the columns id, numbers, start_ms, duration_ms; `sorted`: those of a stream.
Result<StreamPointer<NumberedCall>> RecordInput::by_number(const DenseIds& ids,
                                                           const Wanted& wanted, const char* all,
                                                           const char* sorted) {
  const auto count = static_cast<std::size_t>(std::ranges::count(wanted, true));
  if (count > sorted_at_once_) return stream<NumberedCall>(state_.database, ids, sorted);
  Statement select(state_.database, all);
  std::vector<NumberedCall> calls;
  std::string json;
  std::vector<std::string> numbers;
  Query row = select.with();
  HF_TRY(row.each([&]() -> Result<void> {
    const std::uint32_t id = row.u32();
    HF_TRY(row.intact());
    if (!ids.has(id) || !wanted[ids.number_of(id)]) return {};
    row.text(json);
    NumberedCall call;
    call.start_ms = row.i64();
    call.duration_ms = row.optional_i64();
    call.id = ids.number_of(id);
    HF_TRY(row.intact());
    if (!decode_numbers(json, numbers)) return state_.database.damaged("numbers");
    for (const std::string& number : numbers) {
      call.number = number;
      call.others = numbers;
      std::erase(call.others, number);
      calls.push_back(call);
    }
    return {};
  }));
  std::ranges::sort(calls, {}, [](const NumberedCall& call) {
    return std::tie(call.number, call.start_ms, call.id);
  });
  return StreamPointer<NumberedCall>(std::make_unique<ListedCalls>(std::move(calls)));
}

Result<StreamPointer<NumberedCall>> RecordInput::rows_by_number(const Wanted& wanted) {
  return by_number(row_ids_, wanted,
                   "SELECT id, numbers, start_ms, duration_ms FROM rows "
                   "WHERE start_ms IS NOT NULL AND former = 0 ORDER BY id",
                   "SELECT rows.id, each.value, numbers, start_ms, duration_ms FROM rows "
                   "CROSS JOIN json_each(rows.numbers) AS each WHERE start_ms IS NOT NULL "
                   "AND former = 0 ORDER BY each.value, start_ms, rows.id");
}

Result<StreamPointer<NumberedCall>> RecordInput::recordings_by_number(const Wanted& wanted) {
  return by_number(recording_ids_, wanted,
                   "SELECT id, numbers, start_ms, duration_ms FROM recordings "
                   "WHERE start_ms IS NOT NULL ORDER BY id",
                   "SELECT recordings.id, each.value, numbers, start_ms, duration_ms "
                   "FROM recordings CROSS JOIN json_each(recordings.numbers) AS each "
                   "WHERE start_ms IS NOT NULL ORDER BY each.value, start_ms, recordings.id");
}

Result<StreamPointer<Binding>> RecordInput::bindings() {
  return StreamPointer<Binding>(
      std::make_unique<BindingStream>(state_.database, row_ids_, recording_ids_));
}

Result<FoundRow> RecordInput::row(RowId number) {
  RowReader reader(state_);
  HF_TRY(std::optional<FoundRow> found, reader.read(row_ids_.id_of(number)));
  if (!found) return state_.database.damaged("row");
  HF_TRY(found->recordings, reader.recordings_of(found->row.facts.id));
  found->row.facts.id = number;
  return std::move(*found);
}

Result<RecordingFacts> RecordInput::recording(RecordingId number) {
  Query row = statements_->recording.with(recording_ids_.id_of(number));
  HF_TRY(const bool found, row.next());
  if (!found) return state_.database.damaged("recording");
  RecordingFacts facts;
  HF_TRY(read_facts(row, state_.database, facts));
  facts.id = number;
  return facts;
}

Result<void> RecordInput::bind(const Binding& binding) {
  return statements_->bind
      .with(row_ids_.id_of(binding.row), recording_ids_.id_of(binding.recording),
            std::to_underlying(binding.rung))
      .run();
}

Result<void> RecordInput::set_recording_classes(std::span<const CallClass> recordings) {
  HF_CHECK(recordings.size() == recording_count());
  for (RecordingId number = 0; number < recordings.size(); ++number) {
    HF_TRY(statements_->set_class
               .with(std::to_underlying(recordings[number]), recording_ids_.id_of(number))
               .run());
  }
  return {};
}

Result<std::unique_ptr<RecordInput>> RecordIndex::reconcile_input(const RecordScope& scope) {
  HF_CHECK(state_->batch);
  HF_TRY(state_->close_item());
  HF_TRY(state_->runs.flush());
  std::unique_ptr<RecordInput> input(new RecordInput(*state_));
  HF_TRY(input->load_ids(scope));
  return input;
}

}  // namespace holdfast::catalog
