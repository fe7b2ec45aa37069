// SPDX-License-Identifier: Apache-2.0
// Recovery shares as files: one for each share, in folders that a person names (docs/formats.md,
// section 12).
#pragma once

#include <string>
#include <vector>

#include "firmware/keys/shares.h"
#include "firmware/vault/box.h"

namespace holdfast::vault {

// A new secret that the shares give, and where they are.
struct NewShares {
  SecretKey secret;
  std::uint16_t set = 0;
  std::vector<std::string> files;  // absolute; of share 1, 2, …
};

// Splits a new secret and writes each share into a file of its own, readable by its owner only: the
// first into the first folder, the next into the next one, and round again. On ok all of them are
// durable. already_exists rather than to replace a file; what open_disk says of a folder that is
// not there. An error takes back the files of this call, as far as it can.
[[nodiscard]] Result<NewShares> write_new_shares(const VaultPorts& ports, const SharePlan& plan);

// The same, and the slot that they open in `keyring`. limit_exceeded with too many slots, before
// anything is written.
[[nodiscard]] Result<Box::ShareFiles> add_share_slot(keys::Keyring& keyring,
                                                     const VaultPorts& ports,
                                                     const SharePlan& plan);

}  // namespace holdfast::vault
