// SPDX-License-Identifier: Apache-2.0
#include "firmware/vault/recovery_shares.h"

#include <array>

namespace holdfast::vault {

namespace {

std::string share_name(std::uint16_t set, std::size_t number, std::size_t made) {
  return "holdfast-" + std::to_string(set) + "-share-" + std::to_string(number) + "-of-" +
         std::to_string(made) + ".txt";
}

struct ShareFile {
  ports::Disk* folder = nullptr;
  std::string name;
};

Result<void> write_share(const ShareFile& place, ByteView line) {
  HF_TRY(const auto file, place.folder->create(place.name));
  const std::array<ByteView, 2> pieces = {line, view_of("\n")};
  HF_TRY(file->append(pieces));
  HF_TRY(file->sync());
  return place.folder->sync_directory("");
}

// A file that could not be made is somebody else's: only those before it, and a half-written one,
// are ours.
void take_back(const std::vector<ShareFile>& written) {
  for (const ShareFile& place : written) {
    (void)place.folder->remove(place.name);
    (void)place.folder->sync_directory("");
  }
}

}  // namespace

Result<NewShares> write_new_shares(const VaultPorts& ports, const SharePlan& plan) {
  HF_CHECK(plan.count.valid() && !plan.folders.empty());
  std::vector<pool::DiskPointer> folders;
  for (const std::string& path : plan.folders) {
    HF_TRY(folders.emplace_back(), ports.open_disk(path));
  }
  NewShares shares;
  shares.secret = ports.random.key();
  const keys::SplitSecret split =
      keys::split_secret(shares.secret.view(), plan.count, ports.random);
  shares.set = split.set;
  std::vector<ShareFile> written;
  for (std::size_t i = 0; i < split.lines.size(); ++i) {
    ports::Disk& folder = *folders[i % folders.size()];
    const ShareFile place{&folder, share_name(split.set, i + 1, plan.count.made)};
    auto done = write_share(place, split.lines[i].view());
    if (!done) {
      const ErrorCode code = done.error().code;
      if (code != ErrorCode::already_exists) written.push_back(place);
      if (code != ErrorCode::power_cut) take_back(written);
      return std::move(done.error());
    }
    written.push_back(place);
    shares.files.push_back(folder.name() + "/" + place.name);
  }
  return shares;
}

Result<Box::ShareFiles> add_share_slot(keys::Keyring& keyring, const VaultPorts& ports,
                                       const SharePlan& plan) {
  // Before anything is written that no slot would open.
  if (keyring.slots().size() == keys::kSlotsMax) {
    return make_error(ErrorCode::limit_exceeded, {},
                      {{"what", "slots"}, {"limit", std::to_string(keys::kSlotsMax)}});
  }
  HF_TRY(NewShares shares, write_new_shares(ports, plan));
  const auto added = keyring.add_recovery_slot(shares.secret, plan.count, shares.set,
                                               ports.clock.now(), ports.random);
  HF_CHECK(added.has_value());
  return std::move(shares.files);
}

}  // namespace holdfast::vault
