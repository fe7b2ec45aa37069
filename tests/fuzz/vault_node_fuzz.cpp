// SPDX-License-Identifier: Apache-2.0
// A node of a tree as anybody may write it: the paths that it gives are safe and in order.
#include <cstddef>

#include "firmware/vault/node.h"
#include "hal/base/path.h"

namespace {

using namespace holdfast;

void check(ByteView bytes, vault::ListKind list) {
  const auto node = vault::parse_node(bytes, list);
  if (!node) return;
  HF_CHECK(node->level == 0 ? node->children.empty() : node->items.empty());
  const std::string* before = nullptr;
  const auto look_at = [&](const std::string& path) {
    HF_CHECK(is_safe_relative_path(path));
    HF_CHECK(before == nullptr || compare_paths(*before, path) < 0);
    before = &path;
  };
  for (const vault::Item& item : node->items) look_at(item.path);
  for (const vault::IndexEntry& child : node->children) look_at(child.first_path);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const vault::ListKind list : {vault::ListKind::items, vault::ListKind::bindings}) {
    check({data, size}, list);
  }
  return 0;
}
