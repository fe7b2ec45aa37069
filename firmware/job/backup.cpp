// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/backup.h"

#include <algorithm>

#include "firmware/job/delta_choice.h"
#include "firmware/job/item_queue.h"
#include "firmware/job/item_reader.h"
#include "firmware/job/partial.h"
#include "firmware/job/region.h"
#include "firmware/job/sources.h"
#include "firmware/vault/content_reader.h"
#include "firmware/vault/held_nodes.h"
#include "firmware/vault/run.h"
#include "firmware/vault/tree_builder.h"
#include "hal/base/path.h"

namespace holdfast::job {

namespace {

// Of nodes that a delta makes needless. One that changes more makes a full tree.
constexpr std::uint64_t kHeldNodesMax = 16 * kMiB;

// One backup from begin to report. Members that several workers use say how they are guarded.
class Backup {
 public:
  Backup(vault::Business& business, ports::Files& files, const BackupRequest& request)
      : business_(business),
        files_(files),
        request_(request),
        pace_(business.box().ports().clock, request.window, request.site, request.stop) {}

  Result<BackupReport> run();

 private:
  Result<void> check_window();
  Result<void> check_sources();
  Result<void> begin_region();
  Result<void> begin_tree();
  Result<void> read_everything();
  Former make_former(vault::NodeSource& nodes);
  bool waits_for_lost() const;
  void count_outside(const FormerTally& passed);
  Result<void> check_empty(const std::vector<const OpenedSource*>& empty);
  Delivered delivered(ItemQueue& queue, const Former& former);
  Result<void> work(ItemQueue& queue, std::size_t worker);
  Result<void> work_through(ItemQueue& queue, ItemReader& reader, std::size_t worker,
                            vault::ChunkWriter& writer);
  Result<std::optional<vault::Item>> judge(Step& step);
  std::optional<vault::Item> settle(Step& step, ReadResult result);
  std::optional<vault::Item> mark_gone(vault::Item item);
  Result<void> deliver(const Task& task);
  void count_read(Step& step, const ReadResult& result);
  void tell_progress(std::uint64_t more_bytes = 0);
  bool says_the_same(const journal::SnapshotBody& newest) const;
  Result<void> keep_held();
  Result<void> open_records();
  Result<void> follow_records();
  Result<std::optional<journal::Root>> keep_records(const std::optional<journal::Root>& root);
  void count_more(std::uint64_t items, std::uint64_t bytes);
  void add_problem(const std::string& path, Error error);
  void add_records_problem(const Error& error);
  Result<void> finish();
  Result<void> add_tags(const catalog::SnapshotRow& snapshot);
  Result<std::optional<journal::SnapshotDelta>> find_delta(
      const std::optional<journal::Root>& root);
  Result<journal::Head> commit(const std::optional<journal::Root>& root, bool is_on_the_way);
  bool is_rows_commit_due() const;
  Result<void> commit_rows(const GatheredRows& rows);
  bool is_complete() const;
  bool has_region() const { return !request_.paths.empty(); }
  bool is_archive() const { return request_.definition.kind == source::BusinessKind::archive; }

