// SPDX-License-Identifier: Apache-2.0
// What a backup would do, told before it is done.
#include "firmware/job/preview.h"

#include <catch2/catch.hpp>

#include "tests/sim/ready_box.h"

namespace holdfast::test {

namespace {

struct Site : ReadyBox {
  Site() {
    write("a.wav", "first");
    write("b.wav", "second");
    write("c/d.wav", "third");
  }
  Result<job::PreviewReport> preview(bool allow_empty = false) {
    HF_TRY(const auto box, open());
    HF_TRY(const auto business, box->open_business("calls", vault::Access::read));
    job::BackupRequest request;
    request.definition.name = "calls";
    request.definition.sources.push_back({"calls", "/calls", {}, false, {}, 0});
    request.allow_empty = allow_empty;
    request.stop = &stop;
    return job::preview_backup(*business, files, request);
  }
};

}  // namespace

TEST_CASE("A preview counts as the backup after it does") {
  Site site;
  const auto compare = [&] {
    const auto preview = site.preview();
    REQUIRE(preview);
    const auto report = site.backup();
    REQUIRE(report);
    CHECK(preview->items_new == report->counts.items_new);
    CHECK(preview->items_changed == report->counts.items_changed);
    CHECK(preview->items_unchanged == report->counts.items_unchanged);
    CHECK(preview->items_gone == report->counts.items_gone);
    CHECK(preview->bytes_to_read == report->bytes_read);
    CHECK(preview->problems.count == 0);
  };
  compare();
  compare();
  site.write("a.wav", "changed");
  site.write("e.wav", "new");
  site.files.remove("/calls/b.wav");
  compare();
  site.write("b.wav", "back again");  // known as gone: new, as a backup counts it
  compare();
}

TEST_CASE("A preview tells of sources as the backup would") {
  Site site;
  REQUIRE(site.backup());
  for (const char* name : {"/calls/a.wav", "/calls/b.wav", "/calls/c/d.wav", "/calls/c"}) {
    site.files.remove(name);
  }
  const auto empty = site.preview();
  REQUIRE_FALSE(empty);
  CHECK(empty.error().code == ErrorCode::source_empty);
  const auto believed = site.preview(true);
  REQUIRE(believed);
  CHECK(believed->items_gone == 3);
  site.files.remove("/calls");
  const auto missing = site.preview();
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ErrorCode::source_missing);
  site.stop = true;
  CHECK(site.preview().error().code == ErrorCode::interrupted);
}

}  // namespace holdfast::test
