// SPDX-License-Identifier: Apache-2.0
// Whether this home may write: that it is no older copy, that no other home has written beside it,
// and that the disks are not older than what is known. Reads only.
#include "firmware/vault/business.h"
#include "firmware/vault/home_files.h"

namespace holdfast::vault {

namespace {

std::string keyring_of(const ports::Disk& disk) {
  return disk.name() + "/" + std::string(kKeyringPath);
}

// Somebody may know a newer state, or another one.
bool is_unsafe(const Error& error) {
  return error.is_of_process() || error.code == ErrorCode::not_newest ||
         error.code == ErrorCode::home_not_newest || error.code == ErrorCode::fork ||
         error.code == ErrorCode::too_few_disks;
}

}  // namespace

Result<void> check_quorum(const pool::Pool& pool) {
  const std::size_t needed = pool.quorum_copies();
  if (pool.members_present() >= needed) return {};
  return make_error(
      ErrorCode::too_few_disks, pool.label().record.pool.hex(),
      {{"present", std::to_string(pool.members_present())}, {"needed", std::to_string(needed)}});
}

// `copy` is not what home has. Ok if it is older, or nothing of this box: only what opens, or
// proves, counts, for rot in a generation looks like a newer one. By the root key, for a copy need
// not have a slot for what opened home: those of before a recovery have none for the new machine.
Result<void> Box::check_copy(const ports::Disk& disk, ByteView copy, ByteView home_file) const {
  const auto generation = keyring_.generation_of(copy);
  const auto home_head = keys::read_keyring_head(home_file);
  if (!generation || !home_head || *generation < home_head->generation) return {};
  const std::string path = keyring_of(disk);
  // Of another life of the box it is not told which of the two counts; this home does not say so.
  const auto incarnation = keyring_.incarnation_of(copy);
  const bool is_of_other_life = incarnation && *incarnation != keyring_.content().incarnation;
  if (*generation > home_head->generation || is_of_other_life) {
    return make_error(ErrorCode::home_not_newest, path, {{"copy", path}});
  }
  if (!keyring_.is_forked_by(copy, home_file)) return {};
  return make_error(ErrorCode::fork, keyring_of(ports_.home) + ", " + path,
                    {{"number", std::to_string(*generation)}});
}

Result<void> Box::check_newest() {
  HF_TRY(const pool::Pool* opened_pool, pool());
  // Home last: who changes the keyring writes it there first.
  std::vector<std::pair<const ports::Disk*, Bytes>> copies;
  for (const pool::Pool::PresentMember& member : opened_pool->present_members()) {
    auto copy = ports::load(*member.disk, kKeyringPath, keys::kKeyringSizeMax);
    if (!copy && copy.error().is_of_process()) return std::move(copy.error());
    if (copy) copies.emplace_back(member.disk, std::move(*copy));
  }
  HF_TRY(const Bytes file, ports::load(ports_.home, kKeyringPath, keys::kKeyringSizeMax));
  for (const auto& [disk, copy] : copies) {
    if (copy != file) HF_TRY(check_copy(*disk, copy, file));
  }
  return {};
}

Result<void> Box::check_safe() {
  HF_TRY(pool::Pool * opened_pool, pool());
  HF_TRY(check_newest());
  HF_TRY(opened_pool->writable());
  HF_TRY(check_quorum(*opened_pool));
  for (const BusinessName& business : businesses()) {
    const auto journal = journal::Journal::open(journal_context(*this, *opened_pool), business.id);
    const auto writable = journal ? journal->writable() : Result<void>(journal.error());
    if (!writable && is_unsafe(writable.error())) return writable;
  }
  return {};
}

Result<void> Box::check_keyring_writable() {
  if (keyring_.content().pool.is_null()) return {};
  return check_safe();
}

}  // namespace holdfast::vault
