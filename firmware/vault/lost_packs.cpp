// SPDX-License-Identifier: Apache-2.0
#include "firmware/vault/lost_packs.h"

#include <string>

namespace holdfast::vault {

namespace {

// One empty file a pack: notes of several readers do not meet.
std::string folder_of(const BusinessId& business) {
  return "lost/" + business.hex();
}

std::string path_of(const BusinessId& business, const Digest& pack) {
  return folder_of(business) + "/" + pack.hex();
}

}  // namespace

Result<void> note_lost_pack(ports::Disk& home, const BusinessId& business, const Digest& pack) {
  HF_TRY(ports::make_directories(home, folder_of(business)));
  return ports::store(home, path_of(business, pack), {});
}

Result<void> forget_lost_pack(ports::Disk& home, const BusinessId& business, const Digest& pack) {
  auto removed = home.remove(path_of(business, pack));
  if (!removed && removed.error().code != ErrorCode::not_found) return removed;
  return {};
}

Result<std::vector<Digest>> noted_lost_packs(ports::Disk& home, const BusinessId& business) {
  std::vector<Digest> packs;
  auto entries = home.list(folder_of(business));
  if (!entries && entries.error().code == ErrorCode::not_found) return packs;
  if (!entries) return std::move(entries.error());
  for (const ports::DirectoryEntry& entry : *entries) {
    if (const auto pack = Digest::parse(entry.name)) packs.push_back(*pack);
  }
  return packs;
}

}  // namespace holdfast::vault
