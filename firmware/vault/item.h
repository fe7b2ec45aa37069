// SPDX-License-Identifier: Apache-2.0
// One item of a snapshot: what a source showed, and where its content is (docs/formats.md, section
// 10).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "firmware/journal/body.h"
#include "hal/base/digest.h"
#include "hal/base/time.h"
#include "hal/ports/files.h"

namespace holdfast::vault {

// Bits of Item::flags that carry meaning of their own; the others follow from the fields.
inline constexpr std::uint32_t kItemChanging = 16;    // changed while it was read, twice
inline constexpr std::uint32_t kItemUnreadable = 32;  // this version could not be read
inline constexpr std::uint32_t kItemNoContent = 64;   // no version could ever be read

struct Item {
  std::string path;  // raw bytes, the source's name first
  ports::FileType type = ports::FileType::regular;
  std::uint32_t flags = 0;
  std::uint32_t mode = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;
  std::uint64_t inode = 0;
  std::uint64_t device = 0;
  std::uint64_t links = 1;
  std::uint64_t size = 0;  // bytes, holes included
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  std::string link_target;
  ports::ExtendedAttributes attributes;
  Timestamp gone_since;  // ns 0: there

  Digest digest;  // of the content; zeros: none
  std::vector<journal::ChunkReference> chunks;
  std::vector<ports::DataRun> data_runs;  // sparse items only: where the content's bytes belong

  bool operator==(const Item&) const = default;
  [[nodiscard]] bool is_gone() const { return gone_since.ns != 0; }
  // False: it never could be read, and there is nothing behind its name.
  [[nodiscard]] bool has_content() const {
    if (type == ports::FileType::symlink) return !link_target.empty();
    return !chunks.empty() || !data_runs.empty() || size == 0;
  }
};

// What a status says of a file: all but its path, link target, attributes and content.
void take_status(Item& item, const ports::FileStatus& status);

}  // namespace holdfast::vault
