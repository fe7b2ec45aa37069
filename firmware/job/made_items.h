// SPDX-License-Identifier: Apache-2.0
// Items that the box makes itself and lays into the tree of a snapshot: rows that a query gave, and
// what was found out about rows and recordings. Their chunks are metadata, compressed.
//
//   begin -> write ... -> end      one item after the other, then      lay_in -> the new root
//
// An item whose bytes are what they were stays as it is, with its dates: nothing changed.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "firmware/vault/run.h"
#include "firmware/vault/tree_splice.h"

namespace holdfast::job {

// One thread at a time. The references must outlive it.
class MadeItems {
 public:
  // `nodes` gives the tree of `root`; `now`: the date of what is new.
  MadeItems(vault::Run& run, vault::NodeSource& nodes, const std::optional<journal::Root>& root,
            Timestamp now);

  // As the tree has it, without what was made here.
  [[nodiscard]] Result<std::optional<vault::Item>> find(const std::string& path);
  // As it will be.
  [[nodiscard]] Result<std::optional<vault::Item>> find_made(const std::string& path);

  // A regular file at that path, which must be a safe one; folders on the way are made. What was
  // there gives way.
  void begin(const std::string& path, std::uint32_t retention_class);
  [[nodiscard]] Result<void> write(ByteView bytes);
  [[nodiscard]] Result<void> end();
  [[nodiscard]] Result<void> put(const std::string& path, std::uint32_t retention_class,
                                 ByteView bytes);
  // There is no such item from now on.
  [[nodiscard]] Result<void> remove(const std::string& path);

  // Makes the chunks of what was ended durable, so that it can be read.
  [[nodiscard]] Result<void> flush() { return writer_.flush(); }
  // Files made so far that are not in the tree as they are, in order of paths.
  using Visit = std::function<Result<void>(const vault::Item& item)>;
  [[nodiscard]] Result<void> for_each_made(const Visit& visit) const;

  // Makes the chunks durable. The root of the tree with all that was made; the old one if nothing
  // was. Nodes go to `sink`.
  [[nodiscard]] Result<std::optional<journal::Root>> lay_in(vault::NodeSink& sink);

  // What the tree has more than before: files, and their bytes (modulo 2^64: it may have less).
  [[nodiscard]] std::uint64_t more_items() const { return more_items_; }
  [[nodiscard]] std::uint64_t more_bytes() const { return more_bytes_; }

 private:
  [[nodiscard]] Result<void> cut_chunk();
  [[nodiscard]] Result<void> make_folders(const std::string& path);
  void lay(const std::optional<vault::Item>& before, vault::Item item);

  vault::Run& run_;
  vault::NodeSource& nodes_;
  std::optional<journal::Root> root_;
  Timestamp now_;
  std::size_t chunk_size_max_;
  vault::ChunkWriter writer_;
  vault::TreeChanges changes_;
  std::uint64_t more_items_ = 0;
  std::uint64_t more_bytes_ = 0;

  vault::Item item_;  // being made
  std::uint32_t retention_class_ = 0;
  Sha256 digest_;
  Buffer chunk_;
};

}  // namespace holdfast::job
