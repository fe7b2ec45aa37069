// SPDX-License-Identifier: Apache-2.0
#include "firmware/vault/node.h"

#include <algorithm>

#include "hal/base/path.h"

namespace holdfast::vault {

namespace {

constexpr std::string_view kMagic = "HFTN";
constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kHeaderSize = 12;
constexpr std::uint32_t kFlagLinks = 1;
constexpr std::uint32_t kFlagAttributes = 2;
constexpr std::uint32_t kFlagGone = 4;
constexpr std::uint32_t kFlagSparse = 8;
constexpr std::uint32_t kOwnFlags = kItemChanging | kItemUnreadable | kItemNoContent;
constexpr std::uint32_t kAllFlags =
    kFlagLinks | kFlagAttributes | kFlagGone | kFlagSparse | kOwnFlags;
constexpr std::uint32_t kModeMax = 07777;
constexpr std::size_t kUsualSize = 64;  // of a record, for the memory that is taken at once
constexpr std::size_t kPathKept = 1024;
constexpr std::size_t kChunksKept = 16;

std::uint32_t flags_of(const Item& item) {
  std::uint32_t flags = item.flags & kOwnFlags;
  if (item.links != 1) flags |= kFlagLinks;
  if (!item.attributes.empty()) flags |= kFlagAttributes;
  if (item.is_gone()) flags |= kFlagGone;
  if (!item.data_runs.empty()) flags |= kFlagSparse;
  return flags;
}

bool is_device(ports::FileType type) {
  return type == ports::FileType::char_device || type == ports::FileType::block_device;
}

// What decides whether the content fields follow: an empty file has none, a sparse file without
// any data has none either.
bool stores_content(const Item& item) {
  return item.type == ports::FileType::regular && item.size > 0 &&
         (item.flags & kItemNoContent) == 0;
}

void write_content(ByteWriter& out, const Item& item) {
  out.raw(item.digest.view());
  out.varint(item.chunks.size());
  if (item.chunks.size() == 1) {
    out.varint(item.chunks.front().length);
    return;
  }
  for (const journal::ChunkReference& chunk : item.chunks) {
    out.raw(chunk.digest.view());
    out.varint(chunk.length);
  }
}

void write_runs(ByteWriter& out, const std::vector<ports::DataRun>& runs) {
  out.varint(runs.size());
  std::uint64_t end = 0;
  for (const ports::DataRun& run : runs) {
    out.varint(run.offset - end);
    out.varint(run.length);
    end = run.offset + run.length;
  }
}

void write_attributes(ByteWriter& out, const ports::ExtendedAttributes& attributes) {
  out.varint(attributes.size());
  for (const auto& [name, value] : attributes) {
    out.text(name);
    out.blob(value);
  }
}

void write_fields(ByteWriter& out, const Item& item) {
  const std::uint32_t flags = flags_of(item);
  out.u8(static_cast<std::uint8_t>(item.type));
  out.varint(flags);
  out.varint(item.mode);
  out.varint(item.uid);
  out.varint(item.gid);
  out.signed_varint(item.mtime_ns);
  out.signed_varint(item.ctime_ns);
  out.varint(item.inode);
  out.varint(item.device);
  out.varint(item.size);
  if (item.type == ports::FileType::symlink) out.text(item.link_target);
  if (is_device(item.type)) {
    out.varint(item.device_major);
    out.varint(item.device_minor);
  }
  if ((flags & kFlagLinks) != 0) out.varint(item.links);
  if ((flags & kFlagAttributes) != 0) write_attributes(out, item.attributes);
  if ((flags & kFlagGone) != 0) out.i64(item.gone_since.ns);
  if (stores_content(item)) write_content(out, item);
  if ((flags & kFlagSparse) != 0) write_runs(out, item.data_runs);
}

std::uint32_t narrow(ByteReader& in, std::uint64_t limit) {
  const std::uint64_t value = in.varint();
  if (value > limit) in.fail();
  return in.ok() ? static_cast<std::uint32_t>(value) : 0;
}

// A count of things that each take at least `bytes_each` of what is left, so that no allocation is
// larger than the input.
std::size_t read_count(ByteReader& in, std::size_t bytes_each) {
  const std::uint64_t count = in.varint();
  if (count > in.left() / bytes_each) in.fail();
  return in.ok() ? static_cast<std::size_t>(count) : 0;
}

void read_content(ByteReader& in, Item& item) {
  item.digest.bytes = in.array<32>();
  const std::size_t count = read_count(in, 1);
  if (count > kItemChunksMax) return in.fail();
  if (count == 1) {
    item.chunks.push_back({item.digest, in.varint()});
  } else {
    if (count > in.left() / 33) in.fail();
    item.chunks.reserve(in.ok() ? count : 0);
    for (std::size_t i = 0; i < count && in.ok(); ++i) {
      journal::ChunkReference chunk;
      chunk.digest.bytes = in.array<32>();
      chunk.length = in.varint();
      item.chunks.push_back(chunk);
    }
  }
  std::uint64_t total = 0;
  for (const journal::ChunkReference& chunk : item.chunks) {
    if (chunk.length == 0 || chunk.length > item.size - total) return in.fail();
    total += chunk.length;
  }
}

void read_runs(ByteReader& in, Item& item) {
  const std::size_t count = read_count(in, 2);
  std::uint64_t end = 0;
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    const std::uint64_t gap = in.varint();
    const std::uint64_t length = in.varint();
    if (gap > item.size - end || length > item.size - end - gap) return in.fail();
    item.data_runs.push_back({end + gap, length});
    end += gap + length;
  }
  if (item.data_runs.empty()) in.fail();
}

void read_attributes(ByteReader& in, Item& item) {
  const std::size_t count = read_count(in, 2);
  if (count == 0 || count > kAttributesMax) in.fail();
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    std::string name = in.text();
    const ByteView value = in.blob();
    item.attributes.emplace_back(std::move(name), Bytes(value.begin(), value.end()));
  }
}

