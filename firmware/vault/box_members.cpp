// SPDX-License-Identifier: Apache-2.0
// The members of the box's pool: what home keeps of them, and changing them.
//
//   home/pool names the new directory -> its label -> labels of the present members -> home/label
//
// A cut before the first label leaves the pool as it was, and an empty directory in the list of
// those where disks were seen. From the first label on the next opening for writing completes the
// change.
#include <algorithm>

#include "firmware/pool/new_disk.h"
#include "firmware/vault/box.h"
#include "firmware/vault/home_files.h"

namespace holdfast::vault {

Result<void> Box::level_labels() {
  HF_TRY(const pool::Pool* opened_pool, pool());
  const auto witness = ports::load(ports_.home, kLabelPath, pool::kLabelSizeMax);
  if (!witness && witness.error().is_of_process()) return witness.error();
  const bool witnessed = witness && *witness == opened_pool->label().record_bytes;
  if (witnessed && opened_pool->labels_are_level() && !is_takeover_due()) return {};
  HF_TRY(const auto pool_lock, lock("pool"));
  return level_labels_locked();
}

// Another process may have changed the members since this one opened the pool. A witness that does
// not prove is none.
Result<void> Box::check_members_newest() {
  HF_TRY(const pool::Pool* opened_pool, pool());
  const auto witness = ports::load(ports_.home, kLabelPath, pool::kLabelSizeMax);
  if (!witness && witness.error().is_of_process()) return witness.error();
  if (!witness) return {};
  const pool::LabelRecord& record = opened_pool->label().record;
  const auto known = pool::parse_record(*witness, trusted_);
  const bool newer =
      known && known->record.pool == record.pool && known->record.epoch > record.epoch;
  if (newer) return make_error(ErrorCode::not_newest, ports_.home.name());
  return {};
}

// A recovered box has not told the disks yet.
bool Box::is_takeover_due() const {
  return pool_->label().record.incarnation < keyring_.content().incarnation;
}

Result<void> Box::level_labels_locked() {
  HF_TRY(pool::Pool * opened_pool, pool());
  const pool::Label& label = opened_pool->label();
  HF_TRY(opened_pool->writable());
  HF_TRY(check_members_newest());
  if (is_takeover_due()) {
    // The keyrings on the disks must trust the signer of what they will be found with.
    HF_TRY(level_copies_locked());
    HF_TRY(
        opened_pool->take_over(keyring_.content().incarnation, *signer_, trusted_, ports_.random));
  }
  HF_TRY(opened_pool->level_labels(*signer_, trusted_));
  const auto witness = ports::load(ports_.home, kLabelPath, pool::kLabelSizeMax);
  if (!witness && witness.error().is_of_process()) return witness.error();
  if (witness && *witness == label.record_bytes) return {};
  HF_TRY(list_places());
  return ports::store(ports_.home, kLabelPath, label.record_bytes);
}

// A home that was an older copy, or lost its list, learns where the disks are.
Result<void> Box::list_places() {
  HF_TRY(std::vector<std::string> paths, disk_paths());
  const std::size_t listed = paths.size();
  for (const pool::Pool::PresentMember& member : pool_->present_members()) {
    const std::string path = member.disk->name();
    if (std::ranges::find(paths, path) == paths.end()) paths.push_back(path);
  }
  if (paths.size() == listed) return {};
  return ports::store(ports_.home, kPoolPath, encode_disk_paths(paths));
}

// What is opened here stays the disk that is written, whatever is mounted there later.
Result<pool::DiskPointer> Box::open_joining(const JoiningDisk& joining) const {
  HF_TRY(pool::DiskPointer disk, ports_.open_disk(joining.path));
  if (joining.device) HF_TRY(pool::check_device(*disk, *joining.device));
  return disk;
}

Result<pool::LabelRecord> Box::plan_members(pool::MemberChange& change,
                                            const std::optional<JoiningDisk>& joining) {
  HF_TRY(pool::Pool * opened_pool, pool());
  HF_TRY(opened_pool->writable());
  change.incarnation = keyring_.content().incarnation;
  if (joining) {
    HF_TRY(const auto disk, open_joining(*joining));
    HF_TRY(pool::check_no_member(*disk, opened_pool->label().record, trusted_));
    pool::Member member;
    HF_TRY(member.capacity, opened_pool->check_new_disk(*disk, joining->same_device_allowed, true));
    member.place = disk->name();
    change.joins = std::move(member);
  }
  return opened_pool->plan_change(change);
}

Result<void> Box::change_members(pool::MemberChange change,
                                 const std::optional<JoiningDisk>& joining) {
  HF_TRY(const auto keyring_lock, lock_keyring());
  HF_TRY(const keys::Keyring now, reload_keyring());
  // A business that was added since then is not among those that are held.
  if (now.generation() != keyring_.generation()) {
    return make_error(ErrorCode::not_newest, ports_.home.name());
  }
  HF_TRY(const auto pool_lock, lock("pool"));
  HF_TRY(level_labels_locked());
  HF_TRY(const auto planned, plan_members(change, joining));
  static_cast<void>(planned);
  pool::DiskPointer disk;
  if (joining) {
    HF_TRY(disk, open_joining(*joining));
    HF_TRY(const auto size, pool_->check_new_disk(*disk, joining->same_device_allowed, false));
    static_cast<void>(size);
    change.joins->disk = ports_.random.id<DiskId>();
    HF_TRY(std::vector<std::string> paths, disk_paths());
    if (std::ranges::find(paths, joining->path) == paths.end()) {
      paths.push_back(joining->path);
      HF_TRY(ports::store(ports_.home, kPoolPath, encode_disk_paths(paths)));
    }
    // The list may have been renamed by a process that was killed before its sync.
    HF_TRY(ports_.home.sync_directory(""));
  }
  HF_TRY(const pool::Label next, pool_->change(change, disk.get(), *signer_, ports_.random));
  return ports::store(ports_.home, kLabelPath, next.record_bytes);
}

}  // namespace holdfast::vault
