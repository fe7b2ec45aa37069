// SPDX-License-Identifier: Apache-2.0
#include "firmware/source/row_query.h"

#include <catch2/catch.hpp>

namespace holdfast::source {

namespace {

constexpr std::int64_t kDay_ns = 86'400'000'000'000;

SqlRules rules() {
  SqlRules rules;
  rules.query = "select * from cdr where t >= :since and t < :until";
  rules.zone = "Asia/Shanghai";
  rules.first = "2025-01-01 00:00:00";
  return rules;
}

Timestamp at(std::string_view text) {
  return Timestamp::parse(text).value();
}

}  // namespace

TEST_CASE("an item's name says up to when was asked, and which of that moment it is") {
  const Timestamp until = at("2026-11-29T02:30:00Z");
  CHECK(row_item_path("cdr", until) == "cdr/2026/11/29/20261129T023000Z.csv");
  CHECK(row_item_path("cdr", until, 2) == "cdr/2026/11/29/20261129T023000Z-2.csv");
  CHECK(until_of("cdr/2026/11/29/20261129T023000Z.csv") == until);
  CHECK(until_of("cdr/2026/11/29/20261129T023000Z-2.csv") == until);
  for (const char* other :
       {"cdr/2026/11/29/20261129T023000Z-1.csv", "cdr/2026/11/29/20261129T023000Z-02.csv",
        "cdr/2026/11/29/20261129T023000Z-.csv", "cdr/2026/11/28/20261129T023000Z.csv",
        "cdr/20261129T023000Z.csv", "cdr/2026/11/29/20261129T02300Z.csv", "cdr/.csv",
        "cdr/2026/11/29/20261129T023000Zx.csv", "cdr/2026/11/29/20261129T023000Z"}) {
    CAPTURE(other);
    CHECK_FALSE(until_of(other));
  }
}

TEST_CASE("the first window begins where the definition says, later ones with an overlap") {
  const Timestamp now = at("2026-01-01T00:00:00Z");
  const Timestamp first = at("2024-12-31T16:00:00Z");
  CHECK(window_after(rules(), {}, now) == RowWindow{first, now});
  const Timestamp newest = at("2025-12-31T00:00:00Z");
  CHECK(window_after(rules(), newest, now) == RowWindow{at("2025-12-30T00:00:00Z"), now});
  CHECK(window_after(rules(), first, now) == RowWindow{first, now});
  // An overlap as long as a number can be does not wrap.
  SqlRules far = rules();
  far.overlap_minutes = ~std::uint32_t{0};
  CHECK(window_after(far, newest, now) == RowWindow{first, now});
}

TEST_CASE("slices follow each other without a gap, and none is shorter than a day") {
  const Timestamp first = at("2025-01-01T00:00:00Z");
  const auto slices_to = [&](std::int64_t days) {
    return slices_of(rules(), {first, Timestamp{first.ns + days * kDay_ns}});
  };
  CHECK(slices_to(31).size() == 1);
  CHECK(slices_to(32).size() == 1);
  CHECK(slices_to(33).size() == 2);
  const auto slices = slices_to(365);
  REQUIRE(slices.size() == 12);
  CHECK(slices.front().since == first);
  for (std::size_t i = 0; i < slices.size(); ++i) {
    CHECK(slices[i].until.ns - slices[i].since.ns >= kDay_ns);
    if (i > 0) CHECK(slices[i].since == slices[i - 1].until);
  }
  CHECK(slices.back().until.ns == first.ns + 365 * kDay_ns);
  CHECK(make_query(rules(), slices[1]).parameters.at(0).value == "2025-02-01 08:00:00");
}

TEST_CASE("what has no window of time is asked for at once") {
  const RowWindow window{at("2025-01-01"), at("2026-01-01")};
  SqlRules whole = rules();
  whole.slice_days = 0;
  CHECK(slices_of(whole, window) == std::vector{window});
  for (const char* query : {"select * from cdr", "select * from cdr where t >= :since",
                            "select * from cdr where t < :until and ':since' <> ''"}) {
    CAPTURE(query);
    SqlRules open = rules();
    open.query = query;
    CHECK(slices_of(open, window) == std::vector{window});
  }
}

TEST_CASE("a first time that the site's clocks left out is none") {
  SqlRules skipped = rules();
  skipped.zone = "Europe/Berlin";
  skipped.first = "2025-03-30 02:30:00";
  CHECK_FALSE(first_of(skipped));
  skipped.first = "2025-03-30 03:30:00";
  CHECK(first_of(skipped) == at("2025-03-30T01:30:00Z"));
  skipped.time = "epoch_ms";
  skipped.first = "1743298200000";
  CHECK(first_of(skipped) == at("2025-03-30T01:30:00Z"));
}

}  // namespace holdfast::source
