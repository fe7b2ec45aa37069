// SPDX-License-Identifier: Apache-2.0
// The chunks that some snapshots need: their trees, and what is in the items.
//
// Every part of every tree is read once. Memory: 64 bytes for each part, the path and 40 bytes for
// each item that goes, and ChunkNames: one that is not needed may be taken for another that is,
// never the other way round.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "firmware/job/chunk_names.h"
#include "firmware/job/lost_items.h"
#include "firmware/vault/content_reader.h"

namespace holdfast::job {

// Used in this order: let_go() for all, add() for all, the newest first, take_names(). A part of
// several snapshots is looked at for the newest: what is deleted there is so in the others. One
// thread.
class LiveChunks {
 public:
  // Both must outlive it.
  LiveChunks(vault::Business& business, vault::ContentReader& reader)
      : business_(business), reader_(reader) {}

  // The item of that identity is not needed, whatever snapshot has it. In path order.
  void let_go(std::string_view path, const Digest& identity);
  // interrupted. Parts that are lost are stepped over, and counted.
  [[nodiscard]] Result<void> add(const catalog::SnapshotRow& snapshot, const StopFlag* stop);
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
  void mark(const journal::ChunkReference& chunk);
  [[nodiscard]] Result<void> mark(const vault::Item& item, std::uint64_t snapshot);

  vault::Business& business_;
  vault::ContentReader& reader_;
  PackSet parts_;  // nodes of trees, by the digests of their bytes
  std::string paths_;
  std::vector<Going> going_;
  std::size_t next_ = 0;          // the first one that is not before what was asked last
  std::uint64_t last_added_ = 0;  // number
  ChunkNames names_;
  std::uint64_t lost_parts_ = 0;
};

}  // namespace holdfast::job
