// SPDX-License-Identifier: Apache-2.0
// A home for a box that was found on its disks.
//
//   machine.key -> pool -> keyring    (here)    -> keyring, label and takeover entries on the disks
//                          ^ from here on this is the box; whoever writes first tells the disks
#include <algorithm>

#include "firmware/pool/election.h"
#include "firmware/vault/home_files.h"
#include "firmware/vault/recovery.h"

namespace holdfast::vault {

namespace {

// Those that were given, and where the members that are not here were last.
std::vector<std::string> disk_places(const FoundBox& found) {
  std::vector<std::string> places = found.directories;
  const auto here = found.pool->present_members();
  for (const pool::Member& member : found.pool->label().record.members) {
    const bool is_here =
        std::ranges::find(here, member.disk, &pool::Pool::PresentMember::id) != here.end();
    const bool is_known = std::ranges::find(places, member.place) != places.end();
    if (is_here || is_known || !pool::is_current(member.state)) continue;
    if (member.place.starts_with('/')) places.push_back(member.place);
  }
  return places;
}

}  // namespace

Result<std::unique_ptr<Box>> Box::recover(const VaultPorts& ports, const VaultSettings& settings,
                                          FoundBox found) {
  HF_TRY(make_home_folders(ports.home));
  HF_TRY(const auto lock,
         ports.home.lock("locks/keyring", ports::LockMode::exclusive, ports.holder));
  HF_TRY(check_recovery_home(ports.home));
  keys::Keyring keyring = std::move(found.keyring);
  keyring.raise_generation(found.generation);
  keyring.begin_incarnation(ports.random);
  // That of a recovery that was cut serves as well: nothing is sealed by it yet.
  auto machine_key = load_machine_key(ports.home);
  if (!machine_key && machine_key.error().code != ErrorCode::not_found) {
    return std::move(machine_key.error());
  }
  if (!machine_key) {
    machine_key = ports.random.key();
    HF_TRY(ports::store(ports.home, kMachineKeyPath, machine_key->view()));
  }
  // begin_incarnation() has made room for it.
  HF_CHECK(keyring.add_machine_slot(*machine_key, ports.clock.now(), ports.random).has_value());
  HF_TRY(ports::store(ports.home, kPoolPath, encode_disk_paths(disk_places(found))));
  HF_TRY(ports::store(ports.home, kKeyringPath, keyring.serialize(ports.random)));
  Credential credential;
  credential.machine_key = std::move(*machine_key);
  std::unique_ptr<Box> box(new Box(ports, settings, std::move(credential), std::move(keyring)));
  box->pool_ = std::move(found.pool);
  return box;
}

}  // namespace holdfast::vault
