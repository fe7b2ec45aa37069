// SPDX-License-Identifier: Apache-2.0
// Simulated: what a disk holds, and what of it would survive a crash at this moment.
//
//   file       bytes   [ synced | unsynced tail ]
//   directory  names as a reader sees them = durable names + changes that are not synced yet
//
// A crash keeps, for every name, some first part of its changes: changes of one name keep their
// order, changes of different names do not. A name that a rename took away goes only if the name
// that it gave is there, so that a rename loses nothing.
// A tail is kept, dropped, or cut at a sector with some of its sectors zero.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "hal/base/bytes.h"
#include "hal/sim/world.h"

namespace holdfast::sim {

struct Node;
using NodePointer = std::shared_ptr<Node>;
using Names = std::map<std::string, NodePointer, std::less<>>;

// "From now on `name` is `node`" (null: gone), not durable yet.
struct NameChange {
  std::uint64_t id = 0;
  std::string name;
  NodePointer node;
  std::uint64_t needs = 0;  // the change that must be kept if this one is; 0: none
  bool stuck = false;       // a sync failed on it: no later sync can make it durable
};

struct Node {
  bool is_directory = false;

  // Of a file.
  Bytes bytes;
  std::size_t synced_size = 0;
  bool stuck = false;   // a sync failed: no later sync makes more of it durable
  bool spoilt = false;  // no read of it works any more
  // Bytes that are zeros on the medium, and that the system remembers as they were written.
  struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  std::vector<Range> hidden;
  std::size_t shared_locks = 0;
  bool exclusive_lock = false;

  // Of a directory.
  Names names;
  Names durable_names;
  std::vector<NameChange> changes;
  std::uint64_t last_change = 0;

  // The one way to change a name; returns the change's id.
  std::uint64_t change_name(std::string name, NodePointer node, std::uint64_t needs = 0);
  void sync_names();
  // Past all rules of durability: the name is `node` now and after every crash.
  void set_name(const std::string& name, const NodePointer& node);
  // The system remembers nothing any more: `bytes` are what the medium has.
  void forget_cache();
  // A sync failed: what is not durable now will never be known to be.
  void forget_unsynced();
};

// Decides everything below `root` that is not synced; afterwards all that is there is durable.
void decide_crash(Node& root, CrashPolicy policy, Generator& generator);

// Bytes of all files below `root`.
[[nodiscard]] std::uint64_t total_size(const Node& root);
// Paths of all files below `root`, in order of their bytes.
[[nodiscard]] std::vector<std::string> file_paths(const Node& root);
// All that a reader sees now, durable; nothing is shared with `root`.
[[nodiscard]] NodePointer copy_of(const Node& root);

}  // namespace holdfast::sim
