// SPDX-License-Identifier: Apache-2.0
// The sealed part of a delta entry as anybody may write it, and its lists alone: what is taken is
// in order, safe, and each path stands once.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "firmware/journal/body.h"
#include "firmware/vault/delta.h"
#include "hal/base/path.h"

namespace {

using holdfast::ByteView;
using namespace holdfast;

void check_lists(const journal::DeltaLists& lists) {
  const auto changes = vault::parse_delta(lists);
  if (!changes) return;
  const std::string* before = nullptr;
  for (const vault::ItemChange& change : *changes) {
    HF_CHECK(is_safe_relative_path(change.item.path));
    HF_CHECK(before == nullptr || compare_paths(*before, change.item.path) < 0);
    before = &change.item.path;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  if (const auto body = journal::parse_snapshot(bytes)) {
    if (body->delta) check_lists(body->delta->lists);
    const Bytes again = journal::encode(*body);
    HF_CHECK(journal::parse_snapshot(again).has_value());
  }
  // One byte says where the one list ends and the other begins.
  if (size == 0) return 0;
  const ByteView both = bytes.subspan(1);
  const ByteView items = both.first(std::min<std::size_t>(data[0], both.size()));
  const ByteView removed = both.subspan(items.size());
  check_lists({Bytes(items.begin(), items.end()), Bytes(removed.begin(), removed.end())});
  return 0;
}
