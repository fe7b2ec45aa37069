// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/restore.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "firmware/job/loss.h"
#include "firmware/job/selection.h"
#include "firmware/job/target_tree.h"
#include "firmware/vault/content_reader.h"
#include "hal/base/path.h"

namespace holdfast::job {

namespace {

// These concern the target as a whole: going on would fail for every file that follows.
bool ends_restore(const Error& error) {
  return error.code == ErrorCode::no_space || error.code == ErrorCode::read_only ||
         error.code == ErrorCode::power_cut || error.code == ErrorCode::out_of_memory;
}

std::string error_place(const std::string& target, std::string_view path) {
  return target + "/" + std::string(path);
}

class Restore {
 public:
  Restore(vault::Business& business, ports::Files& files, const RestoreRequest& request)
      : business_(business), files_(files), request_(request) {}

  Result<RestoreReport> run();

 private:
  Result<void> check_target();
  Result<void> restore_all();
  Result<void> work(SelectionQueue& queue);
  Result<void> restore_item(vault::ContentReader& reader, const vault::Item& item);
  Result<void> restore_regular(vault::ContentReader& reader, const vault::Item& item,
                               ports::TargetFolder& folder);
  Result<bool> restore_link(const vault::Item& item, ports::TargetFolder& folder);
  Result<void> restore_other(const vault::Item& item, ports::TargetFolder& folder);
  Result<void> put_in_place(const vault::Item& item, ports::TargetFolder& folder,
                            const std::string& temporary);
  Result<void> record(const vault::Item& item, Result<void> outcome);
  std::string temporary_name();
  bool stopped() const { return request_.stop != nullptr && request_.stop->load(); }

