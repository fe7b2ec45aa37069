// SPDX-License-Identifier: Apache-2.0
// Items and folders that could not be read at the source: whoever reads the snapshot is told.
#include <catch2/catch.hpp>

#include "firmware/job/browse.h"
#include "firmware/job/verify.h"
#include "tests/sim/ready_box.h"

namespace holdfast::test {

namespace {

// Of five items one could never be read, of another one only an older version is kept, and what is
// in one folder is not known.
struct Site : ReadyBox {
  Site() {
    write("a.wav", "a");
    write("b.wav", "b");
    write("older.wav", "older");
    write("closed/c.wav", "c");
    write("never.wav", "never");
    files.set_unreadable("/calls/closed");
    files.set_unreadable("/calls/never.wav");
    REQUIRE(backup());
    write("older.wav", "newer");
    files.set_unreadable("/calls/older.wav");
    REQUIRE(backup());
    auto opened = open();
    REQUIRE(opened);
    box = std::move(*opened);
    auto reader = box->open_business("calls", vault::Access::read);
    REQUIRE(reader);
    business = std::move(*reader);
    const auto row = business->find_snapshot({});
    REQUIRE(row);
    snapshot = *row;
  }
  job::RestoreReport restore_to(const std::string& target, std::vector<std::string> paths = {}) {
    job::RestoreRequest request;
    request.selection.snapshot = snapshot;
    request.selection.paths = std::move(paths);
    request.target = target;
    const auto report = job::run_restore(*business, files, request);
    REQUIRE(report);
    CHECK(report->failed.count + report->lost.count == 0);
    return *report;
  }
  job::VerifyReport verify(unsigned percent) {
    job::VerifyRequest request;
    request.snapshot = snapshot;
    request.sample_percent = percent;
    const auto report = job::run_verify(*business, request);
    REQUIRE(report);
    CHECK(report->lost.count == 0);
    return *report;
  }
  std::unique_ptr<vault::Box> box;
  std::unique_ptr<vault::Business> business;
  catalog::SnapshotRow snapshot;
};

}  // namespace

TEST_CASE("Verification counts what could not be read, each once, and folders too") {
  Site site;
  const job::VerifyReport report = site.verify(100);
  CHECK(report.items == 3);
  CHECK(report.items_total == 4);
  CHECK(report.unread.no_content == 1);
  CHECK(report.unread.older == 1);
  CHECK(report.unread.folders == 1);
}

TEST_CASE("A restore counts what could not be read, and no item that it cannot give") {
  Site site;
  const job::RestoreReport report = site.restore_to("/all");
  CHECK(report.items == 5);  // two folders
  CHECK(report.files == 3);
  CHECK(report.unread.no_content == 1);
  CHECK(report.unread.older == 1);
  CHECK(report.unread.folders == 1);
  const job::RestoreReport one = site.restore_to("/one", {"calls/never.wav"});
  CHECK(one.items == 0);
  CHECK(one.unread.no_content == 1);
  CHECK_FALSE(site.files.contents("/one/calls/never.wav"));
}

TEST_CASE("An item that never could be read is not called unknown") {
  Site site;
  const auto printed =
      job::print_item(*site.business, site.snapshot, "calls/never.wav", {}, nullptr,
                      [](ByteView /*bytes*/) -> Result<void> { return {}; });
  REQUIRE_FALSE(printed);
  CHECK(printed.error().code == ErrorCode::no_content);
}

TEST_CASE("A sample has one item at least, if any has content") {
  Site site;
  for (int i = 0; i < 20; ++i) {
    const job::VerifyReport report = site.verify(1);
    CHECK(report.items >= 1);
    CHECK(report.items_total == 4);
    CHECK(report.unread.folders == 1);
  }
}

}  // namespace holdfast::test
