// SPDX-License-Identifier: Apache-2.0
// The listing of a folder and all below it, or of some paths in it: depth first, names of each
// folder in byte order, which is the order of paths.
//
// One step looks at one name. A folder's names are all read before the folder itself is handed out,
// so that its own failure is known by then; they wait on a stack, not in recursion:
//
//   stack:  root [d e f]   a [q]   a/p [ ]       next: a/p is done, then a/q, then d
//           parked ......  open .......
//
// Of a folder above the paths that are wanted the names are those of the paths: it is not read.
//
// Open folders, read buffers and names in memory are bounded over the whole stack, whatever its
// depth: frames far from the top are parked, and names beyond the budget spill to scratch.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/source/exclusion.h"
#include "firmware/source/folder_cache.h"
#include "firmware/source/sorted_names.h"
#include "firmware/source/source.h"

namespace holdfast::source {

// One folder of the system, whatever its paths.
struct FolderIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  bool operator==(const FolderIdentity&) const = default;
};

struct WalkRules {
  std::string name;  // first part of each path
  Exclusion exclusion;
  bool cross_file_systems = false;
  std::uint64_t root_device = 0;
  std::vector<FolderIdentity> closed;  // never entered
  std::size_t names_in_memory_max = 1;
  std::string scratch_folder = "sort";

  // Of a folder that has this status.
  [[nodiscard]] bool may_enter(const ports::FileStatus& status) const;
};

// `rules`, `folders` and `scratch` outlive it.
class Walk final : public Listing {
 public:
  // `wanted`: see Source::list().
  Walk(const WalkRules& rules, FolderCache& folders, ports::Disk& scratch,
       std::vector<std::string> wanted)
      : rules_(rules),
        folders_(folders),
        runs_(scratch, rules.scratch_folder),
        wanted_(std::move(wanted)) {}
  [[nodiscard]] Result<bool> next(Listed& out) override;
  [[nodiscard]] bool is_empty() const override { return is_empty_; }

 private:
  struct Frame {
    std::size_t path_size;  // of the folder's path, the front of path_
    FolderPointer folder;   // null while parked
    SortedNames names;
    bool is_read = true;  // false: the names are those of wanted paths, and may not be there
  };

  [[nodiscard]] Result<void> start(Listed& out);
  // False: nothing is there, and nobody has said that there was.
  [[nodiscard]] Result<bool> look_at(Listed& out);
  // Nothing is known of the item at path_ but its path.
  void name_item(Listed& out) const;
  // Status of the item at path_; opens its folder again if it was parked.
  [[nodiscard]] Result<ports::FileStatus> status_in(Frame& parent);
  // Puts the folder at path_ on the stack, or says in `out` why not. Fails if scratch does.
  [[nodiscard]] Result<void> enter(Frame& parent, Listed& out);
  [[nodiscard]] Result<void> push(FolderPointer folder, Listed& out);
  [[nodiscard]] Result<void> put_on_stack(FolderPointer folder, NameSorter& names, bool is_read);
  [[nodiscard]] Result<void> collect(std::string_view name, NameSorter& names);
  [[nodiscard]] Result<void> make_room(NameSorter& names);
  [[nodiscard]] Result<void> leave();
  [[nodiscard]] std::string_view below_root(std::size_t path_size) const;
  // The folder at path_ lies above wanted paths, and in none.
  [[nodiscard]] bool is_on_the_way() const;
  [[nodiscard]] Result<void> push_on_the_way(FolderPointer folder);
  [[nodiscard]] Result<bool> has_any_name(ports::Folder& folder) const;

  const WalkRules& rules_;
  FolderCache& folders_;
  RunStore runs_;
  std::vector<std::string> wanted_;
  bool started_ = false;
  bool is_nothing_collected_ = true;
  bool is_empty_ = false;
  std::string path_;  // of the item looked at
  std::vector<Frame> stack_;
  std::size_t names_on_stack_ = 0;  // in memory
};

}  // namespace holdfast::source