  vault::Business& business_;
  ports::Files& files_;
  const RestoreRequest& request_;
  std::unique_ptr<TargetTree> tree_;
  std::mutex mutex_;  // what follows
  RestoreReport report_;
  std::uint64_t next_temporary_ = 0;
  // First restored name of each file with several links, by device and inode.
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> linked_;
};

Result<RestoreReport> Restore::run() {
  ports::Clock& clock = business_.box().ports().clock;
  const std::int64_t start_ns = clock.monotonic_ns();
  HF_TRY(check_target());
  HF_TRY(restore_all());
  if (!request_.dry_run) {
    HF_TRY(tree_->apply_folders());
    HF_TRY(tree_->root().sync_file_system());
  }
  report_.duration_ns = clock.monotonic_ns() - start_ns;
  if (stopped()) return make_error(ErrorCode::interrupted, request_.target);
  return std::move(report_);
}

// Looks at every place that would be written before anything is: a restore that must not overwrite
// either does all or nothing.
Result<void> Restore::check_target() {
  if (request_.dry_run) return {};
  HF_TRY(auto root, files_.open_target(request_.target));
  tree_ = std::make_unique<TargetTree>(std::move(root));
  if (request_.overwrite) return {};
  bool empty = true;
  HF_TRY(tree_->root().list([&](std::string_view) -> Result<void> {
    empty = false;
    return {};
  }));
  if (empty) return {};
  return for_each_selected(
      business_, request_.selection, [&](const vault::Item& item) -> Result<void> {
        if (item.type == ports::FileType::directory) return {};
        const auto taken = exists_below(tree_->root(), item.path);
        if (!taken) return taken.error();
        if (!*taken) return {};
        return make_error(ErrorCode::target_not_empty, error_place(request_.target, item.path),
                          {{"path", std::string(item.path)}});
      });
}

Result<void> Restore::restore_all() {
  HF_TRY(const auto nodes, vault::ContentReader::open(business_));
  SelectionQueue queue(*nodes, request_.selection);
  HF_TRY(business_.box().ports().workers.run([&](std::size_t) -> Result<void> {
    auto done = work(queue);
    if (!done) queue.fail();
    return done;
  }));
  return queue.check_all_found();
}

Result<void> Restore::work(SelectionQueue& queue) {
  HF_TRY(const auto reader, vault::ContentReader::open(business_));
  vault::Item item;
  while (!stopped()) {
    HF_TRY(const bool more, queue.next(item));
    if (!more) return {};
    HF_TRY(record(item, request_.dry_run ? Result<void>() : restore_item(*reader, item)));
  }
  return {};
}

Result<void> Restore::record(const vault::Item& item, Result<void> outcome) {
  const std::lock_guard lock(mutex_);
  if (outcome) {
    report_.items += 1;
    if (item.type == ports::FileType::regular) {
      if (item.has_content()) {
        report_.files += 1;
        report_.bytes += item.size;
      } else {
        report_.no_content += 1;
      }
    }
  } else if (is_loss(outcome.error())) {
    report_.lost.add(item.path, std::move(outcome.error()));
  } else if (ends_restore(outcome.error())) {
    return outcome;
  } else {
    report_.failed.add(item.path, std::move(outcome.error()));
  }
  if (request_.progress != nullptr) {
    const auto& counts = request_.selection.snapshot.body.counts;
    request_.progress->update(
        {"restoring", report_.files, counts.items, report_.bytes, counts.bytes});
  }
  return {};
}

std::string Restore::temporary_name() {
  const std::lock_guard lock(mutex_);
  return ".holdfast-" + std::to_string(next_temporary_++) + ".part";
}

Result<void> Restore::restore_item(vault::ContentReader& reader, const vault::Item& item) {
  if (item.type == ports::FileType::directory) {
    HF_TRY(const auto made, tree_->folder(item.path));
    tree_->remember(item);
    return {};
  }
  HF_TRY(const auto folder, tree_->folder(parent_of(item.path)));
  if (item.type != ports::FileType::regular) return restore_other(item, *folder);
  if (!item.has_content()) return {};
  if (item.links > 1) {
    HF_TRY(const bool linked, restore_link(item, *folder));
    if (linked) return {};
  }
  return restore_regular(reader, item, *folder);
}

Result<void> Restore::put_in_place(const vault::Item& item, ports::TargetFolder& folder,
                                   const std::string& temporary) {
  auto renamed = folder.rename(temporary, last_name_of(item.path), request_.overwrite);
  if (renamed) return {};
  // The half-made file goes; the error that is told is the one that mattered.
  static_cast<void>(folder.remove(temporary).has_value());
  if (renamed.error().code != ErrorCode::already_exists) return renamed;
  return make_error(ErrorCode::target_not_empty, error_place(request_.target, item.path),
                    {{"path", std::string(item.path)}});
}

Result<void> Restore::restore_regular(vault::ContentReader& reader, const vault::Item& item,
                                      ports::TargetFolder& folder) {
  const std::string temporary = temporary_name();
  auto file = folder.create_file(temporary);
  if (!file && file.error().code == ErrorCode::already_exists) {
    HF_TRY(folder.remove(temporary));  // left by a restore that was cut short
    file = folder.create_file(temporary);
  }
  if (!file) return std::move(file.error());
  const auto written = [&]() -> Result<void> {
    HF_TRY(reader.read_item(
        item, [&](std::uint64_t offset, ByteView bytes) { return (*file)->write(offset, bytes); }));
    if (!item.data_runs.empty()) HF_TRY((*file)->resize(item.size));
    return (*file)->apply(metadata_of(item));
  }();
  if (!written) {
    static_cast<void>(folder.remove(temporary).has_value());
    return written;
  }
  HF_TRY(put_in_place(item, folder, temporary));
  if (item.links > 1) {
    const std::lock_guard lock(mutex_);
    linked_.emplace(std::pair(item.device, item.inode), item.path);
  }
  return {};
}

// True if the file was restored before under another name and is linked to now.
Result<bool> Restore::restore_link(const vault::Item& item, ports::TargetFolder& folder) {
  std::string first;
  {
    const std::lock_guard lock(mutex_);
    const auto found = linked_.find({item.device, item.inode});
    if (found == linked_.end()) return false;
    first = found->second;
  }
  HF_TRY(const auto first_folder, tree_->folder(parent_of(first)));
  const std::string temporary = temporary_name();
  // A target that cannot link gets a copy.
  if (!folder.link(*first_folder, last_name_of(first), temporary)) return false;
  HF_TRY(put_in_place(item, folder, temporary));
  return true;
}

Result<void> Restore::restore_other(const vault::Item& item, ports::TargetFolder& folder) {
  const std::string temporary = temporary_name();
  if (item.type == ports::FileType::symlink) {
    HF_TRY(folder.make_symlink(temporary, item.link_target));
  } else {
    ports::FileStatus status;
    status.type = item.type;
    status.mode = item.mode;
    status.device_major = item.device_major;
    status.device_minor = item.device_minor;
    HF_TRY(folder.make_special(temporary, status));
  }
  if (auto applied = folder.apply(temporary, metadata_of(item)); !applied) {
    static_cast<void>(folder.remove(temporary).has_value());
    return applied;
  }
  return put_in_place(item, folder, temporary);
}

}  // namespace

Result<RestoreReport> run_restore(vault::Business& business, ports::Files& files,
                                  const RestoreRequest& request) {
  return Restore(business, files, request).run();
}

}  // namespace holdfast::job
