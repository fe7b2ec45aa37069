// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/record_keeper.h"

#include <algorithm>

#include "firmware/job/record_index_file.h"
#include "firmware/job/record_step.h"
#include "firmware/job/recording_facts.h"
#include "hal/base/path.h"

namespace holdfast::job {

namespace {

constexpr std::size_t kProbesMax = 200'000;  // some 20 MiB

}  // namespace

RecordKeeper::RecordKeeper(vault::Business& business, RecordRequest request)
    : business_(business), request_(std::move(request)) {}

RecordKeeper::~RecordKeeper() = default;

bool RecordKeeper::is_recording(std::string_view path) const {
  return std::ranges::any_of(request_.definition.sources, [&](const auto& source) {
    const std::string& folder = source.mapping.recording.folder;
    return source.has_rows() && !folder.empty() && is_within(path, folder);
  });
}

void RecordKeeper::look_at(const vault::Item& item, const ContentEnds& ends) {
  if (ends.size() != item.size || !item.data_runs.empty() || !is_recording(item.path)) return;
  catalog::Probe found = probe(item, ends);
  const std::lock_guard lock(mutex_);
  if (probes_.size() < kProbesMax) probes_.emplace(item.digest, std::move(found));
}

// One that reflects another snapshot is made anew: what was bound since would be missing in it.
Result<void> RecordKeeper::open() {
  const std::string path = record_index_path(business_);
  HF_TRY(const auto newest, newest_with_records(business_));
  const journal::Head head = newest ? newest->head : journal::Head();
  snapshot_ = business_.journal().head().number + 1;
  if (newest) {
    former_root_ = newest->body.items;
    former_ = vault::tree_of(*newest);
  }
  auto opened = catalog::RecordIndex::open(path, catalog::OpenMode::write, business_.id());
  if (opened) {
    HF_TRY(const journal::Head has, opened->head());
    if (has == head) {
      index_ = std::move(*opened);
      if (newest) former_ = vault::written_tree_of(*newest);
      HF_TRY(const catalog::MissingRows missing, index_->missing());
      is_whole_ = missing.lost == 0;
      return index_->begin();
    }
    opened = make_error(ErrorCode::damaged);  // closes it
  } else if (opened.error().code != ErrorCode::damaged) {
    return std::move(opened.error());
  }
  is_new_ = true;
  if (!path.empty()) HF_TRY(catalog::remove_files(path));
  HF_TRY(index_, catalog::RecordIndex::open(path, catalog::OpenMode::write, business_.id()));
  return index_->begin();
}

Result<std::optional<journal::Root>> RecordKeeper::keep(vault::Run& run, vault::NodeSource& nodes,
                                                        vault::NodeSink& sink,
                                                        const std::optional<journal::Root>& root,
                                                        Problems& problems) {
  const bool is_tree_known = !is_new_ && is_whole_ && root == former_root_;
  const RecordStepContext context{business_, request_,      *index_, probes_,
                                  is_new_,   is_tree_known, former_, snapshot_};
  RecordStep step(context, run, nodes, root, problems);
  HF_TRY(auto kept, step.run(sink));
  more_items_ = step.made().more_items();
  more_bytes_ = step.made().more_bytes();
  reports_ = std::move(step.reports());
  return kept;
}

Result<void> RecordKeeper::committed(const journal::Head& snapshot) {
  HF_TRY(index_->commit(snapshot));
  const auto moved = index_->checkpoint();
  const bool is_read_now = !moved && moved.error().code == ErrorCode::locked;
  return is_read_now ? Result<void>() : moved;
}

}  // namespace holdfast::job
