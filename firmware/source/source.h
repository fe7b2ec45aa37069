// SPDX-License-Identifier: Apache-2.0
// What a source is to a backup: a stream of items in path order, and readers for their content.
#pragma once

#include <memory>
#include <optional>
#include <string>

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
};

// Safe from any thread; each reader belongs to one thread.
class Source {
 public:
  virtual ~Source() = default;
  [[nodiscard]] virtual const std::string& name() const = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<Listing>> list() = 0;
  // A regular file's content. source_vanished if nothing (or no regular file) has the name now.
  [[nodiscard]] virtual Result<std::unique_ptr<ports::SourceFile>> open(
      const vault::Item& item) = 0;
  // Link target and attributes of an item that is not a regular file.
  [[nodiscard]] virtual Result<void> read_metadata(vault::Item& item) = 0;
};

}  // namespace holdfast::source
