// SPDX-License-Identifier: Apache-2.0
// What the sealed part of an entry says, by kind (docs/formats.md, section 8).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hal/base/bytes.h"
#include "hal/base/digest.h"
#include "hal/base/id.h"
#include "hal/base/time.h"

namespace holdfast::journal {

// A chunk by the digest of its plain bytes; its name follows from the id key.
struct ChunkReference {
  Digest digest;
  std::uint64_t length = 0;  // plain bytes
  bool operator==(const ChunkReference&) const = default;
};

// The root of a tree of items or of bindings.
struct Root {
  std::uint8_t level = 0;
  ChunkReference node;
  std::uint64_t items = 0;
  std::uint64_t bytes = 0;
  bool operator==(const Root&) const = default;
};

struct SnapshotCounts {
  std::uint64_t items = 0;
  std::uint64_t bytes = 0;
  std::uint64_t items_new = 0;
  std::uint64_t items_changed = 0;
  std::uint64_t items_unchanged = 0;
  std::uint64_t items_gone = 0;
  std::uint64_t items_unreadable = 0;
  std::uint64_t items_changing = 0;
  bool operator==(const SnapshotCounts&) const = default;
  SnapshotCounts& operator+=(const SnapshotCounts& more);
};

// A place in the chain: number and identity of an entry. Number 0: no entry.
struct Head {
  std::uint64_t number = 0;
  Digest digest;
  bool operator==(const Head&) const = default;
};

// What a delta snapshot lays over the items of the full snapshot `base`: as encoded, see
// vault/delta.h.
struct DeltaLists {
  Bytes items;    // a tree leaf; empty: none
  Bytes removed;  // paths; empty: none
  bool operator==(const DeltaLists&) const = default;
};
struct SnapshotDelta {
  Head base;
  std::optional<Root> base_items;
  DeltaLists lists;  // empty in a row of the catalog, see Catalog::delta_lists()
};

// Of a snapshot whose run looked at some paths only; all else is as the snapshot before has it.
struct LookedAt {
  // When the run of the newest snapshot began that looked at all of the sources; ns 0: none did.
  Timestamp whole_started;
  std::vector<std::string> paths;  // raw bytes, in path order, none within another
  bool operator==(const LookedAt&) const = default;
};

struct SnapshotBody {
  bool complete = true;
  // Not complete, and why: names of the snapshot before were lost. Else it was stopped.
  bool has_gap = false;
  std::string host;
  Timestamp started;
  Timestamp finished;  // ns 0: with a gap, and a part of the sources was not looked at either
  SnapshotCounts counts;
  // Of the tree of all items. With `delta` its nodes need not be stored.
  std::optional<Root> items;
  std::optional<Root> bindings;
  std::optional<ChunkReference> report;
  Digest previous_snapshot;  // zeros: none
  std::vector<std::string> tags;
  Digest policy;                       // zeros: none
  std::optional<SnapshotDelta> delta;  // entry kind delta
  std::optional<LookedAt> looked_at;   // none: all of the sources
  Timestamp trusted;                   // trusted time when it was written; ns 0: there was none

  // Everything that the sources had is in it, or what stood for it in the snapshot before.
  [[nodiscard]] bool has_all_shown() const { return complete || (has_gap && finished.ns != 0); }
  // And its run has looked at everything.
  [[nodiscard]] bool is_of_whole_look() const { return has_all_shown() && !looked_at; }
};

using LockDays = std::map<std::uint32_t, std::uint32_t>;  // by retention class

// Each class in either gets the longer of its locks.
void keep_longest(LockDays& days, const LockDays& others);

struct PolicyBody {
  std::string definition;  // TOML, word for word
  std::vector<std::pair<std::uint32_t, Timestamp>> locks;
  std::string name;
  LockDays lock_days;  // in force from this entry on; empty: what the definition says
};

struct TagBody {
  std::uint64_t number = 0;
  Digest entry;
  std::string tag;
  bool set = true;
};

using HoldId = Id<struct HoldKind>;

enum class HoldScope : std::uint8_t { item = 1, key = 2, snapshot = 3 };

// Paths that rows with the key of a hold have led to: it stands on them from then on.
struct HeldByKey {
  static constexpr std::size_t kPathsSizeMax = 16 * kMiB;  // as they are written

  bool is_all = true;              // false: rows could not be looked up
  std::vector<std::string> paths;  // raw bytes, rising in path order
};

// Of a hold, and of the release that ends it.
struct HoldBody {
  HoldScope scope = HoldScope::item;
  std::string value;  // item: the path's bytes; key: KEY=VALUE; snapshot: see hold_value()
  std::string reason;
  HoldId id;
  std::optional<HeldByKey> found = {};  // hold on a key alone: adds to what it stands on
};

// The value of a hold on that snapshot.
[[nodiscard]] std::string hold_value(std::uint64_t number, const Digest& entry);

enum class PackEnd : std::uint8_t {
  unneeded = 1,  // nothing needs it
  repacked = 2,  // what is needed of it was written anew
};
struct CondemnedPack {
  Digest name;
  PackEnd reason = PackEnd::unneeded;
  bool operator==(const CondemnedPack&) const = default;
};
struct DroppedSnapshot {
  Head head;
  std::uint8_t reason = 0;  // policy::SnapshotReason, one that goes
  bool operator==(const DroppedSnapshot&) const = default;
};

// What goes, from its entry on.
struct PruneBody {
  Bytes items;                             // vault/pruned_items.h; empty: none
  std::vector<CondemnedPack> packs;        // names rise
  std::vector<DroppedSnapshot> snapshots;  // numbers rise
  Timestamp decided;                       // trusted time
  Digest policy;                           // entry in force; zeros: none
};

// What the box saw or was told, kept for whoever asks later.
struct ProofBody {
  std::string what;
  std::uint8_t result = 1;
  std::string details;
};

struct TakeoverBody {
  Digest head;
  std::uint64_t number = 0;
  std::uint32_t incarnation = 0;
  std::string cause;
};

[[nodiscard]] Bytes encode(const SnapshotBody& body);
[[nodiscard]] Bytes encode(const PolicyBody& body);
[[nodiscard]] Bytes encode(const TagBody& body);
[[nodiscard]] Bytes encode(const HoldBody& body);
[[nodiscard]] Bytes encode(const PruneBody& body);
[[nodiscard]] Bytes encode(const ProofBody& body);
[[nodiscard]] Bytes encode(const TakeoverBody& body);

[[nodiscard]] Result<SnapshotBody> parse_snapshot(ByteView bytes);
[[nodiscard]] Result<PolicyBody> parse_policy(ByteView bytes);
[[nodiscard]] Result<TagBody> parse_tag(ByteView bytes);
[[nodiscard]] Result<HoldBody> parse_hold(ByteView bytes);
[[nodiscard]] Result<PruneBody> parse_prune(ByteView bytes);
[[nodiscard]] Result<TakeoverBody> parse_takeover(ByteView bytes);

}  // namespace holdfast::journal
