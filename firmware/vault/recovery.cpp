// SPDX-License-Identifier: Apache-2.0
#include "firmware/vault/recovery.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "firmware/pool/election.h"
#include "firmware/vault/home_files.h"
#include "hal/base/path.h"

namespace holdfast::vault {

namespace {

// Far more than a box can have: rot.
constexpr std::uint64_t kGenerationMax = std::uint64_t{1} << 40;

// One keyring, and the disks that have those very bytes.
struct Copies {
  keys::KeyringHead head;
  Bytes file;
  std::vector<std::string> paths;
};

std::string copy_path(const ports::Disk& disk) {
  return disk.name() + "/" + std::string(kKeyringPath);
}

Result<void> check_once(const std::vector<std::string>& directories) {
  for (auto directory = directories.begin(); directory != directories.end(); ++directory) {
    if (std::find(directories.begin(), directory, *directory) != directory) {
      return make_error(ErrorCode::disk_given_twice, *directory);
    }
  }
  return {};
}

// Of the box that most disks name the newest first, and of one generation what most disks have. Rot
// is passed over: other disks have it. Without any keyring the first thing that went wrong; errors
// of the process, and a newer version of the program's.
Result<std::vector<Copies>> read_keyrings(std::span<const pool::DiskPointer> disks) {
  std::vector<Copies> all;
  std::optional<Error> first;
  for (const pool::DiskPointer& disk : disks) {
    auto file = ports::load(*disk, kKeyringPath, keys::kKeyringSizeMax);
    if (!file && file.error().is_of_process()) return std::move(file.error());
    if (!file) {
      const bool is_absent = file.error().code == ErrorCode::not_found;
      if (!is_absent && !first) first = std::move(file.error());
      continue;
    }
    const auto head = keys::read_keyring_head(*file);
    if (!head && head.error().code == ErrorCode::unsupported_version) return head.error();
    if (!head || head->generation > kGenerationMax) continue;
    auto same = std::ranges::find(all, *file, &Copies::file);
    if (same == all.end()) same = all.insert(all.end(), {*head, std::move(*file), {}});
    same->paths.push_back(copy_path(*disk));
  }
  if (all.empty()) return first ? *first : make_error(ErrorCode::no_keyring);
  std::map<BoxId, std::size_t> disks_of;
  for (const Copies& copies : all) disks_of[copies.head.box] += copies.paths.size();
  std::ranges::sort(all, std::greater(), [&](const Copies& copies) {
    return std::tuple(disks_of[copies.head.box], copies.head.box, copies.head.generation,
                      copies.paths.size());
  });
  return all;
}

struct Opened {
  keys::Keyring keyring;
  std::size_t place = 0;              // among the copies
  std::vector<std::size_t> not_ours;  // newer ones, undamaged, without a slot for the credential
};

// Rot in a generation makes a copy look new, and then it does not open by a slot that fits.
Result<Opened> open_newest(const std::vector<Copies>& all, const Unlock& unlock) {
  std::vector<std::size_t> not_ours;
  std::optional<Error> failure;
  for (std::size_t place = 0; place < all.size(); ++place) {
    auto keyring = unlock(all[place].file);
    if (keyring) return Opened{std::move(*keyring), place, std::move(not_ours)};
    const ErrorCode code = keyring.error().code;
    const bool is_rot = code == ErrorCode::damaged;
    const bool is_other = code == ErrorCode::wrong_shares || code == ErrorCode::no_key ||
                          code == ErrorCode::wrong_passphrase;
    if (!is_rot && !is_other) return std::move(keyring.error());
    if (is_other) not_ours.push_back(place);
    if (is_other || !failure) failure = std::move(keyring.error());
  }
  if (failure && failure->code != ErrorCode::damaged) return std::move(*failure);
  return make_error(ErrorCode::no_keyring);
}

std::size_t members_showing(const Copies& copies,
                            const std::vector<pool::Pool::PresentMember>& members) {
  return static_cast<std::size_t>(
      std::ranges::count_if(members, [&](const pool::Pool::PresentMember& member) {
        const std::string path = copy_path(*member.disk);
        return std::ranges::find(copies.paths, path) != copies.paths.end();
      }));
}

// Of the members, those that do not show a keyring that is the opened one or came before it. A
// clone, or a disk that has left, speaks for no member.
std::size_t possible_holders(const std::vector<Copies>& all, const Opened& opened,
                             const pool::Pool& pool) {
  std::size_t holders = pool::current_members(pool.label().record);
  const auto members = pool.present_members();
  for (const Copies& copies : all) {
    if (copies.head.generation > all[opened.place].head.generation) continue;
    if (!opened.keyring.opens(copies.file)) continue;
    holders -= members_showing(copies, members);
  }
  return holders;
}

// A newer keyring that does not open, by its proof or because it has no slot for the credential,
// and that enough disks may hold, rotten or absent ones among them: it counts. With fewer the
// change was cut, and nobody was told that it does. What only looks newer is rot.
Result<void> check_not_removed(const std::vector<Copies>& all, const Opened& opened,
                               const pool::Pool& pool) {
  const std::size_t holders = possible_holders(all, opened, pool);
  if (holders < pool::copies_needed(pool.label().record)) return {};
  for (std::size_t place = 0; place < all.size(); ++place) {
    const Copies& copies = all[place];
    if (copies.head.box != opened.keyring.box() || opened.keyring.opens(copies.file)) continue;
    const bool is_higher = copies.head.generation > all[opened.place].head.generation;
    const bool is_locked =
        is_higher && std::ranges::find(opened.not_ours, place) != opened.not_ours.end();
    if (!is_locked && !opened.keyring.is_followed_by(copies.file)) continue;
    return make_error(ErrorCode::key_removed, all[opened.place].paths.front(),
                      {{"copy", copies.paths.front()}});
  }
  return {};
}

// Of the members, those that do not show another whole keyring of the box.
std::size_t possible_holders_of(const Copies& wanted, const std::vector<Copies>& all,
                                const Opened& opened, const pool::Pool& pool) {
  std::size_t holders = pool::current_members(pool.label().record);
  const auto members = pool.present_members();
  for (const Copies& copies : all) {
    if (&copies == &wanted || !opened.keyring.generation_of(copies.file)) continue;
    holders -= members_showing(copies, members);
  }
  return holders;
}

// Two copies of one home have both changed the keyring. Going on from one of them would drop what
// the other one has, unless too few disks may hold that for it to count.
Result<void> check_no_fork(const std::vector<Copies>& all, const Opened& opened,
                           const pool::Pool& pool) {
  const Copies& own = all[opened.place];
  for (const Copies& copies : all) {
    if (!opened.keyring.is_forked_by(copies.file, own.file)) continue;
    const std::size_t holders = possible_holders_of(copies, all, opened, pool);
    if (holders < pool::copies_needed(pool.label().record)) continue;
    return make_error(ErrorCode::fork, own.paths.front() + ", " + copies.paths.front(),
                      {{"number", std::to_string(own.head.generation)}});
  }
  return {};
}

// A disk of another pool was given by mistake; one whose labels have rotted is a member.
Result<void> check_no_stranger(const pool::Pool& pool) {
  for (const pool::DiskStatus& disk : pool.status()) {
    if (disk.state != pool::DiskState::foreign) continue;
    return make_error(ErrorCode::disk_foreign, disk.path);
  }
  return {};
}

}  // namespace

Result<FoundBox> find_box(const OpenDisk& open_disk, const pool::PoolSettings& settings,
                          const std::vector<std::string>& directories, const Unlock& unlock) {
  HF_TRY(check_once(directories));
  std::vector<pool::DiskPointer> disks;
  for (const std::string& directory : directories) {
    HF_TRY(disks.emplace_back(), open_disk(directory));
  }
  HF_TRY(const std::vector<Copies> all, read_keyrings(disks));
  HF_TRY(Opened opened, open_newest(all, unlock));
  HF_TRY(auto pool, pool::Pool::open(std::move(disks), opened.keyring.content().pool, settings,
                                     opened.keyring.trusted_signers(), {}));
  HF_TRY(check_no_stranger(*pool));
  HF_TRY(check_no_fork(all, opened, *pool));
  HF_TRY(check_not_removed(all, opened, *pool));
  // A higher one that is no successor is rot.
  std::uint64_t generation = opened.keyring.generation();
  for (const Copies& copies : all) {
    generation = std::max(generation, opened.keyring.generation_of(copies.file).value_or(0));
  }
  return FoundBox{std::move(opened.keyring), generation, std::move(pool), directories};
}

}  // namespace holdfast::vault
