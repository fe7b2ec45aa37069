// SPDX-License-Identifier: Apache-2.0
// Holds: kept by the journal, given back by every rebuild of the catalog. The power goes, and an
// operation fails, at every step of a hold and of its release: it stands or it does not, and what
// was acknowledged does.
#include <catch2/catch.hpp>

#include "firmware/job/browse.h"
#include "tests/sim/ready_box.h"
#include "tests/sim/sweep.h"

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

enum class Act { hold, release };

// A box on which `act` is about to be done, and done.
struct Before : HoldBox {
  explicit Before(Act act) : act_(act) {
    if (act == Act::release) REQUIRE(hold("audit"));
  }
  Result<void> go() {
    if (act_ == Act::release) return release();
    HF_TRY(const auto number, hold("audit"));
    static_cast<void>(number);
    return {};
  }
  [[nodiscard]] std::size_t count_after() const { return act_ == Act::hold ? 1 : 0; }

 private:
  Act act_;
};

constexpr Strides kStrides{7, 3, 31, 31};
constexpr Strides kCutStrides{3, 1, 13, 7};

// What was acknowledged stands; what was not may, and can be done.
void check_after(Before& box, const Result<void>& answer) {
  const std::size_t now = box.holds().size();
  CHECK(now <= 1);
  if (answer) CHECK(now == box.count_after());
  if (now != box.count_after()) REQUIRE(box.go());
  const auto holds = box.holds();
  REQUIRE(holds.size() == box.count_after());
  if (holds.empty()) return;
  CHECK(holds.front().body.value == kPath);
  CHECK(holds.front().body.reason == "audit");
}

// `sweep`: sweep_cuts or sweep_errors.
template <class SweepAll>
void sweep_acts(const SweepAll& sweep, const Strides& strides) {
  for (const Act act : {Act::hold, Act::release}) {
    CAPTURE(act == Act::hold);
    const auto make_box = [&] { return std::make_unique<Before>(act); };
    const auto go = [](Before& box) { return box.go(); };
    sweep(Sweep{.stride = stride_of(strides), .each_policy = true}, make_box, go, check_after);
  }
}

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

TEST_CASE("The power may go at every operation of a hold and of a release") {
  sweep_acts([](auto&&... parts) { sweep_cuts(parts...); }, kCutStrides);
}

TEST_CASE("An error at any operation of a hold and of a release is told, or changes nothing") {
  sweep_acts([](auto&&... parts) { sweep_errors(parts...); }, kStrides);
}

}  // namespace holdfast::test
