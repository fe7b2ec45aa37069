// SPDX-License-Identifier: Apache-2.0
// What must hold whatever happened: docs/promises.md, P1, P2, P6, P12. They look from outside, as a
// reader of the box does, and compare with what was acknowledged.
#pragma once

#include "tests/worlds/life.h"

namespace holdfast::worlds {

// Empty, or what is broken. With more positions hurt than the pool bears an error may come; wrong
// bytes never.
[[nodiscard]] std::string check_now(Life& life);

// The last snapshot, without mercy.
[[nodiscard]] std::string check_newest(Life& life);

// Every snapshot that was ever acknowledged.
[[nodiscard]] std::string check_all(Life& life);

}  // namespace holdfast::worlds
