// SPDX-License-Identifier: Apache-2.0
#include "firmware/vault/pruned_items.h"

#include <algorithm>
#include <utility>

#include "firmware/policy/retention.h"
#include "firmware/vault/node.h"

namespace holdfast::vault {

namespace {

constexpr std::size_t kVarintSizeMax = 10;
constexpr std::size_t kFieldsSize = 32 + 1 + 8;

}  // namespace

Digest identity_of(const Item& item) {
  Bytes bytes;
  ByteWriter out(bytes);
  out.u8(std::to_underlying(item.type));
  switch (item.type) {
    case ports::FileType::symlink:
      out.text(item.link_target);
      break;
    case ports::FileType::char_device:
    case ports::FileType::block_device:
      out.varint(item.device_major);
      out.varint(item.device_minor);
      break;
    case ports::FileType::regular:
      out.varint(item.size);
      out.raw(item.digest.view());
      out.varint(item.data_runs.size());
      for (const ports::DataRun& run : item.data_runs) {
        out.varint(run.offset);
        out.varint(run.length);
      }
      break;
    default:
      break;
  }
  return sha256(bytes);
}

// What is not looked at of their types is empty in both, or their identities tell.
bool is_same_content(const Item& one, const Item& other) {
  const bool is_equal = one.type == other.type && one.link_target == other.link_target &&
                        one.device_major == other.device_major &&
                        one.device_minor == other.device_minor && one.size == other.size &&
                        one.digest == other.digest && one.data_runs == other.data_runs;
  return is_equal || identity_of(one) == identity_of(other);
}

std::size_t PrunedItemsWriter::size_with(const std::string& path) const {
  // The count, what is shared, and the length of the rest.
  return records_.size() + 3 * kVarintSizeMax + path.size() + kFieldsSize;
}

void PrunedItemsWriter::add(const catalog::PrunedItem& item) {
  ByteWriter out(records_);
  write_path(out, last_path_, item.path);
  out.raw(item.identity.view());
  out.u8(item.reason);
  out.i64(item.until.ns);
  last_path_ = item.path;
  ++items_;
}

Bytes PrunedItemsWriter::finish() {
  Bytes bytes;
  ByteWriter out(bytes);
  out.varint(std::exchange(items_, 0));
  out.raw(records_);
  records_.clear();
  last_path_.clear();
  return bytes;
}

Result<std::vector<catalog::PrunedItem>> parse_pruned_items(ByteView bytes) {
  ByteReader in(bytes);
  const std::uint64_t count = in.varint();
  std::vector<catalog::PrunedItem> items;
  items.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(count, in.left() / kFieldsSize)));
  std::string before;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    catalog::PrunedItem& item = items.emplace_back();
    read_path(in, before, i == 0, item.path);
    before = item.path;
    item.identity.bytes = in.array<32>();
    item.reason = in.u8();
    item.until.ns = in.i64();
    if (!goes(static_cast<policy::ItemReason>(item.reason))) in.fail();
  }
  if (!in.ok() || !in.at_end() || items.empty()) {
    return make_error(ErrorCode::damaged, {}, {{"what", "entry body"}});
  }
  return items;
}

}  // namespace holdfast::vault
