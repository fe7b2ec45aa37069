// SPDX-License-Identifier: Apache-2.0
// What goes wrong at a site, from the fault model of docs/promises.md. Each maker hurts no more
// positions than the pool bears, and says what it did.
#pragma once

#include "tests/worlds/life.h"

namespace holdfast::worlds {

// One trouble of those that are possible now.
void make_trouble(Life& life);

// Of those above, for whoever makes trouble by a plan (disk_states.h).

// A disk that a trouble goes on with for some days, and that lacks something from then on.
void begin_on(Life& life, std::size_t disk, std::uint64_t days, std::function<void()> end);
void rot(Life& life, const Position& position);
void do_wrong(Life& life, const Position& position);
void set_clock(Life& life);

}  // namespace holdfast::worlds
