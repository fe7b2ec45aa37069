// SPDX-License-Identifier: Apache-2.0
// Data keys of one business by epoch and kind: unwrapped on first use, made when a new epoch
// begins.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "firmware/keys/wrap.h"
#include "firmware/pool/pool.h"
#include "hal/ports/disk.h"
#include "hal/ports/random.h"

namespace holdfast::vault {

// Any thread.
class EpochKeys {
 public:
  // All references must outlive it. `box_key` is the box's X25519 private key.
  EpochKeys(const BusinessId& business, const BoxId& box, const SecretKey& box_key,
            std::vector<keys::PublicKey> trusted, ports::Disk& home, pool::Pool& pool);

  // The key, from home's copy of the wrap or else from any member's. no_key: no wrap opens; the
  // pointer stays valid as long as this object.
  [[nodiscard]] Result<const SecretKey*> get(std::uint32_t epoch, keys::KeyKind kind);

  // Both keys of the epoch exist and their wraps are durable on the present disks and in home. To
  // be called before anything is sealed in that epoch.
  [[nodiscard]] Result<void> ensure(std::uint32_t epoch, const keys::Signer& signer,
                                    ports::Random& random);

 private:
  [[nodiscard]] Result<SecretKey> load(std::uint32_t epoch, keys::KeyKind kind);
  [[nodiscard]] Result<void> make(std::uint32_t epoch, keys::KeyKind kind,
                                  const keys::Signer& signer, ports::Random& random);
  [[nodiscard]] keys::WrapIdentity identity(std::uint32_t epoch, keys::KeyKind kind) const;

  BusinessId business_;
  BoxId box_;
  const SecretKey& box_key_;
  std::vector<keys::PublicKey> trusted_;
  ports::Disk& home_;
  pool::Pool& pool_;
  std::mutex mutex_;
  std::map<std::pair<std::uint32_t, keys::KeyKind>, std::unique_ptr<SecretKey>> keys_;
};

}  // namespace holdfast::vault
