// SPDX-License-Identifier: Apache-2.0
// The slots of the keyring: new ones, and removing one.
//
//   new shares -> home/keyring (new root key) -> keyrings of the present disks -> the answer
//
// A cut before home has it leaves the keyring of before; from there on the next opening for writing
// replaces the copies on the disks, and one of before never replaces home's (Box::check_copy).
#include <algorithm>

#include "firmware/vault/box.h"
#include "firmware/vault/home_files.h"
#include "firmware/vault/recovery_shares.h"

namespace holdfast::vault {

namespace {

// Somebody else may have changed the slots since the plan was made.
Result<void> check_all_named(const keys::Keyring& keyring, const KeyRemoval& removal,
                             const std::string& where) {
  std::vector<std::uint32_t> named = {keyring.opened_by(), removal.number};
  named.insert(named.end(), removal.dropped.begin(), removal.dropped.end());
  for (const keys::KeptSlot& slot : removal.kept) named.push_back(slot.number);
  std::vector<std::uint32_t> present;
  for (const keys::SlotInfo& slot : keyring.slots()) present.push_back(slot.number);
  std::ranges::sort(named);
  std::ranges::sort(present);
  if (named == present) return {};
  return make_error(ErrorCode::not_newest, where);
}

}  // namespace

Result<void> Box::add_passphrase(ByteView passphrase) {
  return change_keyring([&](keys::Keyring& keyring) {
    return keyring.add_passphrase_slot(passphrase, ports_.clock.now(), ports_.random,
                                       settings_.scrypt_log2_n);
  });
}

Result<Box::ShareFiles> Box::add_shares(const SharePlan& plan) {
  ShareFiles files;
  HF_TRY(change_keyring([&](keys::Keyring& keyring) -> Result<void> {
    HF_TRY(files, add_share_slot(keyring, ports_, plan));
    return {};
  }));
  return files;
}

Result<Box::RemovedKey> Box::remove_key(KeyRemoval removal) {
  RemovedKey removed;
  auto done = change_keyring([&](keys::Keyring& keyring) -> Result<void> {
    HF_TRY(check_all_named(keyring, removal, ports_.home.name()));
    const ByteView own =
        credential_.machine_key ? credential_.machine_key->view() : credential_.passphrase.view();
    removal.kept.push_back({keyring.opened_by(), SecretBytes(Bytes(own.begin(), own.end()))});
    std::ranges::sort(removal.kept, {}, &keys::KeptSlot::number);
    HF_TRY(keyring.renew(removal.kept, ports_.random));
    if (removal.shares) {
      HF_TRY(removed.files, add_share_slot(keyring, ports_, *removal.shares));
    }
    return {};
  });
  const auto slots = keyring_.slots();
  const bool is_gone =
      std::ranges::find(slots, removal.number, &keys::SlotInfo::number) == slots.end();
  if (!done && !is_gone) return std::move(done.error());
  if (!done) removed.not_level = std::move(done.error());
  if (keyring_.content().pool.is_null()) return removed;
  auto old_copies = find_old_copies();
  if (old_copies) removed.old_copies = std::move(*old_copies);
  if (!old_copies && !removed.not_level) removed.not_level = std::move(old_copies.error());
  return removed;
}

// Whatever does not show home's keyring may have another one.
Result<std::vector<std::string>> Box::find_old_copies() {
  HF_TRY(const pool::Pool* opened_pool, pool());
  HF_TRY(const Bytes file, ports::load(ports_.home, kKeyringPath, keys::kKeyringSizeMax));
  const auto members = opened_pool->present_members();
  std::vector<std::string> old;
  for (const pool::DiskStatus& disk : opened_pool->status()) {
    if (disk.state == pool::DiskState::foreign) continue;
    const auto member = std::ranges::find(members, disk.id, &pool::Pool::PresentMember::id);
    if (member == members.end() || disk.state == pool::DiskState::clone) {
      old.push_back(disk.path);
      continue;
    }
    const auto copy = ports::load(*member->disk, kKeyringPath, keys::kKeyringSizeMax);
    if (!copy && copy.error().is_of_process()) return copy.error();
    if (!copy || *copy != file) old.push_back(disk.path);
  }
  return old;
}

}  // namespace holdfast::vault
