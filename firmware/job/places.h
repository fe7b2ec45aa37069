// SPDX-License-Identifier: Apache-2.0
// Where the items of a restore go below the target: each at its own path, but for what two times
// put in one place. A folder whose name is a file's today still has, gone at the source, what lay
// in it: that goes to FOLDER.folder beside the file, or to FOLDER.folder.2 and so on if the
// snapshot has such a name too.
#pragma once

#include <string>
#include <vector>

#include "firmware/vault/tree_cursor.h"

namespace holdfast::job {

// One walk over the items of one snapshot. One thread at a time.
class Places {
 public:
  // `nodes` must outlive it.
  Places(vault::NodeSource& nodes, const vault::Tree& tree) : nodes_(nodes), tree_(tree) {}

  // The place of the next item of the walk, in path order: what is to be restored, and what is in
  // its place already.
  [[nodiscard]] Result<std::string> place_of(const vault::Item& item);

 private:
  struct Taken {
    std::string path;   // of something that is no folder
    std::string place;  // where it goes itself
    std::string below;  // where what is below it goes; empty: nothing was, so far
  };
  [[nodiscard]] Result<std::string> find_below(const Taken& taken);
  [[nodiscard]] Result<bool> is_named(const std::string& path);

  vault::NodeSource& nodes_;
  vault::Tree tree_;
  std::vector<Taken> taken_;  // those that the walk is below, the outermost first
};

}  // namespace holdfast::job