void read_fields(ByteReader& in, Item& item) {
  const std::uint8_t type = in.u8();
  if (type < 1 || type > 7) return in.fail();
  item.type = static_cast<ports::FileType>(type);
  const std::uint32_t flags = narrow(in, kAllFlags);  // all bits up to the highest
  item.flags = flags & kOwnFlags;
  item.mode = narrow(in, kModeMax);
  item.uid = narrow(in, UINT32_MAX);
  item.gid = narrow(in, UINT32_MAX);
  item.mtime_ns = in.signed_varint();
  item.ctime_ns = in.signed_varint();
  item.inode = in.varint();
  item.device = in.varint();
  item.size = in.varint();
  if (item.type == ports::FileType::symlink) item.link_target = in.text();
  if (is_device(item.type)) {
    item.device_major = narrow(in, UINT32_MAX);
    item.device_minor = narrow(in, UINT32_MAX);
  }
  if ((flags & kFlagLinks) != 0) item.links = in.varint();
  if ((flags & kFlagAttributes) != 0) read_attributes(in, item);
  if ((flags & kFlagGone) != 0) item.gone_since.ns = in.i64();
  if (in.ok() && stores_content(item)) read_content(in, item);
  if ((flags & kFlagSparse) != 0) read_runs(in, item);
}

// An item as it is made, but for the memory that it has, unless that is much.
void renew(Item& item) {
  Item made;
  if (item.path.capacity() <= kPathKept) made.path.swap(item.path);
  if (item.chunks.capacity() <= kChunksKept) made.chunks.swap(item.chunks);
  made.path.clear();
  made.chunks.clear();
  item = std::move(made);
}

Item& item_at(std::vector<Item>& items, std::size_t place) {
  if (place == items.size()) return items.emplace_back();
  renew(items[place]);
  return items[place];
}

void read_entry(ByteReader& in, IndexEntry& entry) {
  entry.node.digest.bytes = in.array<32>();
  entry.node.length = in.varint();
  entry.items = in.varint();
  entry.bytes = in.varint();
  if (entry.node.length > kNodeSizeMax) in.fail();
}

void read_items(ByteReader& in, std::uint32_t records, std::vector<Item>& items) {
  items.reserve(std::min<std::size_t>(records, in.left() / kUsualSize));
  const std::string none;
  for (std::size_t i = 0; i < records && in.ok(); ++i) {
    Item& item = item_at(items, i);
    read_path(in, i == 0 ? none : items[i - 1].path, i == 0, item.path);
    read_fields(in, item);
  }
}

void read_children(ByteReader& in, std::uint32_t records, std::vector<IndexEntry>& children) {
  children.clear();
  const std::string none;
  for (std::size_t i = 0; i < records && in.ok(); ++i) {
    IndexEntry& entry = children.emplace_back();
    read_path(in, i == 0 ? none : children[i - 1].first_path, i == 0, entry.first_path);
    read_entry(in, entry);
  }
}

