// SPDX-License-Identifier: Apache-2.0
// Bringing a box back where its home is gone: what the disks of its pool give to a machine that has
// nothing else (docs/formats.md, section 3, Recovery).
//
//   keyrings on the disks -> the newest that opens -> members by their labels -> a box to recover
//
// Looking writes nothing. Box::recover() makes a home of it.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "firmware/vault/box.h"

namespace holdfast::vault {

struct FoundBox {
  keys::Keyring keyring;         // of the incarnation before
  std::uint64_t generation = 0;  // the highest of all copies that follow it or are it
  std::unique_ptr<pool::Pool> pool;
  std::vector<std::string> directories;
};

// By passphrase or shares. wrong_passphrase, wrong_shares, no_key: this file has no such slot.
using Unlock = std::function<Result<keys::Keyring>(ByteView file)>;

// `directories`: resolved, where pool disks are. disk_given_twice; disk_foreign: one of another
// pool, or of none; unsupported_version; no_keyring: no copy is there, or none undamaged;
// fork, at both paths: two keyrings of one generation that may both count; leave the disks of one
// side out. key_removed, with {copy}: only an older keyring opens; what `unlock` says of the
// newest; what Pool::open() says. That the pool can be read by these disks, or written, is not
// asked: Pool::writable().
[[nodiscard]] Result<FoundBox> find_box(const OpenDisk& open_disk,
                                        const pool::PoolSettings& settings,
                                        const std::vector<std::string>& directories,
                                        const Unlock& unlock);

// Ok if a box may be recovered into that folder: nothing of a home is there but what a recovery
// that was cut has left. home_exists; keyring_missing.
[[nodiscard]] Result<void> check_recovery_home(ports::Disk& folder);

}  // namespace holdfast::vault
