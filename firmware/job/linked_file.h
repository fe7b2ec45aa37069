// SPDX-License-Identifier: Apache-2.0
// Which items of a snapshot are names of one file, for who writes them back.
#pragma once

#include <compare>
#include <cstdint>

#include "firmware/job/selection.h"
#include "firmware/vault/item.h"

namespace holdfast::job {

// What two names of one file have in common. Device and inode alone do not say it: a snapshot mixes
// items of different times (gone, carried on, unreadable), and systems give inodes out again.
struct LinkKey {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  Digest digest;
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;
  bool gone = false;

  auto operator<=>(const LinkKey&) const = default;
};

inline LinkKey link_key_of(const vault::Item& item) {
  return {item.device,   item.inode,    item.digest,   item.size,
          item.mtime_ns, item.ctime_ns, item.is_gone()};
}

// For two items of one key: names of one file share everything that a restore gives back.
inline bool is_same_file(const vault::Item& a, const vault::Item& b) {
  return a.chunks == b.chunks && a.data_runs == b.data_runs && a.mode == b.mode && a.uid == b.uid &&
         a.gid == b.gid && a.attributes == b.attributes;
}

// A file with several names: the first one that a worker took is written, the others are linked.
struct LinkedFile {
  Selected first;
  bool written = false;
};

}  // namespace holdfast::job
