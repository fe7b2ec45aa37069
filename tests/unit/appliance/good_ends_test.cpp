// SPDX-License-Identifier: Apache-2.0
#include "firmware/appliance/good_ends.h"

#include <catch2/catch.hpp>

namespace holdfast::appliance {

TEST_CASE("what came to a good end is read from the status", "[good_ends]") {
  const auto at = [](std::string_view text) { return *Timestamp::parse(text); };
  const auto ends = good_ends_in(R"({"schema":1,"businesses":[
      {"name":"desk","last_backup":"2026-03-01T01:02:03.5Z","proofs":[
        {"kind":"verify","time":"2026-03-01T02:00:00Z","good":false},
        {"kind":"drill","time":"2026-03-01T03:00:00Z","good":true},
        {"kind":"dance","time":"2026-03-01T03:00:00Z","good":true},{"kind":1},[]]},
      {"name":"loans","last_backup":null,"proofs":null},
      {"name":7,"last_backup":"2026-03-01T01:02:03Z"},
      {"name":"cards","last_backup":"yesterday"}]})");
  CHECK(ends == std::vector<GoodEnd>{
                    {JobKind::backup, "desk", at("2026-03-01T01:02:03.5Z")},
                    {JobKind::drill, "desk", at("2026-03-01T03:00:00Z")},
                });
  for (const char* text : {"", "[]", "{}", "{\"businesses\":1}", "{\"businesses\":[1,null]}"}) {
    CHECK(good_ends_in(text).empty());
  }
}

}  // namespace holdfast::appliance
