// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/restore.h"

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "firmware/job/bound_rows.h"
#include "firmware/job/linked_file.h"
#include "firmware/job/target_tree.h"
#include "firmware/vault/content_reader.h"
#include "firmware/vault/loss.h"
#include "hal/base/path.h"

namespace holdfast::job {

// The names below are the same in both: what is before them is the folder.
void Moved::add(std::string_view path, std::string_view place) {
  ++items;
  do {
    path = parent_of(path);
    place = parent_of(place);
  } while (last_name_of(path) == last_name_of(place));
  if (folders.size() < Problems::kKeptMax) folders.emplace(path, place);
}

namespace {

// These concern the target as a whole: going on would fail for every file that follows.
bool ends_restore(const Error& error) {
  return error.code == ErrorCode::interrupted || error.code == ErrorCode::no_space ||
         error.code == ErrorCode::read_only || error.code == ErrorCode::power_cut ||
         error.code == ErrorCode::out_of_memory;
}

// More names than this that are all taken are no accident.
constexpr int kTemporaryTriesMax = 100;

// Recordings whose rows are looked for at once: a few tens of MiB.
constexpr std::size_t kRowsBatch = 50'000;
constexpr std::uint32_t kPlainMode = 0666;  // nothing that is run

enum class Turn {
  alone,  // one name, or nothing that can be linked
  first,  // this worker writes the file; the other names follow
  link,   // the file is there under another name
  wait,   // another worker is writing it
};

struct Claim {
  Turn turn = Turn::alone;
  std::string first_place;  // for Turn::link
};

class Restore {
 public:
  Restore(vault::Business& business, ports::Files& files, const RestoreRequest& request)
      : business_(business),
        files_(files),
        request_(request),
        temporary_prefix_(".holdfast-" + to_hex(business.box().ports().random.array<8>()) + "-") {}

  Result<RestoreReport> run();

 private:
  Result<void> check_paths();
  Result<void> check_target();
  Result<void> check_free(ports::Folder& root);
  Result<void> check_place(ports::Folder& root, const Selected& selected);
  Result<void> restore_everything();
  Result<void> make_durable();
  Result<void> check_root() const;
  Result<void> restore_items();
  Result<void> work(SelectionQueue& queue);
  Result<void> restore_waiting();
  Result<void> take(vault::ContentReader& reader, const Selected& selected);
  bool is_left_out(const vault::Item& item);
  Claim claim(const Selected& selected);
  void settle(const vault::Item& first, bool written);
  Result<void> restore_item(vault::ContentReader& reader, const Selected& selected,
                            const Claim& claim);
  Result<void> restore_regular(vault::ContentReader& reader, const Selected& selected,
                               ports::TargetFolder& folder);
  Error already_there(const std::string& place) const;
  Result<bool> restore_link(const std::string& place, ports::TargetFolder& folder,
                            const std::string& first);
  Result<void> make_file(const std::string& place, ports::TargetFolder& folder,
                         const std::function<Result<void>(ports::TargetFile& file)>& fill);
  Result<void> restore_rows();
  bool gets_rows(const vault::Item& item) const;
  Result<void> write_tables(BoundRows& rows, const std::vector<Selected>& recordings);
  Result<void> write_table(vault::ContentReader& nodes, const Selected& recording,
                           const RowTable& table);
  Result<void> restore_other(const Selected& selected, ports::TargetFolder& folder);
  Result<void> put_in_place(const std::string& place, ports::TargetFolder& folder,
                            const std::string& temporary);
  void note_lost(const vault::IndexEntry& subtree);
  ports::FileMetadata given_metadata(const vault::Item& item) const;
  Result<void> finish_folders();
  Result<void> finish_folder(const Selected& selected);
  Result<void> record(const Selected& selected, Result<void> outcome);
  Result<void> record_failure(const vault::Item& item, Error error);
  Result<void> note_failure(const std::string& path, Error error);
  Result<std::string> make_temporary(const std::function<Result<void>(const std::string&)>& make);
  std::string next_temporary_name();
  bool stopped() const { return request_.stop != nullptr && request_.stop->load(); }

