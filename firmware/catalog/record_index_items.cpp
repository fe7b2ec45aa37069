// SPDX-License-Identifier: Apache-2.0
#include "firmware/catalog/record_index_items.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

#include "firmware/catalog/record_index_state.h"

namespace holdfast::catalog {

namespace {

// What is further away is looked up: a look-up costs as much as so many steps.
constexpr int kStepsMax = 8;

// One recording, with the rows that are bound to it. Used again and again: its memory stays.
struct Recording {
  struct Binding {
    std::string content;  // of the bytes that it was made with
    std::optional<std::int64_t> start_ms;
  };
  std::string path;
  std::string content;
  std::optional<std::int64_t> start_ms;   // by its name
  std::optional<std::int64_t> called_ms;  // by rows that are there no more
  std::vector<Binding> bindings;
  std::size_t bindings_count = 0;

  // Made with the bytes that it has now, unless somebody says otherwise.
  Binding& bind(std::optional<std::int64_t> start) {
    if (bindings_count == bindings.size()) bindings.emplace_back();
    Binding& binding = bindings[bindings_count++];
    binding.content.assign(content);
    binding.start_ms = start;
    return binding;
  }
};

std::size_t hash_of(std::string_view path) {
  return std::hash<std::string_view>()(path);
}

}  // namespace

class ItemRows::Walk {
 public:
  explicit Walk(RecordIndex& index) : database_(index.state().database) {}

  Result<ToldOfItem> find(const std::string& path, const Digest& content);

 private:
  Result<void> seek(const std::string& path);
  Result<void> look_up(const std::string& path);
  Result<void> step();
  Result<void> read_ahead();
  Result<void> load_row_items();
  Result<void> load_rebound();
  Result<void> read_binding(std::uint64_t row, std::string& content);
  Result<void> look_into(const std::string& path, const Digest& content, ToldOfItem& told);

  Database& database_;
  Statement select_{
      database_,
      "SELECT recordings.id, recordings.path, recordings.content, recordings.start_ms, "
      "called_ms, row, rows.start_ms FROM recordings LEFT JOIN bindings "
      "ON recording = recordings.id LEFT JOIN rows ON rows.id = row "
      "WHERE recordings.path >= ? ORDER BY recordings.path"};
  std::optional<Query> rows_;           // stands on the first row behind at_
  std::optional<std::uint64_t> ahead_;  // the recording of that row; none: there is none
  // The first recording that is not before the path that was asked last; `is_at_end_`: none.
  Recording at_;
  bool is_at_end_ = false;
  std::string asked_;  // from it to at_ there is nothing; with rows_

  // What a binding says of its bytes lies outside of the index it is found by, and few say
  // anything.
  Statement select_binding_{database_,
                            "SELECT content FROM bindings WHERE row = ? AND recording = ? AND "
                            "content IS NOT NULL"};
  std::optional<std::vector<std::uint64_t>> rebound_;  // recordings of those that do, rising

