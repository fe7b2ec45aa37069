// SPDX-License-Identifier: Apache-2.0
// The items of a prune's entry as anybody may write them: what is taken is in order and safe, and
// is written as it was read.
#include <cstddef>
#include <cstdint>

#include "firmware/vault/pruned_items.h"
#include "hal/base/path.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  const auto items = vault::parse_pruned_items({data, size});
  if (!items) return 0;
  vault::PrunedItemsWriter writer;
  const std::string* before = nullptr;
  for (const catalog::PrunedItem& item : *items) {
    HF_CHECK(is_safe_relative_path(item.path));
    HF_CHECK(before == nullptr || compare_paths(*before, item.path) < 0);
    before = &item.path;
    writer.add(item);
  }
  const Bytes again = writer.finish();
  HF_CHECK(vault::parse_pruned_items(again).has_value());
  return 0;
}
