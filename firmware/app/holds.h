// SPDX-License-Identifier: Apache-2.0
// Holds as JSON and as lines for people.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "firmware/app/output.h"
#include "firmware/app/session.h"

namespace holdfast::app {

// True if one of them is on that snapshot itself.
[[nodiscard]] bool is_held(const std::vector<catalog::HoldRow>& holds,
                           const journal::Head& snapshot);
// "item …", "key …", "snapshot …" in the person's language.
[[nodiscard]] std::string held_text(Session& session, journal::HoldScope scope,
                                    const std::string& value);
// Of the value of a hold on a snapshot.
[[nodiscard]] std::uint64_t held_number(const std::string& value);
// scope, and path, key (with bound: whether a record is known to have it) or snapshot.
void write_held(JsonWriter& json, journal::HoldScope scope, const std::string& value,
                bool bound = false);
// Of the holds on keys those that a record is known to have, by number. Errors of the index.
using BoundHolds = std::set<std::uint64_t>;
[[nodiscard]] Result<BoundHolds> bound_holds(vault::Business& business,
                                             const std::vector<catalog::HoldRow>& holds);
// Whether a record is known to have the key (KEY=VALUE). invalid_argument in that language: records
// are known, and none has a column of that name.
[[nodiscard]] Result<bool> is_bound(vault::Business& business, const std::string& key,
                                    messages::Language language);
// holds[]: number, time, what is held, reason, id.
void write_holds(JsonWriter& json, const std::vector<catalog::HoldRow>& holds,
                 const BoundHolds& bound);
// What is held, and why, may name people: of holds on items and keys neither stays, of those on
// snapshots the reason goes.
void hide_names(std::vector<catalog::HoldRow>& holds);
// A line for each.
void say_holds(Session& session, const std::vector<catalog::HoldRow>& holds);

}  // namespace holdfast::app