  Statement select_row_item_{
      database_,
      "SELECT (SELECT max(start_ms) FROM rows WHERE rows.id BETWEEN first_row "
      "AND first_row + row_items.rows - 1) FROM row_items WHERE source IN "
      "(SELECT id FROM sources) AND path = ? AND content = ?"};
  std::optional<std::vector<std::size_t>> row_items_;  // hashes of their paths, rising
};

Result<void> ItemRows::Walk::load_row_items() {
  std::vector<std::size_t> hashes;
  std::string path;
  Statement select(database_, "SELECT path FROM row_items");
  Query row = select.with();
  HF_TRY(row.each([&]() -> Result<void> {
    row.text(path);
    hashes.push_back(hash_of(path));
    return row.intact();
  }));
  std::ranges::sort(hashes);
  row_items_ = std::move(hashes);
  return {};
}

Result<void> ItemRows::Walk::load_rebound() {
  std::vector<std::uint64_t> recordings;
  Statement select(database_, "SELECT recording FROM bindings WHERE content IS NOT NULL");
  Query row = select.with();
  HF_TRY(row.each([&] {
    recordings.push_back(row.u64());
    return row.intact();
  }));
  std::ranges::sort(recordings);
  rebound_ = std::move(recordings);
  return {};
}

Result<void> ItemRows::Walk::read_binding(std::uint64_t row, std::string& content) {
  if (!std::ranges::binary_search(*rebound_, *ahead_)) return {};
  Query binding = select_binding_.with(row, *ahead_);
  return binding.each([&] {
    content.assign(text_of(binding.blob()));
    return binding.intact();
  });
}

Result<void> ItemRows::Walk::look_into(const std::string& path, const Digest& content,
                                       ToldOfItem& told) {
  if (!std::ranges::binary_search(*row_items_, hash_of(path))) return {};
  Query row = select_row_item_.with(path, content);
  return row.each([&]() -> Result<void> {
    told.is_known = true;
    told.call_time_ms = std::max(told.call_time_ms, row.optional_i64());
    return row.intact();
  });
}

Result<void> ItemRows::Walk::read_ahead() {
  HF_TRY(const bool found, rows_->next());
  ahead_.reset();
  if (!found) return {};
  ahead_ = rows_->u64();
  return rows_->intact();
}

// To the recording of the row ahead, with all rows of it.
Result<void> ItemRows::Walk::step() {
  is_at_end_ = !ahead_;
  if (is_at_end_) return {};
  at_.bindings_count = 0;
  for (const std::uint64_t id = *ahead_; ahead_ == id;) {
    rows_->text(at_.path);
    at_.content.assign(text_of(rows_->blob()));
    at_.start_ms = rows_->optional_i64();
    at_.called_ms = rows_->optional_i64();
    const std::optional<std::int64_t> bound = rows_->optional_i64();
    const std::optional<std::int64_t> start_ms = rows_->optional_i64();
    HF_TRY(rows_->intact());
    if (bound) {
      Recording::Binding& binding = at_.bind(start_ms);
      HF_TRY(read_binding(static_cast<std::uint64_t>(*bound), binding.content));
    }
    HF_TRY(read_ahead());
  }
  return {};
}

Result<void> ItemRows::Walk::look_up(const std::string& path) {
  rows_.reset();
  rows_.emplace(select_.with(path));
  HF_TRY(read_ahead());
  return step();
}

Result<void> ItemRows::Walk::seek(const std::string& path) {
  const bool is_behind = rows_ && path >= asked_;
  if (!is_behind) HF_TRY(look_up(path));
  for (int steps = 0; !is_at_end_ && at_.path < path; ++steps) {
    HF_TRY(steps < kStepsMax ? step() : look_up(path));
  }
  asked_ = path;
  return {};
}

Result<ToldOfItem> ItemRows::Walk::find(const std::string& path, const Digest& content) {
  if (!row_items_) HF_TRY(load_row_items());
  if (!rebound_) HF_TRY(load_rebound());
  HF_TRY(seek(path));
  ToldOfItem told;
  if (!is_at_end_ && at_.path == path) {
    // What has no bytes has no digest here.
    const std::string_view known = content == Digest{} ? "" : text_of(content.view());
    told.is_known = at_.content == known;
    told.call_time_ms = at_.start_ms;
    if (told.is_known) told.call_time_ms = std::max(told.call_time_ms, at_.called_ms);
    for (std::size_t i = 0; i < at_.bindings_count; ++i) {
      if (at_.bindings[i].content != known) continue;
      told.has_bound_row = true;
      told.call_time_ms = std::max(told.call_time_ms, at_.bindings[i].start_ms);
    }
  }
  HF_TRY(look_into(path, content, told));
  return told;
}

ItemRows::ItemRows(RecordIndex& index) : walk_(std::make_unique<Walk>(index)) {}
ItemRows::~ItemRows() = default;
ItemRows::ItemRows(ItemRows&&) noexcept = default;
ItemRows& ItemRows::operator=(ItemRows&&) noexcept = default;

Result<ToldOfItem> ItemRows::find(const std::string& path, const Digest& content) {
  return walk_->find(path, content);
}

}  // namespace holdfast::catalog
