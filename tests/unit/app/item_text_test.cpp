// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/item_text.h"

#include <catch2/catch.hpp>

namespace holdfast::app {

TEST_CASE("a line for an item begins with a mark of what is not as at the source") {
  vault::Item item;
  item.path = "calls/a.wav";
  CHECK(item_line(item).starts_with("  -"));
  SECTION("no content") {
    item.size = 5;
  }
  SECTION("an older version, or nothing of it") {
    item.flags = vault::kItemUnreadable;
  }
  CHECK(item_line(item).starts_with("! -"));
  item.gone_since = Timestamp{1};
  CHECK(item_line(item).starts_with("† -"));
}

}  // namespace holdfast::app
