// SPDX-License-Identifier: Apache-2.0
#include "firmware/messages/value_text.h"

#include <catch2/catch.hpp>

#include "hal/base/bytes.h"

namespace holdfast::messages {
namespace {

TEST_CASE("amounts are short") {
  CHECK(size_text(1023) == "1023 B");
  CHECK(size_text(1536) == "1.5 KiB");
  CHECK(size_text(3 * kGiB) == "3.0 GiB");
  CHECK(duration_text(1'500'000'000) == "1.5 s");
  CHECK(duration_text(320'000'000'000) == "5 min 20 s");
  CHECK(duration_text(7'500'000'000'000) == "2 h 5 min");
  CHECK(duration_text(172'799'000'000'000) == "47 h 59 min");
  CHECK(duration_text(190'800'000'000'000) == "2 d 5 h");
  CHECK(time_text(Timestamp{1'500'000'000}) == "1970-01-01 00:00:01Z");
  CHECK(utc_text(Timestamp{1'500'000'000}) == "1970-01-01 00:00:01 UTC");
  CHECK(time_text(Timestamp{-500'000'000}) == "1969-12-31 23:59:59Z");
}

}  // namespace
}  // namespace holdfast::messages
