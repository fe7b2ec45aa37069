// SPDX-License-Identifier: Apache-2.0
// What a backup does with a record index between begin() and commit(): compares it with the tree,
// hands its rows and recordings to the reconciliation, and keeps what that says.
//
// Ids of rows and recordings are those of the index; they are not dense.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "firmware/catalog/record_index.h"
#include "firmware/records/binding.h"
#include "firmware/records/call_class.h"

namespace holdfast::catalog {

struct KnownRecording {
  std::uint32_t id = 0;
  std::uint64_t size = 0;
  std::string content;
  std::int64_t first_seen_ms = 0;
  bool gone = false;
  bool is_probed = false;
  bool is_pruned = false;
  // What it had when the batch began, if it has others now: the files below records/ mean those.
  // Else empty.
  std::string former_content;
};

// What rows of one source and key have certain bytes.
struct KnownRow {
  bool is_current = false;
  bool has_former = false;  // the current one took the place of others
  bool is_former = false;   // no current one has them
};

// Why something is missing in the index. The numbers stand in its file.
enum class MissingWhy : std::uint8_t {
  unreadable = 1,  // a row item: no row can be taken of it as it is
  lost_item = 2,   // a row item, which the next run tries again
  lost = 3,        // what is asked for only when an index is made anew
};

struct RowPlace {
  std::uint32_t id = 0;
  bool is_former = false;
};

struct RowOutcome {
  std::uint32_t id = 0;
  std::uint64_t number = 0;
  Digest verbatim;
  records::RowFault fault = records::RowFault::none;
  bool is_former = false;                  // a newer version of it is there
  std::vector<FoundRecording> recordings;  // by path
};

struct RecordingOutcome {
  std::uint32_t id = 0;
  std::string path;
  std::string content;
  std::optional<Probe> probe;
  std::int64_t first_seen_ms = 0;
  // The latest start that a row has told of it with these bytes, whatever became of the row.
  std::optional<std::int64_t> called_ms;
};

// One thread at a time. `index` must outlive it. Errors: the index's.
class RecordBatch {
 public:
  explicit RecordBatch(RecordIndex& index) : index_(index) {}

  [[nodiscard]] Result<std::vector<RowItem>> row_items(const std::string& source);  // by path
  [[nodiscard]] Result<KnownRow> find_row(const std::string& source, const std::string& key,
                                          const Digest& verbatim);
  // For find_row() its rows are not there: the item is lost.
  [[nodiscard]] Result<void> pass_over(const RowItem& item);
  // Current rows of that source that have a start, which is `from_ms` or later, and a call id: by
  // what stands before the digits at its end, then by the number that these make.
  using VisitCallId =
      std::function<Result<void>(const std::string& call_id, std::int64_t start_ms)>;
  [[nodiscard]] Result<void> for_each_call_id(const std::string& source, std::int64_t from_ms,
                                              const VisitCallId& visit);
  using VisitRow = std::function<Result<void>(const RowOutcome& row)>;
  [[nodiscard]] Result<void> for_each_row(const RowItem& item, const VisitRow& visit);

  [[nodiscard]] Result<std::optional<KnownRecording>> find_recording(const std::string& path);
  // The recordings that its rows are bound to stay as late as these say, when the item goes or gets
  // other rows. Ok if there is none.
  [[nodiscard]] Result<void> keep_call_times(const RowItem& item);
  // That a row has told so of the recording as it is. Ok if it is unknown.
  [[nodiscard]] Result<void> set_call_time(const std::string& path, std::int64_t called_ms);
  // Below the folder.
  [[nodiscard]] Result<std::uint64_t> count_recordings(const std::string& folder);
  // When the box first had the oldest of them; none: there is none.
  [[nodiscard]] Result<std::optional<std::int64_t>> first_seen(const std::string& folder);
  // By the day (UTC) of first_seen, then by path.
  using VisitRecording = std::function<Result<void>(const RecordingOutcome& recording)>;
  [[nodiscard]] Result<void> for_each_recording(const std::string& folder,
                                                const VisitRecording& visit);
  [[nodiscard]] Result<void> remove_recording(const std::string& path);
  // A prune took it: it is no recording any more, but the rows that were bound to it still are, and
  // say so. What comes to be at its path later is one again.
  [[nodiscard]] Result<void> set_pruned(const std::string& path);
  // The same of one that the index does not know.
  [[nodiscard]] Result<void> note_pruned(const std::string& path, const std::string& content);

  // Ok if it is unknown.
  [[nodiscard]] Result<void> set_recording_class(const std::string& path,
                                                 records::CallClass call_class);

  // The row of that number in the item, if it has these bytes.
  [[nodiscard]] Result<std::optional<RowPlace>> find_row_at(const RowItem& item,
                                                            std::uint64_t number,
                                                            const Digest& verbatim);
  // As a file below records/ tells it. `content`: of the bytes that it was bound to; empty: those
  // that the recording had when the file was written. Ok if they are bound already, or there is no
  // such recording.
  [[nodiscard]] Result<void> bind(std::uint32_t row, const std::string& recording,
                                  records::Rung rung, const std::string& content = {});
  // Of a recording that was noted in this batch and that no file tells of although one may be bound
  // to it: what bind() is told without a content is bound to bytes that nobody knows.
  [[nodiscard]] Result<void> set_untold(const std::string& recording);
  // Whatever came later: of the rows with its source and key those of other items are former ones.
  [[nodiscard]] Result<void> make_current(std::uint32_t row);

  // The index is not whole.
  [[nodiscard]] Result<void> note_missing(const std::string& path, MissingWhy why);
  // Row items of the source: each of them is about to be tried again.
  [[nodiscard]] Result<void> forget_missing_items(const std::string& source);

  // Of every row; none: not judged.
  using ClassOf = std::function<std::optional<records::CallClass>(std::uint32_t row)>;
  [[nodiscard]] Result<void> set_row_classes(const ClassOf& class_of);

 private:
  RecordIndex& index_;
  std::set<std::uint64_t> passed_over_;  // ids of items
};

}  // namespace holdfast::catalog