  vault::Business& business_;
  ports::Files& files_;
  const RestoreRequest& request_;
  const std::string temporary_prefix_;  // of this run alone: others may write here at the same time
  std::unique_ptr<TargetTree> tree_;
  std::mutex mutex_;  // what follows
  RestoreReport report_;
  std::uint64_t next_temporary_ = 0;
  std::map<LinkKey, LinkedFile> linked_;
  std::vector<Selected> waiting_;  // names to be linked when the workers are done
  std::set<std::string> failed_folders_;
  std::set<std::string> not_restored_;   // recordings that would have got their rows
  std::set<std::string> lost_subtrees_;  // first paths: each is told once
};

Result<RestoreReport> Restore::run() {
  ports::Clock& clock = business_.box().ports().clock;
  const std::int64_t start_ns = clock.monotonic_ns();
  HF_TRY(check_paths());
  HF_TRY(check_target());
  // From here on a report is owed: what is lost must not be forgotten over a full target.
  if (auto done = restore_everything(); !done) {
    if (done.error().code == ErrorCode::power_cut) return std::move(done.error());
    report_.ended = std::move(done.error());
  }
  HF_TRY(make_durable());
  report_.duration_ns = clock.monotonic_ns() - start_ns;
  return std::move(report_);
}

Result<void> Restore::restore_everything() {
  HF_TRY(restore_items());
  if (stopped()) return make_error(ErrorCode::interrupted, request_.target);
  HF_TRY(restore_rows());
  if (request_.dry_run) return {};
  return finish_folders();
}

// However it ended: what is told of as written must be there when the medium is pulled at once.
Result<void> Restore::make_durable() {
  if (request_.dry_run) return {};
  auto synced = tree_->root().sync_file_system();
  if (synced) return {};
  if (synced.error().code == ErrorCode::power_cut) return synced;
  report_.is_unsure = true;
  if (!report_.ended) report_.ended = std::move(synced.error());
  return {};
}

// With or without its lock. An Error: no file that follows can be written either.
Result<void> Restore::check_root() const {
  if (request_.is_target_gone && request_.is_target_gone()) {
    return make_error(ErrorCode::medium_missing, request_.target);
  }
  const std::string name = temporary_prefix_ + "look";
  HF_TRY(const auto made, tree_->root().create_file(name));
  static_cast<void>(tree_->root().remove(name).has_value());
  return {};
}

Result<void> Restore::check_paths() {
  if (request_.selection.paths.empty()) return {};
  HF_TRY(const auto nodes, vault::ContentReader::open(business_));
  return job::check_paths(*nodes, request_.selection);
}

// Looks at every place that would be written before anything is: a restore that must not overwrite
// either does all or nothing.
Result<void> Restore::check_target() {
  if (request_.dry_run) {
    const auto root = files_.open_source(request_.target);
    if (root) return check_free(**root);
    return root.error().code == ErrorCode::not_found ? Result<void>() : root.error();
  }
  HF_TRY(auto root,
         request_.open_target ? request_.open_target() : files_.open_target(request_.target));
  std::optional<ports::FileMetadata> of_folders;
  if (request_.is_for_others) {
    of_folders = folder_for_others(business_.box().ports().clock.now());
    HF_TRY(root->apply("", *of_folders));
  }
  tree_ = std::make_unique<TargetTree>(std::move(root), of_folders);
  return check_free(tree_->root());
}

Result<void> Restore::check_free(ports::Folder& root) {
  if (request_.overwrite) return {};
  bool empty = true;
  HF_TRY(root.list([&](std::string_view) -> Result<void> {
    empty = false;
    return {};
  }));
  if (empty) return {};
  const auto ignore_lost = [](const vault::IndexEntry& /*subtree*/) {};  // told when it is walked
  return for_each_selected(business_, request_.selection, request_.stop, ignore_lost,
                           [&](const Selected& selected) -> Result<void> {
                             HF_TRY(check_place(root, selected));
                             if (!gets_rows(selected.item)) return {};
                             Selected rows = selected;
                             rows.place += kRowsSuffix;
                             return check_place(root, rows);
                           });
}

Result<void> Restore::check_place(ports::Folder& root, const Selected& selected) {
  HF_TRY(const bool taken, is_taken(root, selected));
  return taken ? already_there(selected.place) : Result<void>();
}

Result<void> Restore::restore_items() {
  HF_TRY(const auto nodes, vault::ContentReader::open(business_));
  SelectionQueue queue(*nodes, request_.selection,
                       [this](const vault::IndexEntry& subtree) { note_lost(subtree); });
  HF_TRY(business_.box().ports().workers.run([&](std::size_t) -> Result<void> {
    auto done = work(queue);
    if (!done) queue.fail();
    return done;
  }));
  return restore_waiting();
}

// With all other work done no name waits again: the first one of a file whose writing failed is
// written in its stead, and the rest are linked to it.
Result<void> Restore::restore_waiting() {
  const std::vector<Selected> waiting = std::exchange(waiting_, {});
  if (waiting.empty()) return {};
  HF_TRY(const auto reader, vault::ContentReader::open(business_));
  for (const Selected& selected : waiting) {
    if (stopped()) return {};
    HF_TRY(take(*reader, selected));
  }
  return {};
}

Result<void> Restore::work(SelectionQueue& queue) {
  HF_TRY(const auto reader, vault::ContentReader::open(business_));
  Selected selected;
  while (!stopped()) {
    HF_TRY(const bool more, queue.next(selected));
    if (!more) return {};
    HF_TRY(take(*reader, selected));
  }
  return {};
}

Result<void> Restore::take(vault::ContentReader& reader, const Selected& selected) {
  if (is_left_out(selected.item)) return {};
  if (request_.dry_run) return record(selected, Result<void>());
  const Claim claim = this->claim(selected);
  if (claim.turn == Turn::wait) return {};
  auto outcome = restore_item(reader, selected, claim);
  if (claim.turn == Turn::first) settle(selected.item, outcome.has_value());
  return record(selected, std::move(outcome));
}

// A device node that everybody may open would be a way into the machine that reads the medium.
bool Restore::is_left_out(const vault::Item& item) {
  const bool may_leave = item.type == ports::FileType::regular ||
                         item.type == ports::FileType::directory ||
                         item.type == ports::FileType::symlink;
  if (!request_.is_for_others || may_leave) return false;
  const std::lock_guard lock(mutex_);
  ++report_.left_out;
  return true;
}

// Finding the file and taking it on are one step: of two workers only one may write it.
Claim Restore::claim(const Selected& selected) {
  const vault::Item& item = selected.item;
  if (item.type != ports::FileType::regular || item.links < 2 || !item.has_content()) return {};
  const std::lock_guard lock(mutex_);
  const auto [place, is_new] = linked_.try_emplace(link_key_of(item));
  LinkedFile& file = place->second;
  if (is_new) {
    file.first = selected;
    return {Turn::first, {}};
  }
  if (!is_same_file(file.first.item, item)) return {};
  if (file.written) return {Turn::link, file.first.place};
  waiting_.push_back(selected);
  return {Turn::wait, {}};
}

void Restore::settle(const vault::Item& first, bool written) {
  const std::lock_guard lock(mutex_);
  if (written) {
    linked_.at(link_key_of(first)).written = true;
  } else {
    linked_.erase(link_key_of(first));  // the next name tries for itself
  }
}

Result<void> Restore::record(const Selected& selected, Result<void> outcome) {
  const vault::Item& item = selected.item;
  const std::lock_guard lock(mutex_);
  if (selected.place != item.path) report_.moved.add(item.path, selected.place);
  if (outcome) {
    count_unread(item, report_.unread);
    report_.items += item.has_content() ? 1 : 0;
    if (item.has_content() && item.type == ports::FileType::regular) {
      report_.files += 1;
      report_.bytes += item.size;
    }
  } else {
    HF_TRY(record_failure(item, std::move(outcome.error())));
  }
  if (request_.progress != nullptr) {
    // How much a part of it is nobody knows before the end.
    const bool is_all = request_.selection.paths.empty() && !request_.selection.since;
    const auto& counts = request_.selection.snapshot.body.counts;
    request_.progress->update({"restoring", report_.files, is_all ? counts.items : 0, report_.bytes,
                               is_all ? counts.bytes : 0});
  }
  return {};
}

// Under the lock. An Error: it ends the restore.
Result<void> Restore::record_failure(const vault::Item& item, Error error) {
  if (item.type == ports::FileType::directory) failed_folders_.insert(item.path);
  if (gets_rows(item)) not_restored_.insert(item.path);
  return note_failure(item.path, std::move(error));
}

// Under the lock, or when the workers are done; the same.
Result<void> Restore::note_failure(const std::string& path, Error error) {
  if (ends_restore(error)) return error;
  if (error.code == ErrorCode::io && !request_.dry_run) HF_TRY(check_root());
  const bool is_lost = vault::is_loss(error) || error.code == ErrorCode::names_lost;
  (is_lost ? report_.lost : report_.failed).add(path, std::move(error));
  return {};
}

// A subtree may be lost between the two walks: then its folders do not get what they had.
void Restore::note_lost(const vault::IndexEntry& subtree) {
  const std::lock_guard lock(mutex_);
  if (!lost_subtrees_.insert(subtree.first_path).second) return;
  report_.lost.add_lost_names(subtree.first_path, subtree.items);
}

bool Restore::gets_rows(const vault::Item& item) const {
  if (!request_.rows_by || item.type != ports::FileType::regular || !item.has_content()) {
    return false;
  }
  return std::ranges::any_of(
      request_.rows_by->sources, [&](const source::SourceDefinition& source) {
        const std::string& folder = source.mapping.recording.folder;
        return source.has_rows() && !folder.empty() && is_within(item.path, folder);
      });
}

// A walk of its own, when all recordings are there: a table may have rows of many items.
Result<void> Restore::restore_rows() {
  if (!request_.rows_by) return {};
  BoundRows rows(business_, request_.selection.snapshot, *request_.rows_by, request_.stop,
                 [this](const std::string& path, Error error) -> Result<void> {
                   // The walk over the items has told of names that it met.
                   const bool is_new =
                       error.code != ErrorCode::names_lost || lost_subtrees_.insert(path).second;
                   return is_new ? note_failure(path, std::move(error)) : Result<void>();
                 });
  const auto ignore_lost = [](const vault::IndexEntry& /*subtree*/) {};  // told already
  std::vector<Selected> recordings;
  HF_TRY(for_each_selected(business_, request_.selection, request_.stop, ignore_lost,
                           [&](const Selected& selected) -> Result<void> {
                             const std::string& path = selected.item.path;
                             const bool is_there = !not_restored_.contains(path);
                             if (!is_there || !gets_rows(selected.item)) return {};
                             recordings.push_back(selected);
                             if (recordings.size() < kRowsBatch) return {};
                             return write_tables(rows, std::exchange(recordings, {}));
                           }));
  return write_tables(rows, recordings);
}

Result<void> Restore::write_tables(BoundRows& rows, const std::vector<Selected>& recordings) {
  std::set<std::string> paths;
  for (const Selected& each : recordings) paths.insert(each.item.path);
  HF_TRY(const auto tables, rows.tables_of(paths));
  HF_TRY(const auto nodes, vault::ContentReader::open(business_));
  for (const Selected& each : recordings) {
    HF_TRY(check_stop(request_.stop));
    const auto table = tables.find(each.item.path);
    if (table == tables.end()) {
      ++report_.rows.without;
    } else if (auto written = write_table(*nodes, each, table->second); !written) {
      HF_TRY(note_failure(each.item.path + std::string(kRowsSuffix), std::move(written.error())));
    } else {
      ++report_.rows.recordings;
      report_.rows.rows += table->second.rows();
    }
  }
  return {};
}

// Beside the recording, and never in the place of an item that the snapshot has, whatever may be
// written over.
Result<void> Restore::write_table(vault::ContentReader& nodes, const Selected& recording,
                                  const RowTable& table) {
  const std::string place = recording.place + std::string(kRowsSuffix);
  // An item of that path goes where the recording goes, which may be another place than its own.
  for (const std::string& path : {place, recording.item.path + std::string(kRowsSuffix)}) {
    vault::TreeCursor cursor(nodes, vault::tree_of(request_.selection.snapshot));
    HF_TRY(cursor.seek(path));
    HF_TRY(const vault::Item* there, cursor.peek());
    if (there != nullptr && is_within(there->path, path)) return already_there(place);
  }
  if (request_.dry_run) return {};
  HF_TRY(const auto folder, tree_->folder(parent_of(place)));
  return make_file(place, *folder, [&](ports::TargetFile& file) -> Result<void> {
    HF_TRY(file.write(0, view_of(table.text())));
    ports::FileMetadata metadata = given_metadata(recording.item);
    metadata.mode &= kPlainMode;
    metadata.attributes = nullptr;
    return file.apply(metadata);
  });
}

// Folders get their metadata when nothing is written into them any more: their times would be
// undone by it, and a read-only one could not be entered. A second walk, so that not all must be
// kept.
Result<void> Restore::finish_folders() {
  std::vector<Selected> open;  // those that the walk is in, the outermost first
  const auto leave_for = [&](std::string_view path) -> Result<void> {
    while (!open.empty() && !is_within(path, open.back().item.path)) {
      HF_TRY(finish_folder(open.back()));
      open.pop_back();
    }
    return {};
  };
  const auto on_lost = [this](const vault::IndexEntry& subtree) { note_lost(subtree); };
  HF_TRY(for_each_selected(business_, request_.selection, request_.stop, on_lost,
                           [&](const Selected& selected) -> Result<void> {
                             HF_TRY(leave_for(selected.item.path));
                             if (selected.item.type == ports::FileType::directory) {
                               open.push_back(selected);
                             }
                             return {};
                           }));
  while (!open.empty()) {
    HF_TRY(finish_folder(open.back()));
    open.pop_back();
  }
  return {};
}

ports::FileMetadata Restore::given_metadata(const vault::Item& item) const {
  return request_.is_for_others ? metadata_for_others(item) : metadata_of(item);
}

Result<void> Restore::finish_folder(const Selected& selected) {
  const auto& [item, place] = selected;
  if (failed_folders_.contains(item.path)) return {};  // told already
  const auto finished = [&]() -> Result<void> {
    HF_TRY(const auto parent, tree_->folder(parent_of(place)));
    return parent->apply(last_name_of(place), given_metadata(item));
  }();
  if (finished) return {};
  const std::lock_guard lock(mutex_);
  return record_failure(item, finished.error());
}

std::string Restore::next_temporary_name() {
  const std::lock_guard lock(mutex_);
  return temporary_prefix_ + std::to_string(next_temporary_++) + ".part";
}

// The name under which `make` made something. What has a name already is never ours to touch: then
// the next name is tried.
Result<std::string> Restore::make_temporary(
    const std::function<Result<void>(const std::string&)>& make) {
  for (int tries = 1;; ++tries) {
    std::string name = next_temporary_name();
    auto made = make(name);
    if (made) return name;
    if (made.error().code != ErrorCode::already_exists || tries == kTemporaryTriesMax) {
      return std::move(made.error());
    }
  }
}

Result<void> Restore::restore_item(vault::ContentReader& reader, const Selected& selected,
                                   const Claim& claim) {
  const auto& [item, place] = selected;
  if (item.type == ports::FileType::directory) {
    HF_TRY(const auto made, tree_->folder(place));
    return {};
  }
  HF_TRY(const auto folder, tree_->folder(parent_of(place)));
  if (!item.has_content()) return {};
  if (item.type != ports::FileType::regular) return restore_other(selected, *folder);
  if (claim.turn == Turn::link) {
    HF_TRY(const bool linked, restore_link(place, *folder, claim.first_place));
    if (linked) return {};
  }
  return restore_regular(reader, selected, *folder);
}

Error Restore::already_there(const std::string& place) const {
  return make_error(ErrorCode::target_not_empty, request_.target + "/" + place, {{"path", place}});
}

Result<void> Restore::put_in_place(const std::string& place, ports::TargetFolder& folder,
                                   const std::string& temporary) {
  auto renamed = folder.rename(temporary, last_name_of(place), request_.overwrite);
  if (renamed) return {};
  // The half-made file goes; the error that is told is the one that mattered.
  static_cast<void>(folder.remove(temporary).has_value());
  if (renamed.error().code != ErrorCode::already_exists) return renamed;
  return already_there(place);
}

Result<void> Restore::make_file(const std::string& place, ports::TargetFolder& folder,
                                const std::function<Result<void>(ports::TargetFile& file)>& fill) {
  std::unique_ptr<ports::TargetFile> file;
  const auto make = [&](const std::string& name) -> Result<void> {
    HF_TRY(file, folder.create_file(name));
    return {};
  };
  HF_TRY(const std::string temporary, make_temporary(make));
  if (auto filled = fill(*file); !filled) {
    static_cast<void>(folder.remove(temporary).has_value());
    return filled;
  }
  return put_in_place(place, folder, temporary);
}

Result<void> Restore::restore_regular(vault::ContentReader& reader, const Selected& selected,
                                      ports::TargetFolder& folder) {
  const vault::Item& item = selected.item;
  return make_file(selected.place, folder, [&](ports::TargetFile& file) -> Result<void> {
    HF_TRY(reader.read_item(item, [&](std::uint64_t offset, ByteView bytes) -> Result<void> {
      if (stopped()) return make_error(ErrorCode::interrupted, request_.target);
      return file.write(offset, bytes);
    }));
    if (!item.data_runs.empty()) HF_TRY(file.resize(item.size));
    return file.apply(given_metadata(item));
  });
}

// False if this target cannot link: then the name gets a copy.
Result<bool> Restore::restore_link(const std::string& place, ports::TargetFolder& folder,
                                   const std::string& first) {
  HF_TRY(const auto first_folder, tree_->folder(parent_of(first)));
  const auto temporary = make_temporary([&](const std::string& name) {
    return folder.link(*first_folder, last_name_of(first), name);
  });
  if (!temporary) return false;
  HF_TRY(put_in_place(place, folder, *temporary));
  return true;
}

Result<void> Restore::restore_other(const Selected& selected, ports::TargetFolder& folder) {
  const vault::Item& item = selected.item;
  const auto make = [&](const std::string& name) {
    if (item.type == ports::FileType::symlink) return folder.make_symlink(name, item.link_target);
    ports::FileStatus status;
    status.type = item.type;
    status.mode = item.mode;
    status.device_major = item.device_major;
    status.device_minor = item.device_minor;
    return folder.make_special(name, status);
  };
  HF_TRY(const std::string temporary, make_temporary(make));
  if (auto applied = folder.apply(temporary, given_metadata(item)); !applied) {
    static_cast<void>(folder.remove(temporary).has_value());
    return applied;
  }
  return put_in_place(selected.place, folder, temporary);
}

}  // namespace

Result<RestoreReport> run_restore(vault::Business& business, ports::Files& files,
                                  const RestoreRequest& request) {
  return Restore(business, files, request).run();
}

}  // namespace holdfast::job
