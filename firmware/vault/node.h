// SPDX-License-Identifier: Apache-2.0
// Bytes of one tree node (docs/formats.md, section 10) and the rule that cuts lists into nodes.
//
// Parsers take untrusted bytes: paths must rise, be safe relative paths and stay within caps.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/journal/body.h"
#include "firmware/vault/item.h"
#include "hal/base/bytes.h"

namespace holdfast::vault {

inline constexpr std::size_t kNodeSizeTarget = 65536;
inline constexpr std::uint64_t kNodeSizeMax = 48 * kMiB;  // one item with very many chunks
inline constexpr std::size_t kPathSizeMax = 65536;
// What one record may hold; an item that has more cannot be stored.
inline constexpr std::size_t kItemChunksMax = 1'000'000;
inline constexpr std::size_t kAttributesMax = 16384;         // Linux lists 64 KiB of names at most
inline constexpr std::size_t kAttributesSizeMax = 8 * kMiB;  // names and values

enum class ListKind : std::uint8_t { items = 1, bindings = 2 };

// A child as its parent names it.
struct IndexEntry {
  std::string first_path;
  journal::ChunkReference node;
  std::uint64_t items = 0;
  std::uint64_t bytes = 0;
};

// Grows one node record by record; paths are stored as what differs from the one before.
class NodeWriter {
 public:
  NodeWriter(ListKind list, std::uint8_t level);

  void add(const Item& item);
  void add(const IndexEntry& entry);
  [[nodiscard]] bool empty() const { return records_ == 0; }
  [[nodiscard]] std::uint32_t records() const { return records_; }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] const std::string& first_path() const { return first_path_; }
  // Size of the last record as if it shared nothing: what the cutting rule weighs.
  [[nodiscard]] std::size_t last_record_size() const { return last_record_size_; }
  // The node's bytes; the writer is empty again.
  [[nodiscard]] Bytes finish();

 private:
  std::size_t begin_record(const std::string& path);

  ListKind list_;
  std::uint8_t level_;
  Bytes bytes_;
  std::uint32_t records_ = 0;
  std::string first_path_;
  std::string last_path_;
  std::size_t last_record_size_ = 0;
};

struct Node {
  std::uint8_t level = 0;
  std::vector<Item> items;           // level 0
  std::vector<IndexEntry> children;  // above
};

// A path as a record begins with it: what it shares with the one before, and the rest. Reading
// fails unless it is a safe one and, but for the first, behind `before`.
void write_path(ByteWriter& out, const std::string& before, const std::string& path);
void read_path(ByteReader& in, const std::string& before, bool first, std::string& path);

[[nodiscard]] Result<Node> parse_node(ByteView bytes, ListKind list);
// The same over what `node` was before, whose memory is used again; how many records it has. Items
// behind these are left of before. An error leaves any of both.
[[nodiscard]] Result<std::size_t> parse_node(ByteView bytes, ListKind list, Node& node);

// True if a node ends after the record of `path`. Above the leaves not if it is the node's first:
// its path would end the node above as well, and so on without end.
[[nodiscard]] bool ends_node(std::string_view path, std::size_t record_size,
                             std::size_t node_size_target);

}  // namespace holdfast::vault
