// SPDX-License-Identifier: Apache-2.0
// New nodes of a tree, kept in memory until it is known whether the tree is to be stored at all.
//
//   TreeBuilder --write_node--> stored already: nothing
//                               new: held      --pass_on()--> the run's meta pack
//
// Past a bound, and once nobody wants to know any more, they are passed on as they come. Any
// thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "firmware/vault/node_store.h"

namespace holdfast::vault {

class HeldNodes final : public NodeSource, public NodeSink {
 public:
  using IsStored = std::function<Result<bool>(const journal::ChunkReference& node)>;
  // `sink` takes what is passed on, `stored` gives what is not held: both outlive it.
  HeldNodes(NodeSink& sink, NodeSource& stored, IsStored is_stored, std::uint64_t bytes_max);

  [[nodiscard]] Result<journal::ChunkReference> write_node(ByteView plain) override;
  // For a tree whose nodes were all held, or stored before: see is_holding().
  [[nodiscard]] Result<Bytes> read_node(const journal::ChunkReference& node) override;
  [[nodiscard]] Result<journal::DeltaLists> read_delta(std::uint64_t number) override;
  [[nodiscard]] bool has_deleted_since(std::uint64_t snapshot) override;
  [[nodiscard]] Result<bool> is_deleted(const Item& item, std::uint64_t snapshot) override;

  // All that was written since it was made is held or was stored already.
  [[nodiscard]] bool is_holding() const;
  // Of what is held.
  [[nodiscard]] std::uint64_t bytes() const;
  // Hands all that is held to the sink; from now on nothing is held.
  [[nodiscard]] Result<void> pass_on();

 private:
  [[nodiscard]] Result<void> pass_on_locked();

  NodeSink& sink_;
  NodeSource& stored_;
  IsStored is_stored_;
  std::uint64_t bytes_max_;
  mutable std::mutex mutex_;
  bool is_holding_ = true;
  std::uint64_t bytes_ = 0;
  std::map<Digest, Bytes> held_;
  std::vector<Digest> order_;  // in which they came
};

}  // namespace holdfast::vault
