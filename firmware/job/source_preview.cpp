// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/source_preview.h"

#include <algorithm>

#include "firmware/job/query_rows.h"
#include "firmware/job/record_step.h"
#include "firmware/job/row_file.h"
#include "firmware/job/sampled_calls.h"
#include "firmware/job/sources.h"
#include "firmware/records/recording_names.h"
#include "firmware/records/row_mapper.h"
#include "firmware/source/directory.h"
#include "firmware/source/exclusion.h"
#include "firmware/source/row_query.h"
#include "hal/base/path.h"

namespace holdfast::job {

namespace {

constexpr std::size_t kFileBytesMax = 4 * kMiB;  // of a file with rows
constexpr std::size_t kFileBlock = 64 * kKiB;
// A person waits: a query is asked for the first slices of time alone, and each only so long.
constexpr std::size_t kSlicesMax = 12;
constexpr std::uint32_t kQueryTimeout_s = 20;

using records::CsvField;

bool ends_all(const Error& error) {
  return error.code == ErrorCode::interrupted || error.code == ErrorCode::power_cut ||
         error.code == ErrorCode::out_of_memory;
}

// What failed is told of its source, unless it ends everything.
Result<void> take_error(const Result<void>& done, std::optional<Error>& out) {
  if (done) return {};
  if (ends_all(done.error())) return done.error();
  out = done.error();
  return {};
}

Result<std::unique_ptr<source::Source>> open_folder(const SourcePreviewRequest& request,
                                                    const source::SourceDefinition& definition) {
  HF_TRY(request.check(definition));
  source::DirectoryDefinition directory = source::directory_of(definition);
  directory.exclude_paths = request.exclude_paths;
  directory.scratch_folder = request.scratch_folder;
  return source::open_directory(directory, request.files, request.home);
}

// Items of these paths that are no folders, so many of them; true: there are more.
Result<bool> walk(const SourcePreviewRequest& request, source::Source& source,
                  std::vector<std::string> paths,
                  const std::function<void(const vault::Item& item)>& visit) {
  HF_TRY(const auto listing, source.list(std::move(paths)));
  source::Listed listed;
  for (std::uint64_t looked = 0;;) {
    HF_TRY(check_stop(request.stop));
    HF_TRY(const bool more, listing->next(listed));
    if (!more) return false;
    if (listed.error || listed.item.type == ports::FileType::directory) continue;
    if (looked++ == kPreviewLooked) return true;
    visit(listed.item);
  }
}

std::vector<std::optional<std::string>> texts_of(std::span<const CsvField> fields) {
  std::vector<std::optional<std::string>> texts;
  for (const CsvField& field : fields) {
    texts.push_back(field ? std::optional(std::string(*field)) : std::nullopt);
  }
  return texts;
}

std::vector<CsvField> fields_of(const PreviewRow& row) {
  return {row.fields.begin(), row.fields.end()};
}

// What the mapping makes of the rows that are there.
Result<void> map_rows(const source::SourceDefinition& definition, SourcePreview& preview) {
  const std::string& where = preview.row_item.empty() ? definition.name : preview.row_item;
  HF_TRY(check_columns(definition, preview.columns, where));
  records::RowMapper mapper(definition.mapping, preview.columns);
  const auto is_row = [](const PreviewRow& row) {
    return row.facts.fault == records::RowFault::none;
  };
  for (const PreviewRow& row : preview.rows) {
    if (is_row(row)) mapper.look(fields_of(row));
  }
  for (PreviewRow& row : preview.rows) {
    if (is_row(row)) mapper.map(fields_of(row), row.facts);
  }
  return {};
}

Result<void> read_file_rows(const SourcePreviewRequest& request, source::Source& source,
                            const source::SourceDefinition& definition, const vault::Item& item,
                            SourcePreview& preview) {
  preview.row_item = item.path;
  HF_TRY(const auto file, source.open(item));
  records::CsvFile csv = open_csv(definition);
  Bytes block(kFileBlock);
  records::CsvRow row;
  for (std::uint64_t offset = 0; offset < kFileBytesMax;) {
    HF_TRY(check_stop(request.stop));
    HF_TRY(const std::size_t count, file->read(offset, block));
    offset += count;
    if (count == 0) csv.finish();
    if (count > 0) csv.push(ByteView(block).first(count));
    for (auto step = csv.next(row); step != records::CsvStep::none; step = csv.next(row)) {
      if (step == records::CsvStep::failed) return error_of(csv.failure(), item.path);
      preview.columns = csv.columns();
      const bool counts =
          row.kind == records::RowKind::row || row.kind == records::RowKind::rejected;
      if (!counts) continue;
      PreviewRow& added = preview.rows.emplace_back();
      if (row.kind == records::RowKind::row) added.fields = texts_of(row.fields);
      added.facts.fault = row.fault;
      if (preview.rows.size() == kPreviewRows) return {};
    }
    if (count == 0) return {};
  }
  return {};
}

// Up to ten rows of one slice of time.
Result<void> ask_slice(const SourcePreviewRequest& request, ports::SqlSession& session,
                       const source::SourceDefinition& definition, const source::SqlRules& rules,
                       const source::RowWindow& slice, SourcePreview& preview) {
  HF_TRY(const auto columns, session.start(source::make_query(rules, slice)));
  preview.columns.clear();
  for (const ports::SqlColumn& column : columns) preview.columns.push_back(column.name);
  HF_TRY(check_query_columns(definition, preview.columns));
  std::vector<ports::SqlField> fields;
  while (preview.rows.size() < kPreviewRows) {
    HF_TRY(check_stop(request.stop));
    HF_TRY(const bool more, session.next(fields));
    if (!more) return {};
    preview.rows.emplace_back().fields = texts_of(fields);
  }
  return {};
}

// From the first time on, for that is where a first backup begins.
Result<void> ask_query(const SourcePreviewRequest& request,
                       const source::SourceDefinition& definition, SourcePreview& preview) {
  source::SqlRules rules = definition.sql;
  rules.timeout_seconds = std::min(rules.timeout_seconds, kQueryTimeout_s);
  SecretBytes password;
  if (!rules.password_file.empty()) {
    HF_TRY(password, request.read_secret(rules.password_file));
  }
  const auto slices =
      source::slices_of(rules, source::window_after(rules, std::nullopt, request.clock.now()));
  HF_TRY(const auto session, request.sql.open(connection_of(rules, password)));
  for (std::size_t i = 0; i < std::min(slices.size(), kSlicesMax); ++i) {
    HF_TRY(ask_slice(request, *session, definition, rules, slices[i], preview));
    if (preview.rows.size() == kPreviewRows) break;
  }
  return {};
}

// The source whose folder has the recordings of these rules.
const source::SourceDefinition* source_with(const source::BusinessDefinition& definition,
                                            const std::string& folder) {
  const auto found = std::ranges::find_if(definition.sources, [&](const auto& source) {
    return source.has_folder() && is_within(folder, source.name);
  });
  return folder.empty() || found == definition.sources.end() ? nullptr : &*found;
}

Result<std::vector<records::RecordingFacts>> recordings_of(
    const SourcePreviewRequest& request, const source::SourceDefinition& with_rows) {
  std::vector<records::RecordingFacts> recordings;
  const std::string& folder = with_rows.mapping.recording.folder;
  const auto* holder = source_with(request.definition, folder);
  if (holder == nullptr) return recordings;
  const auto source = open_folder(request, *holder);
  if (!source) return recordings;  // it says so itself
  std::vector<std::string> paths;
  if (folder != holder->name) paths.push_back((*source)->reach(folder).path);
  records::RecordingNames names(with_rows.mapping);
  HF_TRY(const bool has_more, walk(request, **source, paths, [&](const vault::Item& item) {
           if (item.type != ports::FileType::regular) return;
           records::RecordingFacts& facts = recordings.emplace_back();
           facts.path = item.path;
           facts.size = item.size;
           names.read(facts);
         }));
  static_cast<void>(has_more);
  return recordings;
}

Result<void> bind_rows(const SourcePreviewRequest& request,
                       const source::SourceDefinition& definition, SourcePreview& preview) {
  HF_TRY(auto recordings, recordings_of(request, definition));
  preview.recordings_looked = recordings.size();
  std::vector<std::string> paths;
  for (const auto& recording : recordings) paths.push_back(recording.path);
  std::vector<records::RowFacts> rows;
  for (const PreviewRow& row : preview.rows) rows.push_back(row.facts);
  HF_TRY(const auto bindings,
         bind_sample(std::move(rows), std::move(recordings), binding_rules_of(definition.mapping)));
  for (const records::Binding& binding : bindings) {
    preview.rows[binding.row].recordings.push_back({paths[binding.recording], binding.rung});
  }
  return {};
}

Result<void> look_at_folder(const SourcePreviewRequest& request,
                            const source::SourceDefinition& definition, SourcePreview& preview) {
  HF_TRY(const auto source, open_folder(request, definition));
  const bool has_rows = definition.has_rows();
  const source::Exclusion wanted(definition.csv.files);
  std::optional<vault::Item> rows;
  HF_TRY(preview.has_more, walk(request, *source, {}, [&](const vault::Item& item) {
           ++preview.items_looked;
           if (preview.items.size() < kPreviewItems) preview.items.push_back(item);
           const bool is_first = has_rows && !rows && item.type == ports::FileType::regular;
           if (is_first && wanted.matches("", last_name_of(item.path))) rows = item;
         }));
  if (!rows) return {};
  return take_error(read_file_rows(request, *source, definition, *rows, preview),
                    preview.rows_error);
}

Result<void> understand_rows(const SourcePreviewRequest& request,
                             const source::SourceDefinition& definition, SourcePreview& preview) {
  HF_TRY(map_rows(definition, preview));
  return bind_rows(request, definition, preview);
}

Result<SourcePreview> look_at(const SourcePreviewRequest& request,
                              const source::SourceDefinition& definition) {
  SourcePreview preview;
  if (definition.has_folder()) {
    HF_TRY(take_error(look_at_folder(request, definition, preview), preview.error));
  } else {
    HF_TRY(take_error(request.check(definition), preview.error));
    if (preview.error) return preview;
    HF_TRY(take_error(ask_query(request, definition, preview), preview.rows_error));
  }
  if (!preview.columns.empty() && !preview.rows_error) {
    HF_TRY(take_error(understand_rows(request, definition, preview), preview.rows_error));
  }
  // Half of them would look as if that were all.
  if (preview.rows_error) preview.rows.clear();
  return preview;
}

}  // namespace

Result<std::vector<SourcePreview>> preview_sources(const SourcePreviewRequest& request) {
  std::vector<SourcePreview> previews;
  for (const source::SourceDefinition& definition : request.definition.sources) {
    auto preview = look_at(request, definition);
    remove_scratch(request.home, request.scratch_folder);
    if (!preview) return preview.error();
    previews.push_back(std::move(*preview));
  }
  return previews;
}

}  // namespace holdfast::job
