// SPDX-License-Identifier: Apache-2.0
// A file that is written twice within one tick of its file system's clock, and read in between.
#include <catch2/catch.hpp>

#include "tests/sim/ready_box.h"
#include "tests/support/forwarding_files.h"

namespace holdfast::test {

namespace {

constexpr std::int64_t kSecond_ns = 1'000'000'000;

// Three files of long ago, and words to date one of them.
struct Site : ReadyBox {
  Site() {
    write("a.wav", "before");
    write("b.wav", "b");
    write("c.wav", "c");
  }
  ports::FileStatus& status() { return files.node("/calls/a.wav").status; }
  void date(std::int64_t seconds_from_now) {
    const std::int64_t date_ns = clock.now().ns + seconds_from_now * kSecond_ns;
    status().mtime_ns = date_ns;
    status().ctime_ns = date_ns;
  }
  // In the same tick: nothing but the bytes is another.
  void rewrite() {
    const std::string text = "after!";
    files.node("/calls/a.wav").bytes = Bytes(text.begin(), text.end());
  }
  job::BackupReport run() {
    const auto report = backup();
    REQUIRE(report);
    CHECK(report->problems.count == 0);
    return *report;
  }
};

// The folders in it cannot be entered.
class ClosedFolder final : public ForwardingFolder {
 public:
  using ForwardingFolder::ForwardingFolder;
  Result<std::unique_ptr<ports::Folder>> open_folder(std::string_view name) override {
    return make_error(ErrorCode::permission_denied, std::string(name));
  }
};

}  // namespace

TEST_CASE("What was written again in the tick in which it was read is read again") {
  Site site;
  const std::int64_t old_ns = site.status().mtime_ns;
  site.date(-1);
  SECTION("all dates are fresh") {}
  SECTION("the last change of the file is") {
    site.status().mtime_ns = old_ns;
  }
  SECTION("the last change of its bytes is, where there is no other date") {
    site.status().ctime_ns = old_ns;
  }
  site.run();
  site.rewrite();
  site.clock.advance(60 * kSecond_ns);
  const auto report = site.run();
  CHECK(report.counts.items_changed == 1);
  CHECK(report.counts.items_unchanged == 2);
  CHECK(*site.restore() == site.source());
}

TEST_CASE("What was read once more and is what it was makes no entry") {
  Site site;
  site.date(-1);
  site.run();
  site.clock.advance(60 * kSecond_ns);
  site.status().device += 1;  // as after a boot
  const auto again = site.run();
  CHECK_FALSE(again.entry_written);
  CHECK(again.bytes_read == 6);
  CHECK(again.counts.items_changed == 0);
  CHECK(again.counts.items_unchanged == 3);

  // The next snapshot settles it.
  site.write("d.wav", "d");
  CHECK(site.run().entry_written);
  const auto settled = site.run();
  CHECK_FALSE(settled.entry_written);
  CHECK(settled.bytes_read == 0);
}

TEST_CASE("What was dated a few seconds before the run is not read again") {
  Site site;
  site.date(-3);
  site.run();
  CHECK(site.run().bytes_read == 0);
}

TEST_CASE("What is dated in the future is judged when that has passed") {
  Site site;
  site.date(3600);
  site.run();
  site.rewrite();
  site.clock.advance(60 * kSecond_ns);
  site.write("d.wav", "d");
  CHECK(site.run().bytes_read == 1);
  CHECK(site.run().bytes_read == 0);
  site.clock.advance(3600 * kSecond_ns);
  const auto passed = site.run();
  CHECK(passed.counts.items_changed == 1);
  CHECK(*site.restore() == site.source());
  CHECK(site.run().bytes_read == 0);
}

TEST_CASE("A run that could not look at a fresh file leaves it to be read again by the next") {
  Site site;
  site.write("day/f.wav", "before");
  auto& file = site.files.node("/calls/day/f.wav");
  file.status.mtime_ns = file.status.ctime_ns = site.clock.now().ns - kSecond_ns;
  site.run();
  file.bytes = Bytes{'a', 'f', 't', 'e', 'r', '!'};  // in the same tick
  site.clock.advance(60 * kSecond_ns);
  WrappedFiles closed(site.files, [](std::unique_ptr<ports::Folder> folder) {
    return std::make_unique<ClosedFolder>(std::move(folder));
  });
  site.write("d.wav", "d");
  const auto unseen = site.backup(closed);
  REQUIRE(unseen);
  CHECK(unseen->problems.count == 1);
  CHECK(unseen->entry_written);
  site.clock.advance(60 * kSecond_ns);
  site.run();
  CHECK(*site.restore() == site.source());
  CHECK(site.run().bytes_read == 0);
}

}  // namespace holdfast::test
