// SPDX-License-Identifier: Apache-2.0
// Holds: kept by the journal, given back by every rebuild of the catalog. That the power may go
// and operations fail: crash_sweep_test.cpp, nth_failure_test.cpp.
#include <catch2/catch.hpp>

#include "firmware/job/browse.h"
#include "tests/sim/ready_box.h"

namespace holdfast::test {

namespace {

constexpr const char* kPath = "calls/a.wav";

struct HoldBox : ReadyBox {
  HoldBox() {
    write("a.wav", "first");
    REQUIRE(backup());
  }
  Result<std::uint64_t> hold(const std::string& reason) {
    HF_TRY(const auto box, open());
    HF_TRY(const auto business, box->open_business("calls", vault::Access::write));
    HF_TRY(const auto head, business->hold(journal::HoldScope::item, kPath, reason));
    return head.number;
  }
  // Every hold that stands.
  Result<void> release() {
    HF_TRY(const auto box, open());
    HF_TRY(const auto business, box->open_business("calls", vault::Access::write));
    HF_TRY(const auto rows, business->holds());
    for (const auto& row : rows) HF_TRY(business->release(row, ""));
    return {};
  }
  // From the journal alone: the catalog of this box is made anew at each opening.
  std::vector<catalog::HoldRow> holds() {
    const auto box = open();
    REQUIRE(box);
    const auto business = (*box)->open_business("calls", vault::Access::read);
    INFO((business ? "" : debug_text(business.error())));
    REQUIRE(business);
    auto rows = (*business)->holds();
    REQUIRE(rows);
    return std::move(*rows);
  }
};

}  // namespace

TEST_CASE("Each hold stands until its release, through backups and in a catalog made anew") {
  HoldBox box;
  REQUIRE(box.hold("audit"));
  REQUIRE(box.hold("court"));
  box.write("b.wav", "second");
  REQUIRE(box.backup());
  const auto holds = box.holds();
  REQUIRE(holds.size() == 2);
  CHECK(holds[0].body.reason == "audit");
  CHECK(holds[1].body.reason == "court");
  CHECK(holds[0].body.id != holds[1].body.id);
  {
    const auto opened = box.open();
    REQUIRE(opened);
    const auto business = (*opened)->open_business("calls", vault::Access::write);
    REQUIRE(business);
    REQUIRE((*business)->release(holds[0], ""));
    REQUIRE((*business)->rebuild_catalog({}));
    const auto rebuilt = (*business)->holds();
    REQUIRE(rebuilt);
    REQUIRE(rebuilt->size() == 1);
    CHECK(rebuilt->front().body.id == holds[1].body.id);
    CHECK(rebuilt->front().number == holds[1].number);
  }
  REQUIRE(box.release());
  CHECK(box.holds().empty());
}

TEST_CASE("A path that some snapshot has is known, also when it is gone, and no other") {
  HoldBox box;
  box.write("01/b.wav", "second");
  REQUIRE(box.backup());
  box.files.remove("/calls/a.wav");
  REQUIRE(box.backup());
  const auto opened = box.open();
  REQUIRE(opened);
  const auto business = (*opened)->open_business("calls", vault::Access::read);
  REQUIRE(business);
  for (const char* known : {kPath, "calls/01/b.wav", "calls/01", "calls"}) {
    CHECK(job::check_known(**business, known));
  }
  for (const char* unknown : {"calls/a", "calls/a.wav/b", "calls/zz", "other"}) {
    const auto checked = job::check_known(**business, unknown);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code == ErrorCode::no_item);
  }
}

}  // namespace holdfast::test
