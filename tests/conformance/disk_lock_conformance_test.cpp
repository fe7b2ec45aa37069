// SPDX-License-Identifier: Apache-2.0
// Locks of hal/ports/disk.h on both bodies, and what only the real one has: modes and links.
#include <unistd.h>
#include <catch2/catch.hpp>

#include "tests/conformance/disk_fixture.h"

namespace holdfast::test {

using ports::LockMode;

TEMPLATE_TEST_CASE("an exclusive lock keeps all others out and says who holds it", "[disk]",
                   LinuxDisk, SimulatedDisk) {
  DiskFixture<TestType> fixture;
  {
    const auto held = *fixture.disk().lock("lock", LockMode::exclusive, "backup, process 7");
    for (ports::Disk* disk : {&fixture.disk(), &fixture.again()}) {
      for (const LockMode mode : {LockMode::shared, LockMode::exclusive}) {
        const auto refused = disk->lock("lock", mode, "me");
        REQUIRE(outcome(refused) == "locked");
        CHECK(refused.error().argument("holder") == "backup, process 7");
        CHECK(refused.error().retryable);
      }
    }
  }
  CHECK(outcome(fixture.again().lock("lock", LockMode::exclusive, "me")) == "ok");
}

TEMPLATE_TEST_CASE("shared locks go together", "[disk]", LinuxDisk, SimulatedDisk) {
  DiskFixture<TestType> fixture;
  auto first = *fixture.disk().lock("lock", LockMode::shared, "first");
  auto second = *fixture.again().lock("lock", LockMode::shared, "second");
  CHECK(outcome(fixture.disk().lock("lock", LockMode::exclusive, "me")) == "locked");
  first.reset();
  CHECK(outcome(fixture.disk().lock("lock", LockMode::exclusive, "me")) == "locked");
  second.reset();
  CHECK(outcome(fixture.disk().lock("lock", LockMode::exclusive, "me")) == "ok");
}

TEMPLATE_TEST_CASE("a shorter holder leaves nothing of the longer one before it", "[disk]",
                   LinuxDisk, SimulatedDisk) {
  DiskFixture<TestType> fixture;
  {
    const auto held = *fixture.disk().lock("lock", LockMode::exclusive, "a long text");
  }
  const auto held = *fixture.disk().lock("lock", LockMode::exclusive, "short");
  const auto refused = fixture.again().lock("lock", LockMode::shared, "me");
  REQUIRE(outcome(refused) == "locked");
  CHECK(refused.error().argument("holder") == "short");
}

TEMPLATE_TEST_CASE("locks of different names do not meet", "[disk]", LinuxDisk, SimulatedDisk) {
  DiskFixture<TestType> fixture;
  const auto held = *fixture.disk().lock("one", LockMode::exclusive, "me");
  CHECK(outcome(fixture.again().lock("two", LockMode::exclusive, "me")) == "ok");
  CHECK(outcome(fixture.disk().lock("no/lock", LockMode::shared, "me")) == "not_found");
  REQUIRE(fixture.disk().make_directory("d"));
  CHECK(outcome(fixture.disk().lock("d", LockMode::exclusive, "me")) == "is_a_directory");
  CHECK(outcome(fixture.disk().lock("d", LockMode::shared, "me")) == "is_a_directory");
}

TEST_CASE("the real disk keeps its files to their owner", "[disk]") {
  TemporaryFolder folder;
  const auto disk = *linux::PosixDisk::open_root(folder.path());
  REQUIRE(disk->create("file"));
  REQUIRE(disk->make_directory("folder"));
  REQUIRE(disk->lock("lock", LockMode::exclusive, "me"));
  using std::filesystem::perms;
  const auto mode = [&](const char* name) {
    return std::filesystem::status(folder.path() + "/" + name).permissions();
  };
  CHECK(mode("file") == (perms::owner_read | perms::owner_write));
  CHECK(mode("lock") == (perms::owner_read | perms::owner_write));
  CHECK(mode("folder") == perms::owner_all);
}

TEST_CASE("the real disk does not follow a link in a file's place", "[disk]") {
  TemporaryFolder folder;
  TemporaryFolder elsewhere;
  const auto disk = *linux::PosixDisk::open_root(folder.path());
  const std::string outside = elsewhere.path() + "/file";
  REQUIRE(
      (*(*linux::PosixDisk::open_root(elsewhere.path()))->create("file"))->append(view_of("x")));
  REQUIRE(::symlink(outside.c_str(), (folder.path() + "/link").c_str()) == 0);
  REQUIRE(::symlink(elsewhere.path().c_str(), (folder.path() + "/folder").c_str()) == 0);

  CHECK(outcome(disk->open("link")) == "io");
  CHECK(outcome(disk->open_append("link")) == "io");
  CHECK(outcome(disk->create("link")) == "already_exists");
  CHECK(outcome(disk->lock("link", LockMode::exclusive, "me")) == "io");
  CHECK(outcome(disk->list("folder")) == "not_a_directory");
  CHECK(outcome(disk->make_directory("folder")) == "not_a_directory");
  CHECK(*(*linux::PosixDisk::open_root(elsewhere.path()))->size_of("file") == 1);
}

TEST_CASE("the real disk follows no link on the way, wherever it leads", "[disk]") {
  TemporaryFolder folder;
  TemporaryFolder elsewhere;
  const auto disk = *linux::PosixDisk::open_root(folder.path());
  const auto other = *linux::PosixDisk::open_root(elsewhere.path());
  REQUIRE(disk->make_directory("real"));
  for (ports::Disk* some :
       {static_cast<ports::Disk*>(other.get()), static_cast<ports::Disk*>(disk.get())}) {
    REQUIRE((*some->create(some == disk.get() ? "real/file" : "file"))->append(view_of("x")));
  }
  const std::string target = GENERATE(std::string("real"), std::string("/"), std::string());
  const std::string link = folder.path() + "/link";
  REQUIRE(::symlink((target.empty() ? elsewhere.path() : target).c_str(), link.c_str()) == 0);

  const auto opened = disk->open("link/file");
  REQUIRE(outcome(opened) == "io");
  CHECK(opened.error().argument("reason") == "a symbolic link is in the way");
  CHECK(outcome(disk->open_append("link/file")) == "io");
  CHECK(outcome(disk->create("link/new")) == "io");
  CHECK(outcome(disk->lock("link/lock", LockMode::exclusive, "me")) == "io");
  CHECK(outcome(disk->make_directory("link/new")) == "not_a_directory");
  CHECK(outcome(disk->rename("link/file", "link/new")) == "not_a_directory");
  CHECK(outcome(disk->remove("link/file")) == "not_a_directory");
  CHECK(outcome(disk->size_of("link/file")) == "not_a_directory");
  CHECK(outcome(disk->size_of("link")) == "io");
  CHECK(outcome(disk->list("link")) == "not_a_directory");
  CHECK(outcome(disk->sync_directory("link")) == "not_a_directory");
  CHECK(other->list("")->size() == 1);
  CHECK(disk->list("real")->size() == 1);
}

TEST_CASE("the real disk needs a directory for its root", "[disk]") {
  TemporaryFolder folder;
  CHECK(outcome(linux::PosixDisk::open_root(folder.path() + "/no")) == "not_found");
  REQUIRE((*linux::PosixDisk::open_root(folder.path()))->create("file"));
  CHECK(outcome(linux::PosixDisk::open_root(folder.path() + "/file")) == "not_a_directory");
}

}  // namespace holdfast::test
