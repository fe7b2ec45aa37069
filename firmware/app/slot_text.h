// SPDX-License-Identifier: Apache-2.0
// Slots of the keyring, for people and in documents.
#pragma once

#include <string>
#include <vector>

#include "firmware/app/session.h"

namespace holdfast::app {

// "slot 2 (passphrase)"; of shares with the set: "slot 3 (recovery shares, 2 of 3, set 77)".
[[nodiscard]] std::string slot_text(Session& session, const keys::SlotInfo& slot);
// Of shares how many and which; of others empty.
[[nodiscard]] std::string shares_text(Session& session, const keys::SlotInfo& slot);
// The name of the type without the rest.
[[nodiscard]] std::string type_text(Session& session, const keys::SlotInfo& slot);

// `name`: [{number, type, made, set, shares_needed, shares_made}], null where there are no shares.
void write_slots(Session& session, const std::string& name,
                 const std::vector<keys::SlotInfo>& slots);

}  // namespace holdfast::app