  vault::Business& business_;
  ports::Files& files_;
  const BackupRequest& request_;
  SourcePace pace_;
  std::vector<OpenedSource> sources_;
  std::size_t walked_ = 0;  // of them: those that have a folder
  FormerSnapshots former_;
  // With paths: what is looked at, and what is taken over.
  LookedRegion looked_;
  std::optional<OutsideRegion> outside_;  // under the queue's lock
  std::unique_ptr<vault::Run> run_;
  std::unique_ptr<vault::ContentReader> stored_nodes_;
  std::unique_ptr<vault::HeldNodes> nodes_;
  std::unique_ptr<vault::TreeBuilder> builder_;  // under the queue's lock
  std::unique_ptr<PartialCommits> partials_;
  std::optional<RecordKeeper> records_;  // of a business with rows
  std::optional<GatheredRows> gathered_;
  std::int64_t rows_due_ns_ = 0;
  journal::Head newest_partial_;  // if there are any of this run
  Timestamp started_;
  std::int64_t started_ns_ = 0;
  std::mutex mutex_;  // report_ and the progress while workers run
  BackupReport report_;
  bool saw_all_ = false;  // nothing that the sources have was left out
  Digest policy_;         // the entry in force; zeros: none
};

Result<void> Backup::check_window() {
  if (!pace_.must_stop() || !pace_.has_closed()) return {};
  return make_error(ErrorCode::window_closed, business_.name(),
                    {{"opens", pace_.opens().value_or(started_).rfc3339()}});
}

Result<void> Backup::check_sources() {
  // Businesses may be backed up at the same time.
  sources_ =
      open_sources(request_, files_, business_.box().ports().home, "sort-" + business_.id().hex());
  if (sources_.empty()) return make_error(ErrorCode::bad_business, business_.name());
  walked_ = count_walked(sources_);
  for (const OpenedSource& source : sources_) {
    if (source.error) report_.problems.add(source.definition.name, *source.error);
  }
  // One source may be away while the others are saved; none at all is a failed backup.
  if (walked_ == 0 || report_.problems.count < walked_) return {};
  return report_.problems.kept.front().error;
}

Result<BackupReport> Backup::run() {
  ports::Clock& clock = business_.box().ports().clock;
  started_ = clock.now();
  started_ns_ = clock.monotonic_ns();
  HF_TRY(check_window());
  HF_TRY(check_sources());
  HF_TRY(keep_held());  // by the definition that was in force
  HF_TRY(const auto policy, business_.policy_in_force());
  const source::LockDays in_force = policy ? policy->lock_days : source::LockDays();
  if (!policy || !request_.keeps_policy) {
    HF_TRY(business_.ensure_policy(source::locks_of(request_.definition, in_force)));
  }
  HF_TRY(const auto entry,
         business_.with_catalog([](catalog::Catalog& catalog) { return catalog.newest_policy(); }));
  if (entry) policy_ = entry->digest;
  HF_TRY(former_, find_former(business_));
  HF_TRY(begin_region());
  HF_TRY(run_, vault::Run::begin(business_));
  HF_TRY(open_records());
  HF_TRY(begin_tree());
  auto read = read_everything();
  if (!read) {
    // What is durable is noted; the next run takes it up. The first error is the one to tell.
    if (read.error().code != ErrorCode::power_cut) static_cast<void>(run_->suspend().has_value());
    return std::move(read.error());
  }
  HF_TRY(finish());
  report_.window_closed = report_.partial && pace_.has_closed();
  report_.duration_ns = clock.monotonic_ns() - started_ns_;
  return std::move(report_);
}

Result<void> Backup::begin_region() {
  if (!has_region()) return {};
  HF_TRY(check_no_gap(former_));
  HF_TRY(looked_, find_region(request_, sources_));
  report_.paths = outermost(request_.paths).size();
  return {};
}

// What holds on keys stand on by rows that may be gone with this run. One of paths takes none.
Result<void> Backup::keep_held() {
  if (has_region()) return {};
  const auto rebuild = [this](vault::Business& business) -> Result<bool> {
    if (request_.rebuild_index) return request_.rebuild_index(business);
    return make_error(ErrorCode::records_not_indexed, business.name());
  };
  const RunBeginning beginning{rebuild, request_.definition};
  return keep_held_paths(business_, &beginning);
}

// Rows belong to recordings wherever they are: only a run that looks at everything judges them.
Result<void> Backup::open_records() {
  if (!request_.definition.has_rows() || has_region()) return {};
  records_.emplace(business_,
                   RecordRequest{request_.definition, request_.sql, request_.read_secret, started_,
                                 &pace_.stop(), &pace_, request_.progress,
                                 [this] { return is_rows_commit_due(); },
                                 [this](const GatheredRows& rows) { return commit_rows(rows); }});
  auto opened = records_->open();
  if (opened || opened.error().is_of_process()) return opened;
  records_.reset();
  add_records_problem(opened.error());
  return {};
}

// Whether its nodes are stored is known at the end: see commit().
Result<void> Backup::begin_tree() {
  HF_TRY(stored_nodes_, vault::ContentReader::open(business_));
  nodes_ = std::make_unique<vault::HeldNodes>(
      *run_, *stored_nodes_,
      [this](const journal::ChunkReference& node) { return run_->has_node(node); }, kHeldNodesMax);
  builder_ =
      std::make_unique<vault::TreeBuilder>(*nodes_, business_.box().settings().node_size_target);
  if (has_region()) {
    outside_.emplace(*nodes_, former_.base ? vault::tree_of(*former_.base) : vault::Tree{},
                     looked_.region);
  }
  // A first run has nothing to differ from. Of a delta the tree that it would have is not stored:
  // if nothing changed, it is not to be stored now.
  const auto& newest = former_.newest();
  const bool may_be_delta = newest && (newest->body.delta || request_.full_interval_ns > 0);
  return may_be_delta ? Result<void>() : nodes_->pass_on();
}

Result<void> Backup::read_everything() {
  HF_TRY(const auto nodes, vault::ContentReader::open(business_));
  Former former = make_former(*nodes);
  const auto is_held = [this](const vault::Item& item, const source::SourceDefinition& source) {
    return run_->holds(item, source.retention_class);
  };
  Merge merge(sources_, former, started_, is_held, request_.allow_empty);
  std::optional<SeenParts> seen;
  if (has_region()) merge.watch(seen.emplace(looked_.region));
  ItemQueue queue(
      merge, [this](Step& step) { return judge(step); },
      [this](const Task& task) { return deliver(task); }, pace_);
  ports::Workers& workers = business_.box().ports().workers;
  partials_ = std::make_unique<PartialCommits>(
      *run_, former_,
      PartialSettings{has_region() ? 0 : request_.partial_interval_ns, started_, request_.host,
                      &pace_.stop(), [this] { return nodes_->pass_on(); }},
      workers.count());
  partials_->watch([&] { return delivered(queue, former); }, [&] { queue.call(); });
  HF_TRY(workers.run([&](std::size_t worker) -> Result<void> {
    auto done = work(queue, worker);
    if (done) return done;
    partials_->give_up();
    queue.fail();
    return done;
  }));
  report_.partial = report_.partial || merge.was_cut_short();
  saw_all_ = merge.saw_all() && !report_.partial;
  if (has_region()) {
    if (!report_.partial) add_missed(looked_, *seen, report_.problems);
    queue.look_at_delivered([this](const FormerTally& passed) { count_outside(passed); });
  }
  report_.names_lost = former.has_gap() && !request_.accept_loss;
  report_.has_gap = report_.names_lost && waits_for_lost();
  return check_empty(merge.empty_sources());
}

Former Backup::make_former(vault::NodeSource& nodes) {
  if (has_region()) return Former(nodes, former_.base, looked_.region);
  // What the sources still show of a lost subtree is found new; the rest is named here.
  return Former(nodes, former_, [this](const vault::IndexEntry& subtree) {
    const std::lock_guard lock(mutex_);
    report_.problems.add_lost_names(subtree.first_path, subtree.items);
  });
}

// `passed`: what the snapshot before has in the region.
void Backup::count_outside(const FormerTally& passed) {
  if (!former_.base) return;
  const journal::SnapshotCounts& before = former_.base->body.counts;
  report_.counts.items += before.items - passed.items;
  report_.counts.bytes += before.bytes - passed.bytes;
}

// A mirror has nothing to wait for if all its items were read: what only lost names told of is gone
// at the source.
bool Backup::waits_for_lost() const {
  return is_archive() || !saw_all_ || report_.counts.items_unreadable > 0;
}

// As with sources that are away: one may be, but not all of them.
Result<void> Backup::check_empty(const std::vector<const OpenedSource*>& empty) {
  if (empty.empty()) return {};
  const auto error_of = [](const OpenedSource& source) {
    return make_error(ErrorCode::source_empty, source.definition.path);
  };
  for (const OpenedSource* source : empty) {
    add_problem(source->definition.name, error_of(*source));
  }
  const auto away = static_cast<std::size_t>(
      std::ranges::count_if(sources_, [](const auto& source) { return source.error.has_value(); }));
  if (away + empty.size() == walked_) return error_of(*empty.front());
  return {};
}

Delivered Backup::delivered(ItemQueue& queue, const Former& former) {
  return queue.look_at_delivered([&](const FormerTally& passed) {
    const std::lock_guard lock(mutex_);
    return Delivered{*builder_, report_.counts, passed, former.has_gap()};
  });
}

Result<void> Backup::work(ItemQueue& queue, std::size_t worker) {
  vault::ChunkWriter writer(*run_, pack::PackKind::content);
  ItemReader reader(
      writer, business_.box().settings().chunk_size_max, pace_,
      [&] { return partials_->pause(worker, writer); },
      [this](std::uint64_t bytes) { tell_progress(bytes); });
  HF_TRY(work_through(queue, reader, worker, writer));
  HF_TRY(writer.flush());
  return partials_->leave(worker);
}

Result<void> Backup::work_through(ItemQueue& queue, ItemReader& reader, std::size_t worker,
                                  vault::ChunkWriter& writer) {
  while (true) {
    HF_TRY(const ItemQueue::Turn turn, queue.take([&] { return partials_->is_called(worker); }));
    if (turn.task != nullptr) {
      Step& step = turn.task->step;
      HF_TRY(ReadResult result, reader.read(step));
      const bool is_stored = result.outcome == ReadOutcome::stored;
      if (records_ && is_stored) records_->look_at(result.item, reader.ends());
      count_read(step, result);
      HF_TRY(queue.complete(*turn.task, settle(step, std::move(result))));
      tell_progress();
    } else if (!turn.called) {
      return {};
    }
    HF_TRY(partials_->pause(worker, writer));
  }
}

std::optional<vault::Item> Backup::mark_gone(vault::Item item) {
  if (!is_archive()) return std::nullopt;
  item.gone_since = started_;
  return item;
}

Result<std::optional<vault::Item>> Backup::judge(Step& step) {
  const bool counted = is_counted(step.item);
  if (step.kind == StepKind::carry) {
    step.counts.items_unchanged = counted && !step.item.is_gone() ? 1 : 0;
    return std::optional(std::move(step.item));
  }
  step.counts.items_gone = counted ? 1 : 0;
  return mark_gone(std::move(step.item));
}

void Backup::count_read(Step& step, const ReadResult& result) {
  const std::lock_guard lock(mutex_);
  const bool counted = is_counted(step.item);
  switch (result.outcome) {
    case ReadOutcome::unknown:
    case ReadOutcome::unreadable:
      step.counts.items_unreadable = 1;
      add_problem(step.item.path, *result.error);
      return;
    case ReadOutcome::vanished:
      report_.problems.add(step.item.path, make_error(ErrorCode::source_vanished, step.item.path));
      step.counts.items_gone = step.before && is_counted(*step.before) ? 1 : 0;
      return;
    case ReadOutcome::stopped:
      report_.partial = true;
      return;
    case ReadOutcome::same:
      step.counts.items_unchanged = counted ? 1 : 0;
      return;
    case ReadOutcome::changing:
      step.counts.items_changing = 1;
      break;
    case ReadOutcome::stored:
      break;
  }
  if (!counted) {
    step.counts.items_gone = is_displaced(step) ? 1 : 0;
    return;
  }
  if (step.before && !step.before->is_gone()) {
    step.counts.items_changed = 1;
  } else {
    step.counts.items_new = 1;
  }
}

std::optional<vault::Item> Backup::settle(Step& step, ReadResult result) {
  if (result.outcome == ReadOutcome::unknown) return std::nullopt;
  if (result.outcome == ReadOutcome::stopped) {
    if (step.before && !step.before_is_settled) step.before->flags |= vault::kItemChanging;
    return std::move(step.before);
  }
  if (result.outcome != ReadOutcome::vanished) return std::move(result.item);
  if (!step.before) return std::nullopt;
  return mark_gone(std::move(*step.before));
}

Result<void> Backup::deliver(const Task& task) {
  {
    const std::lock_guard lock(mutex_);
    report_.counts += task.step.counts;
    if (task.item && is_counted(*task.item) && !task.item->is_gone()) {
      report_.counts.items += 1;
      report_.counts.bytes += task.item->size;
    }
  }
  if (!task.item) return {};
  tell_progress();
  if (outside_) HF_TRY(outside_->add_before(task.item->path, *builder_));
  return builder_->add(*task.item);
}

// More: that were read. Also in the middle of an item: a large one may take hours at its rate, and
// who waits for a sign of life takes silence for a mount that hangs.
void Backup::tell_progress(std::uint64_t more_bytes) {
  const std::lock_guard lock(mutex_);
  report_.bytes_read += more_bytes;
  if (request_.progress == nullptr) return;
  ProgressState state;
  state.phase = "reading";
  state.items_done = report_.counts.items;
  state.bytes_done = report_.bytes_read;
  if (former_.newest() && !has_region()) state.items_total = former_.newest()->body.counts.items;
  state.items_total = std::max(state.items_total, state.items_done);
  request_.progress->update(state);
}

// Of a snapshot with the same items.
bool Backup::says_the_same(const journal::SnapshotBody& newest) const {
  if (report_.partial) return false;
  if (has_region()) return true;
  if (newest.policy != policy_) return false;  // by other sources, or under other rules
  // A whole look says so, if the newest snapshot has not had one.
  if (newest.looked_at) return false;
  if (!report_.has_gap) return newest.complete;
  return newest.has_gap && (newest.has_all_shown() || !saw_all_);
}

Result<void> Backup::finish() {
  if (outside_) HF_TRY(outside_->add_rest(*builder_));
  HF_TRY(auto root, builder_->finish());
  // What was stored may be among the lost, also of a tree that is as it was.
  if (run_->some_pack_lost()) HF_TRY(nodes_->pass_on());
  HF_TRY(run_->suspend());
  report_.partial_snapshots = partials_->count();
  if (partials_->count() > 0) newest_partial_ = partials_->newest();
  HF_TRY(root, keep_records(root));
  const auto& newest = former_.newest();
  // After partial snapshots there is always one that ends them.
  const bool same = report_.partial_snapshots == 0 && newest && newest->body.items == root &&
                    says_the_same(newest->body);
  // Packs of this run may stand in for lost ones: they count only once an entry names them.
  if (same && !run_->has_new_packs()) {
    report_.snapshot = newest->head;
    report_.entry_written = false;
    HF_TRY(add_tags(*newest));
  } else {
    HF_TRY(report_.snapshot, commit(root, false));
  }
  HF_TRY(follow_records());
  const vault::RunTotals totals = run_->totals();
  report_.bytes_new = totals.bytes_new;
  report_.bytes_stored = totals.bytes_stored;
  report_.under_protected = totals.under_protected;
  return {};
}

// Of a run that was stopped the index knows nothing: it is made anew by the next. What holds on
// keys stand on by its rows is looked up by the next run at the latest.
Result<void> Backup::follow_records() {
  if (!records_ || report_.partial) return {};
  auto followed = records_->committed(report_.snapshot);
  records_.reset();
  if (followed) followed = keep_held_paths(business_);
  if (!followed && followed.error().is_of_process()) return followed;
  if (!followed) add_records_problem(followed.error());
  return {};
}

// What a stopped run has not looked at, later ones do. Nothing that goes wrong with what is derived
// keeps what was read from being committed.
Result<std::optional<journal::Root>> Backup::keep_records(
    const std::optional<journal::Root>& root) {
  if (!records_ || report_.partial) return root;
  // The nodes that are read must not be passed on while they are read.
  rows_due_ns_ = business_.box().ports().clock.monotonic_ns() + request_.partial_interval_ns;
  if (nodes_->bytes() > kHeldNodesMax / 2) {
    HF_TRY(nodes_->pass_on());
    HF_TRY(run_->suspend());
  }
  auto kept = records_->keep(*run_, *nodes_, *nodes_, root, report_.problems);
  if (!kept) {
    records_.reset();
    const ErrorCode code = kept.error().code;
    if (code == ErrorCode::power_cut || code == ErrorCode::out_of_memory) return kept;
    report_.partial = code == ErrorCode::interrupted;
    if (!report_.partial) add_records_problem(kept.error());
    if (!gathered_) return root;
    count_more(gathered_->more_items, gathered_->more_bytes);
    HF_TRY(run_->suspend());
    return gathered_->root;
  }
  report_.records = std::move(records_->reports());
  count_more(records_->more_items(), records_->more_bytes());
  HF_TRY(run_->suspend());
  return kept;
}

void Backup::count_more(std::uint64_t items, std::uint64_t bytes) {
  report_.counts.items += items;
  report_.counts.bytes += bytes;
}

// A snapshot with a gap is for the end of a run to make. Where home could not follow an entry, the
// next one may fail, and the run with it: that too can wait.
bool Backup::is_rows_commit_due() const {
  const bool may_commit =
      request_.partial_interval_ns > 0 && !report_.names_lost && business_.warnings().empty();
  return may_commit && business_.box().ports().clock.monotonic_ns() >= rows_due_ns_;
}

// At a stop the end of the run commits them.
Result<void> Backup::commit_rows(const GatheredRows& rows) {
  gathered_ = rows;
  if (!check_stop(&pace_.stop())) return {};
  const journal::SnapshotCounts counts = report_.counts;
  count_more(rows.more_items, rows.more_bytes);
  auto committed = commit(rows.root, true);
  report_.counts = counts;
  if (!committed) return committed.error();
  newest_partial_ = *committed;
  report_.partial_snapshots += 1;
  rows_due_ns_ = business_.box().ports().clock.monotonic_ns() + request_.partial_interval_ns;
  return {};
}

// That of a source as a whole, whose path is its name alone, is kept also behind many others.
void Backup::add_problem(const std::string& path, Error error) {
  if (path.find('/') != std::string::npos) return report_.problems.add(path, std::move(error));
  ++report_.problems.count;
  report_.problems.kept.insert(report_.problems.kept.begin(), {path, std::move(error)});
}

void Backup::add_records_problem(const Error& error) {
  report_.problems.add(std::string(source::kRecordsFolder), error);
}

Result<void> Backup::add_tags(const catalog::SnapshotRow& snapshot) {
  for (const std::string& tag : request_.tags) {
    if (std::ranges::find(snapshot.tags, tag) != snapshot.tags.end()) continue;
    auto head = business_.tag_snapshot(snapshot, tag);
    if (!head && report_.tags_given.empty()) return std::move(head.error());
    if (!head) {
      // The tags before it are entries that count: the run is done, but for this.
      report_.problems.add(tag, std::move(head.error()));
      return {};
    }
    report_.tags_given.push_back({tag, head->number});
  }
  return {};
}

// Only of what is whole: whatever may be missing is for a full tree to say.
Result<std::optional<journal::SnapshotDelta>> Backup::find_delta(
    const std::optional<journal::Root>& root) {
  const bool is_whole = is_complete() && !report_.names_lost && !request_.accept_loss;
  if (!is_whole || former_.newer || !former_.base) return std::nullopt;
  return job::find_delta(business_, {*former_.base, started_, request_.full_interval_ns}, *nodes_,
                         root);
}

// A gap outweighs a stop: what was not looked at stands as it stood, what is lost does not.
bool Backup::is_complete() const {
  if (report_.partial || report_.has_gap) return false;
  return !has_region() || (former_.base && former_.base->body.complete);
}

Result<journal::Head> Backup::commit(const std::optional<journal::Root>& root, bool is_on_the_way) {
  journal::SnapshotBody body;
  body.complete = !is_on_the_way && is_complete();
  body.has_gap = report_.has_gap;
  body.host = request_.host;
  body.started = started_;
  if (!report_.has_gap || saw_all_) body.finished = business_.box().ports().clock.now();
  body.counts = report_.counts;
  body.items = root;
  if (!is_on_the_way) {
    HF_TRY(body.delta, find_delta(root));
    body.tags = request_.tags;
  }
  if (!body.delta) HF_TRY(nodes_->pass_on());
  if (has_region()) body.looked_at = {former_.whole_started(), outermost(request_.paths)};
  if (report_.partial_snapshots > 0) {
    body.previous_snapshot = newest_partial_.digest;
  } else if (former_.newest()) {
    body.previous_snapshot = former_.newest()->head.digest;
  }
  body.policy = policy_;
  return run_->commit(body);
}

}  // namespace

Result<BackupReport> run_backup(vault::Business& business, ports::Files& files,
                                const BackupRequest& request) {
  return Backup(business, files, request).run();
}

}  // namespace holdfast::job
