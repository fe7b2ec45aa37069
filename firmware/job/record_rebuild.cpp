// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/record_rebuild.h"

#include "firmware/job/record_index_file.h"
#include "firmware/job/record_taker.h"
#include "firmware/vault/loss.h"

namespace holdfast::job {

namespace {

class Rebuild {
 public:
  Rebuild(vault::Business& business, const RecordRebuildRequest& request,
          const catalog::SnapshotRow& snapshot, vault::ContentReader& content)
      : business_(business),
        request_(request),
        snapshot_(snapshot),
        content_(content),
        tree_(content, vault::tree_of(snapshot), nullptr, request.stop,
              [this](const vault::IndexEntry& subtree) {
                done_.problems.add_lost_names(subtree.first_path, subtree.items);
                missing_.push_back(subtree.first_path);
              }) {}

  Result<std::optional<RecordRebuild>> run(const std::string& path) {
    HF_TRY(find_sources());
    if (sources_.empty()) return std::optional<RecordRebuild>();
    const std::string building = path + ".new";
    HF_TRY(catalog::remove_files(building));
    auto built = build(building);
    if (!built) {
      static_cast<void>(catalog::remove_files(building).has_value());
      return std::move(built.error());
    }
    HF_TRY(catalog::install(building, path));
    return std::optional(std::move(done_));
  }

 private:
  // Of a source that no snapshot knew there is nothing to be found.
  Result<void> find_sources() {
    definitions_ = request_.definition.sources;
    for (source::SourceDefinition& definition : definitions_) {
      if (!definition.has_rows()) continue;
      HF_TRY(const auto rules, tree_.find(mapping_file(definition.name)));
      if (!rules) continue;
      HF_TRY(take_mapping(definition, *rules));
      sources_.push_back({&definition});
    }
    return {};
  }

  // Of one that is lost the definition has what was in force, or nearly so.
  Result<void> take_mapping(source::SourceDefinition& definition, const vault::Item& rules) {
    if (rules.digest == sha256(view_of(definition.rules))) return {};
    std::string text;
    const auto read = content_.read_item(rules, [&](std::uint64_t, ByteView bytes) -> Result<void> {
      text += text_of(bytes);
      return {};
    });
    if (!read && vault::is_loss(read.error())) {
      done_.problems.add(rules.path, read.error());
      missing_.push_back(rules.path);
      return {};
    }
    HF_TRY(read);
    HF_TRY(definition.mapping, request_.parse_mapping(text, rules.path));
    return {};
  }

  Result<void> build(const std::string& path) {
    HF_TRY(auto index, catalog::RecordIndex::open(path, catalog::OpenMode::write, business_.id()));
    HF_TRY(index.begin());
    const std::uint64_t number = snapshot_.head.number;
    RecordTaker taker({index, tree_, content_, done_.problems, request_.stop,
                       snapshot_.body.started, number, true, nullptr, nullptr, 0,
                       request_.progress});
    HF_TRY(taker.take_recordings(sources_));
    for (RecordSource& source : sources_) {
      HF_TRY(const auto vanished, taker.take_source(source));
      HF_CHECK(vanished.empty());
      done_.rows += source.rows_taken;
    }
    catalog::RecordBatch batch(index);
    for (const std::string& part : missing_) {
      HF_TRY(batch.note_missing(part, catalog::MissingWhy::lost));
    }
    HF_TRY(batch.set_row_classes(
        [&](std::uint32_t row) { return taker.learned().of(row).call_class; }));
    done_.recordings = taker.recordings();
    done_.snapshot = snapshot_.head;
    HF_TRY(index.commit(snapshot_.head));
    return index.checkpoint();
  }

  vault::Business& business_;
  const RecordRebuildRequest& request_;
  const catalog::SnapshotRow& snapshot_;
  vault::ContentReader& content_;
  RecordTree tree_;
  std::vector<source::SourceDefinition> definitions_;
  std::vector<RecordSource> sources_;
  std::vector<std::string> missing_;  // parts of the tree, and mappings
  RecordRebuild done_;
};

}  // namespace

Result<std::optional<RecordRebuild>> rebuild_records(vault::Business& business,
                                                     const RecordRebuildRequest& request) {
  HF_CHECK(business.access() == vault::Access::write);
  const std::string path = record_index_path(business);
  HF_TRY(const auto newest, newest_with_records(business));
  if (path.empty() || !newest) return std::optional<RecordRebuild>();
  HF_TRY(const auto content, vault::ContentReader::open(business));
  return Rebuild(business, request, *newest, *content).run(path);
}

}  // namespace holdfast::job
