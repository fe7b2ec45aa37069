// SPDX-License-Identifier: Apache-2.0
// A box with rows whose index lies in a file, which is lost and made anew, and all that it answers.
#pragma once

#include <algorithm>
#include <filesystem>

#include "firmware/catalog/record_index_items.h"
#include "firmware/job/record_index_file.h"
#include "firmware/job/record_rebuild.h"
#include "tests/sim/records_box.h"
#include "tests/support/temporary_folder.h"

namespace holdfast::test {

class IndexedBox : public RecordsBox {
 public:
  IndexedBox() {
    settings.catalog_directory = folder_.path();
    completeness.reset();
  }

  Result<std::optional<job::RecordRebuild>> rebuild() {
    HF_TRY(const auto box, open());
    HF_TRY(const auto business, box->open_business("calls", vault::Access::write));
    job::RecordRebuildRequest request;
    request.definition = definition();
    request.parse_mapping = [this](const std::string& text, const std::string&) {
      parsed = text;
      return Result<records::Mapping>(mapping());
    };
    request.stop = &stop;
    return job::rebuild_records(*business, request);
  }
  job::RecordRebuild rebuilt() {
    auto done = rebuild();
    INFO((done ? "" : debug_text(done.error())));
    REQUIRE(done);
    REQUIRE(*done);
    return std::move(**done);
  }

  std::filesystem::path index_file() {
    for (const auto& entry : std::filesystem::directory_iterator(settings.catalog_directory)) {
      if (entry.path().string().ends_with(".records.sqlite")) return entry.path();
    }
    return {};
  }
  void lose_index() {
    for (const char* end : {"", "-wal", "-shm"}) {
      std::filesystem::remove(index_file().string() + end);
    }
  }

  // All that the index can be asked, a line each, in order; or why it cannot.
  std::vector<std::string> answers() {
    const auto box = open();
    REQUIRE(box);
    const auto business = (*box)->open_business("calls", vault::Access::read);
    REQUIRE(business);
    auto index = job::open_record_index(**business);
    if (!index) return {debug_text(index.error())};
    catalog::RecordQuery query;
    query.limit = 100'000;
    const auto found = index->find(query);
    REQUIRE(found);
    std::vector<std::string> lines;
    for (const catalog::FoundRow& row : found->rows) add_lines(*index, row, lines);
    add_counts("rows", index->row_classes().value(), lines);
    add_counts("recordings", index->recording_classes().value(), lines);
    std::ranges::sort(lines);
    return lines;
  }

  std::string parsed;  // the mapping that the rebuild asked for, if it did

 private:
  static void add_lines(catalog::RecordIndex& index, const catalog::FoundRow& row,
                        std::vector<std::string>& lines) {
    std::string line = row.item.source + " " + row.item.path + " " +
                       std::to_string(row.row.number) + (row.is_former ? " former" : " current");
    if (row.row_class) line += " " + std::string(records::name_of(*row.row_class));
    for (const auto& field : row.row.fields) line += "," + field.value_or("NULL");
    for (const catalog::FoundRecording& recording : row.recordings) {
      line += " " + recording.path + "/" + std::to_string(static_cast<int>(recording.rung)) +
              (recording.gone ? "/gone" : "");
      line += "@" + time_of(index, recording.path, digest_of(recording.content));
    }
    lines.push_back(line + "@" + time_of(index, row.item.path, row.item.content));
  }
  static std::string time_of(catalog::RecordIndex& index, const std::string& path,
                             const Digest& content) {
    const auto told = catalog::ItemRows(index).find(path, content).value();
    return std::to_string(told.call_time_ms.value_or(-1));
  }
  static Digest digest_of(const std::string& content) {
    const auto digest = Digest::parse(to_hex(view_of(content)));
    return digest ? *digest : Digest{};
  }
  static void add_counts(const std::string& of, const records::ClassCounts& counts,
                         std::vector<std::string>& lines) {
    for (const records::CallClass each : records::kCallClasses) {
      lines.push_back(of + " " + std::string(records::name_of(each)) + " " +
                      std::to_string(counts.of(each)));
    }
  }

  TemporaryFolder folder_;
};

}  // namespace holdfast::test
