// SPDX-License-Identifier: Apache-2.0
// What the real disk asks of its system.
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/statfs.h>

#include <catch2/catch.hpp>

#include "tests/conformance/disk_fixture.h"

namespace holdfast::test {

namespace {

// Of this file the system remembers so many pages.
std::size_t pages_remembered(const std::string& path, std::size_t size) {
  const linux::Descriptor file = linux::open_at(AT_FDCWD, path.c_str(), O_RDONLY);
  void* map = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.number(), 0);
  REQUIRE(map != MAP_FAILED);
  std::vector<unsigned char> pages(size / 4096);
  REQUIRE(::mincore(map, size, pages.data()) == 0);
  REQUIRE(::munmap(map, size) == 0);
  return static_cast<std::size_t>(
      std::ranges::count_if(pages, [](unsigned char page) { return (page & 1) != 0; }));
}

bool lies_in_memory_alone(const std::string& path) {
  struct statfs status{};
  REQUIRE(::statfs(path.c_str(), &status) == 0);
  return status.f_type == TMPFS_MAGIC;
}

}  // namespace

TEST_CASE("the system forgets a file that is opened afresh", "[disk]") {
  constexpr std::size_t kSize = 1 << 20;
  DiskFixture<LinuxDisk> fixture;
  auto file = *fixture.disk().create("a");
  REQUIRE(file->append(view_of(std::string(kSize, 'a'))));
  REQUIRE(file->sync());
  const std::string path = fixture.disk().name() + "/a";
  REQUIRE(pages_remembered(path, kSize) > 0);
  REQUIRE(fixture.disk().open("a"));
  CHECK(pages_remembered(path, kSize) > 0);
  REQUIRE(fixture.disk().open_fresh("a"));
  CHECK((pages_remembered(path, kSize) == 0 || lies_in_memory_alone(path)));
}

}  // namespace holdfast::test
