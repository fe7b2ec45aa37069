// SPDX-License-Identifier: Apache-2.0
// What a source is to a backup: a stream of items in path order, and readers for their content.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "firmware/vault/item.h"
#include "hal/ports/files.h"

namespace holdfast::source {

// One step of a listing: an item as the source shows it (no content, attributes or link target
// yet), or a folder or item that could not be looked at.
struct Listed {
  vault::Item item;
  bool type_known = true;  // false: there is an error, and nothing of `item` but its path counts
  std::optional<Error> error;  // set: item.path names it; below a folder nothing was listed
};

// In rising order of paths (hal/base/path.h), folders included, the source's own root folder first
// (its path is the source's name). One thread at a time.
class Listing {
 public:
  virtual ~Listing() = default;
  // False at the end. An Error here means that the source as a whole failed; what concerns one item
  // comes as Listed::error.
  [[nodiscard]] virtual Result<bool> next(Listed& out) = 0;
  // The source has nothing at all below its root. After the first step.
  [[nodiscard]] virtual bool is_empty() const = 0;
};

// How far a path can be followed: its first part that is no folder to enter (or not there, or of
// a name that nobody wants), else all of it. Whatever is below that part is not there.
struct Reached {
  std::string path;
  bool is_wanted = true;  // false: left out by a rule, so that nobody is told of it
};

// Safe from any thread; each reader belongs to one thread.
class Source {
 public:
  virtual ~Source() = default;
  [[nodiscard]] virtual const std::string& name() const = 0;
  [[nodiscard]] Result<std::unique_ptr<Listing>> list() { return list({}); }
  // Of `paths` only, unless there are none: each with all below it, and the folders above them, of
  // which no name but these is looked at. In path order, none within another, as reach() gave
  // them; one that is not there is left out. source_vanished, from next(), if a folder above
  // them has gone since.
  [[nodiscard]] virtual Result<std::unique_ptr<Listing>> list(std::vector<std::string> paths) = 0;
  // `path` is the source's name, or below it. What cannot be looked at is for list() to tell.
  [[nodiscard]] virtual Reached reach(const std::string& path) = 0;
  // A regular file's content. source_vanished if nothing (or no regular file) has the name now.
  [[nodiscard]] virtual Result<std::unique_ptr<ports::SourceFile>> open(
      const vault::Item& item) = 0;
  // Link target and attributes of an item that is not a regular file.
  [[nodiscard]] virtual Result<void> read_metadata(vault::Item& item) = 0;
};

}  // namespace holdfast::source
