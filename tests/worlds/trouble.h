// SPDX-License-Identifier: Apache-2.0
// What goes wrong at a site, from the fault model of docs/promises.md. Each maker hurts no more
// positions than the pool bears, and says what it did.
#pragma once

#include "tests/worlds/life.h"

namespace holdfast::worlds {

// One trouble of those that are possible now.
void make_trouble(Life& life);

}  // namespace holdfast::worlds
