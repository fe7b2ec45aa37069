// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/item_text.h"

#include <catch2/catch.hpp>

namespace holdfast::app {

TEST_CASE("a line for an item begins with a mark of what is not as at the source") {
  vault::Item item;
  item.path = "calls/a.wav";
  CHECK(item_line(messages::Language::english, item).starts_with("  -"));
  SECTION("no content") {
    item.size = 5;
  }
  SECTION("an older version, or nothing of it") {
    item.flags = vault::kItemUnreadable;
  }
  CHECK(item_line(messages::Language::english, item).starts_with("! -"));
  item.gone_since = Timestamp{1'767'225'600'000'000'000};
  CHECK(item_line(messages::Language::english, item).starts_with("† -"));
}

TEST_CASE("a line for an item that is gone ends with since when") {
  vault::Item item;
  item.path = "calls/a.wav";
  CHECK(item_line(messages::Language::english, item).ends_with("calls/a.wav"));
  item.gone_since = Timestamp{1'767'225'600'000'000'000};
  CHECK(item_line(messages::Language::english, item)
            .ends_with("calls/a.wav (gone since 2026-01-01 00:00:00Z)"));
  CHECK(gone_text(messages::Language::chinese, item) == " （2026-01-01 00:00:00Z 起已不在数据源）");
}

}  // namespace holdfast::app
