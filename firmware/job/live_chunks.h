// SPDX-License-Identifier: Apache-2.0
// The chunks that some snapshots need: their trees, and what is in the items.
//
// Every part of every tree is read once, and none that a walk or a comparison of somebody else's
// has read already. Memory: 64 bytes for each part, the path and 40 bytes for each item that goes,
// 32 for each of the first kBesideMax digests of all that is beside, and ChunkNames: one that is
// not needed may be taken for another that is, never the other way round.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "firmware/job/chunk_names.h"
#include "firmware/job/lost_items.h"
#include "firmware/vault/content_reader.h"
#include "firmware/vault/node.h"

namespace holdfast::job {

// What a full snapshot needs beside the next one, noted while the two are compared: the parts of
// its tree that were entered, and the chunks of items that are not so in the next one. All else it
// has in common with that one.
struct NeededBeside {
  bool is_all_noted = false;
  std::vector<Digest> parts;
  std::vector<Digest> chunks;
};

// Used in this order: let_go() for all, note() of what is compared, then for all that stay, the
// newest first, one of add(), add_walked() and add_beside(), then take_names(). A part of several
// snapshots is looked at for the newest: what is deleted there is so in the others. One thread.
class LiveChunks {
 public:
  // 8 MiB: more than a backup of a day brings. What is beyond is read once more.
  static constexpr std::size_t kBesideMax = 262'144;

  // Both must outlive it.
  LiveChunks(vault::Business& business, vault::ContentReader& reader)
      : business_(business), reader_(reader) {}

  // The item of that identity is not needed, whatever snapshot has it. In path order.
  void let_go(std::string_view path, const Digest& identity);
  // interrupted. Parts that are lost are stepped over, and counted.
  [[nodiscard]] Result<void> add(const catalog::SnapshotRow& snapshot, const StopFlag* stop);

  // The newest one, by a walk of somebody else's: all parts of its tree, lost ones too, and all
  // items that were not let go.
  void mark_walked(const vault::IndexEntry& part) { mark_part(part.node.digest); }
  void mark_walked(const vault::Item& item) { mark_chunks(item); }
  void add_walked(const catalog::SnapshotRow& newest) { take_up(newest); }

  // Nothing is noted unless `beside` has all.
  void note(const vault::IndexEntry& part, NeededBeside& beside);
  [[nodiscard]] Result<void> note(const vault::Item& item, std::uint64_t snapshot,
                                  NeededBeside& beside);
  // Of a snapshot of which the next one was added.
  void add_beside(const catalog::SnapshotRow& snapshot, const NeededBeside& beside);

  // Once: all that are needed.
  [[nodiscard]] ChunkNames take_names();
  [[nodiscard]] std::uint64_t lost_parts() const { return lost_parts_; }

 private:
  // What goes, in path order. Its path lies in `paths_`, up to `end` from where that before it
  // ends.
  struct Going {
    std::size_t end;
    Digest identity;
  };
  [[nodiscard]] std::string_view path_at(std::size_t place) const;
  [[nodiscard]] bool is_going(const vault::Item& item);
  [[nodiscard]] Result<bool> is_needed(const vault::Item& item, std::uint64_t snapshot);
  void take_up(const catalog::SnapshotRow& snapshot);
  void mark(const Digest& chunk);
  // False: it was marked before.
  bool mark_part(const Digest& node);
  void mark_chunks(const vault::Item& item);
  void note(const Digest& digest, std::vector<Digest>& noted, NeededBeside& beside);

  vault::Business& business_;
  vault::ContentReader& reader_;
  PackSet parts_;  // nodes of trees, by the digests of their bytes
  std::string paths_;
  std::vector<Going> going_;
  std::size_t next_ = 0;          // the first one that is not before what was asked last
  std::uint64_t last_added_ = 0;  // number
  std::size_t noted_ = 0;         // digests beside
  ChunkNames names_;
  std::uint64_t lost_parts_ = 0;
};

}  // namespace holdfast::job
