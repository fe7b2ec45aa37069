// SPDX-License-Identifier: Apache-2.0
// A disk whose file system becomes read-only while it is open.
#include <sys/mount.h>

#include <catch2/catch.hpp>

#include "tests/conformance/disk_fixture.h"

namespace holdfast::test {

TEST_CASE("a file system that is mounted read-only is told without a write", "[disk]") {
  const TemporaryFolder folder;
  const char* root = folder.path().c_str();
  REQUIRE(::mount("none", root, "tmpfs", 0, "size=1m") == 0);
  auto disk = *linux::PosixDisk::open_root(root);
  CHECK_FALSE(disk->space()->is_read_only);
  REQUIRE(::mount("none", root, "tmpfs", MS_REMOUNT | MS_RDONLY, "size=1m") == 0);
  CHECK(disk->space()->is_read_only);
  CHECK(outcome(disk->create("a")) == "read_only");
  REQUIRE(::mount("none", root, "tmpfs", MS_REMOUNT, "size=1m") == 0);
  CHECK_FALSE(disk->space()->is_read_only);
  disk.reset();
  REQUIRE(::umount(root) == 0);
}

}  // namespace holdfast::test
