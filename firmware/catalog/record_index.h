// SPDX-License-Identifier: Apache-2.0
// Business rows and recordings of one business, and how they are found: SQLite, derived from what
// snapshots hold, disposable. A file of its own beside the catalog.
//
// It reflects the snapshot that head() names. What a snapshot brings is added within begin() and
// commit(), which sets the head in the same transaction: a cut at any moment leaves the former
// state. Same calls in the same order, same answers.
//
// Rows are found by terms (record_index_terms.h). Each batch writes a run of its own, sorted, and
// runs are merged in eights (record_index_runs.h), so that few rows cost little however many there
// are.
//
// Durability, writers, readers, errors and threads are those of the catalog (catalog.h). Besides:
// invalid_argument for a query that cannot be answered, limit_exceeded for more than 2^32 - 2 rows
// or a row of more than 64 MiB.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "firmware/catalog/open_mode.h"
#include "firmware/journal/entry.h"
#include "firmware/records/binding.h"
#include "firmware/records/call_class.h"
#include "firmware/records/facts.h"
#include "hal/base/id.h"

namespace holdfast::catalog {

// An item that is taken apart into rows.
struct RowItem {
  std::string source;  // its name
  std::string path;    // the item's
  Digest content;
  std::uint64_t snapshot = 0;        // number of the first one that has it
  std::vector<std::string> columns;  // their names; empty where every row is rejected

  bool operator==(const RowItem&) const = default;
};

struct Row {
  std::uint64_t number = 0;  // in its item, rising from 1, as CsvRow has it
  Digest verbatim;           // of its bytes
  records::RowFacts facts;   // id is not looked at
  // As many as there are columns; none of a rejected row. Nothing is NULL.
  std::vector<std::optional<std::string>> fields;
};

// What the header of a recording says.
struct Probe {
  std::optional<std::int64_t> duration_ms;
  records::AudioState audio = records::AudioState::unknown;
  std::string format;

  bool operator==(const Probe&) const = default;
};

// All conditions hold of each row that is found.
struct RecordQuery {
  struct Column {
    std::string name;
    std::string value;  // exactly
  };
  struct Text {
    std::string column;  // empty: any
    std::string text;    // words, or parts of Chinese text: see has_text()
  };
  std::vector<Column> columns;
  std::vector<Text> texts;
  std::vector<std::string> numbers;         // normalised
  std::vector<std::string> number_endings;  // 4 to 8 characters
  std::optional<std::string> call_id;
  std::optional<std::string> key;
  std::optional<std::int64_t> from_ms;   // a row without a start is in no range
  std::optional<std::int64_t> until_ms;  // not itself
  // Only rows without a start, or one before 1970; then there is no from_ms and no until_ms.
  bool is_undated = false;
  std::optional<records::CallClass> row_class;
  std::string source;      // its name; empty: of all
  std::uint32_t skip = 0;  // so many of those that fit are left out first
  std::uint32_t limit = 100;
};

struct FoundRecording {
  records::Rung rung = records::Rung::call_id;
  std::string path;
  std::string content;  // digest of the bytes; empty: not known
  bool gone = false;    // at the source
  // Of the bytes that the row was bound to, if the recording has others by now, or a prune took it;
  // else empty.
  std::string former_content = {};
  bool is_pruned = false;
};

struct FoundRow {
  RowItem item;
  Row row;
  bool is_former = false;                       // a newer version of it is there
  std::optional<records::CallClass> row_class;  // of the last reconciliation that saw it
  std::vector<FoundRecording> recordings;       // by path
};

struct FoundRows {
  std::vector<FoundRow> rows;  // the latest start first, those without a start last
  bool has_more = false;
};

// What the index should know and does not, because it could not be read when it was asked for.
struct MissingRows {
  static constexpr std::uint32_t kPathsKept = 100;
  std::uint64_t items = 0;         // row items, files below records/, parts of trees
  std::uint64_t lost = 0;          // of them: not readable then; the rest has no rows as it is
  std::vector<std::string> paths;  // the first of them
};

class RecordInput;

// What is reconciled. Empty: the rows of all sources; all recordings.
struct RecordScope {
  std::string source;
  std::string folder;
  // The numbers of so many rows or recordings are sorted in memory (some 400 bytes each), those of
  // more by SQLite.
  std::size_t sorted_at_once = 50'000;
};

class RecordIndex {
 public:
  // An empty path: in memory, for writing. Else as Catalog::open().
  [[nodiscard]] static Result<RecordIndex> open(const std::string& path, OpenMode mode,
                                                const BusinessId& business);
  ~RecordIndex();
  RecordIndex(RecordIndex&&) noexcept;
  RecordIndex& operator=(RecordIndex&&) noexcept;

  [[nodiscard]] Result<journal::Head> head();

  // One transaction for all that is added, removed and bound in between. Not nested. An index that
  // goes, or a commit that fails, takes everything back. After an error within a batch the batch
  // must be taken back.
  [[nodiscard]] Result<void> begin();
  void take_back();
  [[nodiscard]] Result<void> commit(const journal::Head& head);
  // Moves all that was committed into the file itself, durable. locked: somebody reads right now.
  // Not within a batch.
  [[nodiscard]] Result<void> checkpoint();

  [[nodiscard]] Result<bool> has_row_item(const RowItem& item);  // by source, path and content
  // Within a batch. It must not be there. Its rows follow.
  [[nodiscard]] Result<void> add_row_item(const RowItem& item);
  // Within a batch: a row of the item that was added last. A row of the same source and key in an
  // item that was added before becomes its former version; two of one item are both current.
  [[nodiscard]] Result<void> add_row(const Row& row);
  // Within a batch. Its rows and their bindings go; former versions of them are current again. Ok
  // if there is none.
  [[nodiscard]] Result<void> remove_row_item(const RowItem& item);

  // Within a batch. By path: what was known of the item is replaced. Its bindings stay, and stay
  // those of the bytes that it had then. `probe`: none if it was not looked at. Of the facts, id,
  // duration_ms and audio are not looked at.
  [[nodiscard]] Result<void> note_recording(const records::RecordingFacts& facts,
                                            const std::optional<Probe>& probe);
  // Within a batch. The item is gone at the source, or there again. Ok if it is unknown.
  [[nodiscard]] Result<void> mark_gone(const std::string& path, bool gone);
  // Of any recording with these bytes that was looked at.
  [[nodiscard]] Result<std::optional<Probe>> find_probe(const std::string& content);

  // Within a batch: what binding and reconciliation are given, and where their results go. To be
  // used before anything else is added or removed, and gone before commit(). The index outlives it.
  [[nodiscard]] Result<std::unique_ptr<RecordInput>> reconcile_input(const RecordScope& scope = {});

  // Nothing: it is whole. What it does not know may have any key, and be bound to any recording.
  [[nodiscard]] Result<MissingRows> missing();

  // Of the last reconciliation.
  [[nodiscard]] Result<records::ClassCounts> row_classes();
  [[nodiscard]] Result<records::ClassCounts> recording_classes();

  // The names that the columns of any row have, in order.
  [[nodiscard]] Result<std::vector<std::string>> columns();

  // Not within a batch.
  [[nodiscard]] Result<FoundRows> find(const RecordQuery& query);

  // For this folder alone.
  struct State;
  [[nodiscard]] State& state() { return *state_; }

 private:
  explicit RecordIndex(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace holdfast::catalog
