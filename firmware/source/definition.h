// SPDX-License-Identifier: Apache-2.0
// What a business backs up (docs/formats.md, section 11), as a value. Reading it from TOML is the
// app's work.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "firmware/codec/compressor.h"

namespace holdfast::source {

// archive: an item that is gone at the source stays, marked, until its own retention has ended.
// mirror: what is gone is gone with the last snapshot that had it.
enum class BusinessKind { archive, mirror };

struct SourceDefinition {
  std::string name;  // first part of each item's path
  std::string path;
  std::vector<std::string> exclude;
  bool cross_file_systems = false;
  codec::Compression compression = codec::Compression::none;
  std::uint32_t retention_class = 0;
};

struct BusinessDefinition {
  std::string name;
  BusinessKind kind = BusinessKind::archive;
  std::vector<SourceDefinition> sources;
};

}  // namespace holdfast::source