Error damaged_node() {
  return make_error(ErrorCode::damaged, {}, {{"what", "tree node"}});
}

}  // namespace

void read_path(ByteReader& in, const std::string& before, bool first, std::string& path) {
  const std::uint64_t shared = in.varint();
  const ByteView rest = in.blob();
  if (shared > before.size() || shared + rest.size() > kPathSizeMax) return in.fail();
  path.reserve(static_cast<std::size_t>(shared) + rest.size());
  path.assign(before, 0, static_cast<std::size_t>(shared));
  path += text_of(rest);
  if (!is_safe_relative_path(path)) return in.fail();
  // What both share is equal.
  const auto behind = std::string_view(before).substr(static_cast<std::size_t>(shared));
  if (!first && compare_paths(behind, text_of(rest)) >= 0) in.fail();
}

void write_path(ByteWriter& out, const std::string& before, const std::string& path) {
  const auto mismatch = std::mismatch(path.begin(), path.end(), before.begin(), before.end());
  const auto shared = static_cast<std::size_t>(mismatch.first - path.begin());
  out.varint(shared);
  out.text(std::string_view(path).substr(shared));
}

NodeWriter::NodeWriter(ListKind list, std::uint8_t level) : list_(list), level_(level) {
  bytes_.resize(kHeaderSize);
}

std::size_t NodeWriter::begin_record(const std::string& path) {
  ByteWriter out(bytes_);
  write_path(out, last_path_, path);
  if (records_ == 0) first_path_ = path;
  last_path_ = path;
  ++records_;
  return bytes_.size();
}

void NodeWriter::add(const Item& item) {
  const std::size_t fields = begin_record(item.path);
  ByteWriter out(bytes_);
  write_fields(out, item);
  last_record_size_ = item.path.size() + (bytes_.size() - fields);
}

void NodeWriter::add(const IndexEntry& entry) {
  const std::size_t fields = begin_record(entry.first_path);
  ByteWriter out(bytes_);
  out.raw(entry.node.digest.view());
  out.varint(entry.node.length);
  out.varint(entry.items);
  out.varint(entry.bytes);
  last_record_size_ = entry.first_path.size() + (bytes_.size() - fields);
}

Bytes NodeWriter::finish() {
  Bytes header;
  ByteWriter out(header);
  out.raw(view_of(kMagic));
  out.u16(kVersion);
  out.u8(level_);
  out.u8(static_cast<std::uint8_t>(list_));
  out.u32(records_);
  HF_CHECK(header.size() == kHeaderSize);
  std::copy(header.begin(), header.end(), bytes_.begin());
  Bytes node = std::move(bytes_);
  *this = NodeWriter(list_, level_);
  return node;
}

Result<std::size_t> parse_node(ByteView bytes, ListKind list, Node& node) {
  ByteReader in(bytes);
  if (text_of(in.raw(kMagic.size())) != kMagic) return make_error(ErrorCode::bad_magic);
  if (const std::uint16_t version = in.u16(); in.ok() && version != kVersion) {
    return make_error(ErrorCode::unsupported_version, {}, {{"version", std::to_string(version)}});
  }
  node.level = in.u8();
  if (in.u8() != static_cast<std::uint8_t>(list)) return damaged_node();
  const std::uint32_t records = in.u32();
  if (!in.ok() || records == 0 || records > in.left() / 2) return damaged_node();
  if (node.level == 0) {
    read_items(in, records, node.items);
  } else {
    read_children(in, records, node.children);
  }
  if (!in.ok() || !in.at_end()) return damaged_node();
  return std::size_t{records};
}

Result<Node> parse_node(ByteView bytes, ListKind list) {
  Node node;
  HF_TRY(parse_node(bytes, list, node));
  return node;
}

bool ends_node(std::string_view path, std::size_t record_size, std::size_t node_size_target) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : path) {
    hash ^= static_cast<std::uint8_t>(byte);
    hash *= 0x100000001b3;
  }
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccd;
  hash ^= hash >> 33;
  hash *= 0xc4ceb9fe1a85ec53;
  hash ^= hash >> 33;
  const std::uint64_t low = hash & 0xffffffff;
  return low * node_size_target < static_cast<std::uint64_t>(record_size) << 32;
}

}  // namespace holdfast::vault
