// SPDX-License-Identifier: Apache-2.0
// How long a business keeps what: its rules as values (docs/formats.md, section 11), and the order
// in which they decide.
//
// Each item and each snapshot gets the first reason of its table below that is true of it. Order,
// names and numbers are frozen: they stand in plans and in prune entries. What is not known for
// certain is a reason to stay, so that an error of the rules keeps too much, never too little.
// Nothing goes by the box's own clock: `now` is trusted time (trusted_time.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hal/base/time.h"

namespace holdfast::policy {

// What an item's age is counted from.
enum class ItemDate : std::uint8_t {
  call,    // its call: by the rows that are bound to it, or by its name
  change,  // the later of its time of change and that of its status, as the source tells them
};

struct ClassRetention {
  std::optional<std::uint32_t> keep_days;  // from the item's date; none: nothing of it ever goes
  ItemDate date = ItemDate::call;
  bool operator==(const ClassRetention&) const = default;
};

// Of an item, or a folder with all that is in it, instead of its class's days. The deepest counts.
struct PathRetention {
  std::string path;
  std::uint32_t keep_days = 0;
  bool operator==(const PathRetention&) const = default;
};

// The newest so many; and of the newest so many days, weeks (from Monday), months and years that
// have a snapshot, the newest each.
struct SnapshotRetention {
  std::uint32_t last = 0;
  std::uint32_t daily = 0;
  std::uint32_t weekly = 0;
  std::uint32_t monthly = 0;
  std::uint32_t yearly = 0;
  std::vector<std::string> tags;  // a snapshot that has one of them stays
  std::string zone = "UTC";       // whose days these are
  bool operator==(const SnapshotRetention&) const = default;
};

struct Retention {
  std::map<std::uint32_t, ClassRetention> classes;
  std::vector<PathRetention> paths;
  std::optional<SnapshotRetention> snapshots;  // none: all stay
  bool operator==(const Retention&) const = default;
};

using LockDays = std::map<std::uint32_t, std::uint32_t>;  // by retention class

// clang-format off
#define HOLDFAST_ITEM_REASONS(X)                                                        \
  X(held, 1)        /* a hold stands on it, on its call's record, or on a snapshot of it */ \
  X(unbound, 11)    /* a hold on a key stands, and no row tells whose call it is */      \
  X(at_source, 2)   /* the source still has it, so the next backup would bring it again */ \
  X(made_here, 3)   /* the box's own account of rows and recordings */                  \
  X(no_rules, 4)    /* no source of the definition has it: nobody says how long */      \
  X(mirror, 5)      /* of a mirror: it goes with the last snapshot that has it */       \
  X(no_end, 6)      /* its class has no end */                                          \
  X(no_date, 7)     /* nobody knows the day its time would run from */                  \
  X(locked, 8)      /* the lock of its class has not ended */                           \
  X(kept, 9)        /* its time has not ended */                                        \
  X(ended, 10)      /* goes */

#define HOLDFAST_SNAPSHOT_REASONS(X)                                                    \
  X(newest, 1)      /* no later one is complete, or of a look at everything */          \
  X(held, 2)        /* a hold stands on it, or on an item of which it has the last word */ \
  X(unreadable, 3)  /* names in it, or in the one behind it, cannot be read now */      \
  X(tagged, 4)      /* it has a tag that the rules name */                              \
  X(no_rules, 5)    /* the definition has no rules for snapshots */                     \
  X(locked, 6)      /* it is the last that has something as it was, and that is locked */ \
  X(last, 7)                                                                            \
  X(daily, 8)                                                                           \
  X(weekly, 9)                                                                          \
  X(monthly, 10)                                                                        \
  X(yearly, 11)                                                                         \
  X(unfinished, 12) /* goes: a backup was stopped, and a later one was complete */      \
  X(thinned, 13)    /* goes: no rule keeps it */
// clang-format on

#define HOLDFAST_ENUMERATOR(name, number) name = number,
enum class ItemReason : std::uint8_t { HOLDFAST_ITEM_REASONS(HOLDFAST_ENUMERATOR) };
enum class SnapshotReason : std::uint8_t { HOLDFAST_SNAPSHOT_REASONS(HOLDFAST_ENUMERATOR) };
#undef HOLDFAST_ENUMERATOR

[[nodiscard]] std::string_view name_of(ItemReason reason);
[[nodiscard]] std::string_view name_of(SnapshotReason reason);
[[nodiscard]] constexpr bool goes(ItemReason reason) {
  return reason == ItemReason::ended;
}
[[nodiscard]] constexpr bool goes(SnapshotReason reason) {
  return reason == SnapshotReason::unfinished || reason == SnapshotReason::thinned;
}

// So many days behind a moment; the end of time if that is past it.
[[nodiscard]] Timestamp days_behind(Timestamp moment, std::uint32_t days);

}  // namespace holdfast::policy
