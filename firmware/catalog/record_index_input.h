// SPDX-License-Identifier: Apache-2.0
// The current rows of a source and the recordings of a folder as binding and reconciliation take
// them, and where the results go. Former versions of rows are not among them.
//
// The streams come from tables and indexes as they stand where these are in order; the others are
// sorted by SQLite, in memory up to its cache and then in files beside the index.
// Threads, errors: as of the index.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "firmware/catalog/record_index.h"
#include "firmware/records/reconcile_input.h"

namespace holdfast::catalog {

// Numbers the ids that are there from 0 without gaps. A bit for each id, and 4 bytes for 64 ids.
class DenseIds {
 public:
  // Ids rise.
  void add(std::uint32_t id);
  [[nodiscard]] bool has(std::uint32_t id) const;
  [[nodiscard]] std::uint32_t count() const { return count_; }
  // Of an id that is there.
  [[nodiscard]] std::uint32_t number_of(std::uint32_t id) const;
  // number < count()
  [[nodiscard]] std::uint32_t id_of(std::uint32_t number) const;

 private:
  std::vector<std::uint64_t> bits_;
  std::vector<std::uint32_t> before_;  // how many ids stand before each word
  std::uint32_t count_ = 0;
};

class RecordInput final : public records::ReconcileInput {
 public:
  ~RecordInput() override;

  // As of ReconcileInput. recordings() tells paths as well.
  [[nodiscard]] std::uint32_t row_count() const override { return row_ids_.count(); }
  [[nodiscard]] std::uint32_t recording_count() const override { return recording_ids_.count(); }
  [[nodiscard]] Result<records::StreamPointer<records::RowFacts>> rows() override;
  [[nodiscard]] Result<records::StreamPointer<records::RecordingFacts>> recordings() override;
  [[nodiscard]] Result<records::StreamPointer<records::RowFacts>> rows_by_key() override;
  [[nodiscard]] Result<records::StreamPointer<records::RecordingFacts>> recordings_by_content()
      override;
  [[nodiscard]] Result<records::StreamPointer<records::RowFacts>> rows_by_call_id() override;
  [[nodiscard]] Result<records::StreamPointer<records::RecordingFacts>> recordings_by_call_id()
      override;
  [[nodiscard]] Result<records::StreamPointer<records::RowFacts>> rows_by_path() override;
  [[nodiscard]] Result<records::StreamPointer<records::RecordingFacts>> recordings_by_path()
      override;
  [[nodiscard]] Result<records::StreamPointer<records::NumberedCall>> rows_by_number(
      const Wanted& wanted) override;
  [[nodiscard]] Result<records::StreamPointer<records::NumberedCall>> recordings_by_number(
      const Wanted& wanted) override;
  [[nodiscard]] Result<records::StreamPointer<records::Binding>> bindings() override;

  // What stands behind the numbers; ids are the index's own.
  [[nodiscard]] std::uint32_t row_id(records::RowId number) const { return row_ids_.id_of(number); }
  [[nodiscard]] std::uint32_t recording_id(records::RecordingId number) const {
    return recording_ids_.id_of(number);
  }
  [[nodiscard]] Result<FoundRow> row(records::RowId number);
  [[nodiscard]] Result<records::RecordingFacts> recording(records::RecordingId number);

  // A pair that is bound already keeps its rung.
  [[nodiscard]] Result<void> bind(const records::Binding& binding);
  // Of all recordings, by number.
  [[nodiscard]] Result<void> set_recording_classes(std::span<const records::CallClass> recordings);

 private:
  friend class RecordIndex;
  explicit RecordInput(RecordIndex::State& state);
  [[nodiscard]] Result<records::StreamPointer<records::NumberedCall>> by_number(
      const DenseIds& ids, const Wanted& wanted, const char* all, const char* sorted);
  [[nodiscard]] Result<void> load_ids(const RecordScope& scope);

  struct Statements;
  RecordIndex::State& state_;
  DenseIds row_ids_;
  DenseIds recording_ids_;
  std::unique_ptr<Statements> statements_;
  std::size_t sorted_at_once_ = 0;
};

}  // namespace holdfast::catalog
