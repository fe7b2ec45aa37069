// SPDX-License-Identifier: Apache-2.0
// Copies of the label and of the keyring: which disks do not have them as they should.
#include "firmware/pool/new_disk.h"
#include "firmware/vault/box.h"
#include "firmware/vault/home_files.h"

namespace holdfast::vault {

namespace {

using journal::CopyFault;

std::optional<CopyFault> fault_of(const Result<Bytes>& bytes) {
  if (bytes) return std::nullopt;
  const ErrorCode code = bytes.error().code;
  if (code == ErrorCode::not_found) return CopyFault::missing;
  return code == ErrorCode::io ? CopyFault::unreadable : CopyFault::damaged;
}

}  // namespace

Result<std::vector<DamagedCopy>> Box::damaged_copies() {
  HF_TRY(const pool::Pool* opened_pool, pool());
  std::vector<DamagedCopy> found;
  for (const pool::Pool::PresentMember& member : opened_pool->present_members()) {
    HF_TRY(find_damaged_labels(*opened_pool, member, found));
    const auto copy = ports::load(*member.disk, kKeyringPath, keys::kKeyringSizeMax);
    if (!copy && copy.error().is_of_process()) return copy.error();
    // Home last: who changes the keyring writes it there first.
    HF_TRY(const Bytes file, ports::load(ports_.home, kKeyringPath, keys::kKeyringSizeMax));
    auto fault = fault_of(copy);
    if (copy && *copy != file && check_copy(*member.disk, *copy, file)) fault = CopyFault::damaged;
    if (!fault) continue;
    found.push_back({CopyKind::keyring, member.id,
                     member.disk->name() + "/" + std::string(kKeyringPath), *fault});
  }
  return found;
}

// A newer record is no damage: another process may have changed the members.
Result<void> Box::find_damaged_labels(const pool::Pool& opened_pool,
                                      const pool::Pool::PresentMember& member,
                                      std::vector<DamagedCopy>& found) const {
  const pool::Label& in_force = opened_pool.label();
  for (const std::string_view name : pool::kLabelCopies) {
    const auto bytes = ports::load(*member.disk, name, pool::kLabelSizeMax);
    if (!bytes && bytes.error().is_of_process()) return bytes.error();
    auto fault = fault_of(bytes);
    if (bytes) {
      const auto label = pool::parse_label(*bytes, trusted_);
      const bool is_right = label && label->disk == member.id &&
                            (label->record_digest == in_force.record_digest ||
                             label->record.epoch > in_force.record.epoch);
      if (!is_right) fault = CopyFault::damaged;
    }
    if (!fault) continue;
    found.push_back(
        {CopyKind::label, member.id, member.disk->name() + "/" + std::string(name), *fault});
  }
  return {};
}

}  // namespace holdfast::vault
