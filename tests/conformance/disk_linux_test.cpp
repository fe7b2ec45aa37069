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
  std::vector<unsigned char> pages((size + 4095) / 4096);
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

TEST_CASE("what the system does not forget is read past what it remembers", "[disk]") {
  constexpr std::size_t kSize = (1 << 22) + 777;
  DiskFixture<LinuxDisk> fixture;
  auto file = *fixture.disk().create("a");
  std::string written(kSize, 'a');
  for (std::size_t at = 0; at < kSize; at += 13) written[at] = static_cast<char>('b' + at % 23);
  REQUIRE(file->append(view_of(written)));
  REQUIRE(file->sync());
  const std::string path = fixture.disk().name() + "/a";
  // Another program has a little of it in its own memory.
  const linux::Descriptor other = linux::open_at(AT_FDCWD, path.c_str(), O_RDONLY);
  void* map = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED | MAP_POPULATE, other.number(), 0);
  REQUIRE(map != MAP_FAILED);
  const auto fresh = fixture.disk().open_fresh("a");
  REQUIRE(fresh);
  CHECK((*fresh)->size() == kSize);
  const std::size_t before = pages_remembered(path, kSize);
  REQUIRE(before > 0);
  Bytes read(kSize);
  REQUIRE((*fresh)->read_all(0, read));
  CHECK(is_equal(read, view_of(written)));
  CHECK((pages_remembered(path, kSize) == before || lies_in_memory_alone(path)));
  // Any piece, and no more than there is.
  for (const std::size_t at : {0U, 1U, 4095U, 4096U, 1U << 20, (1U << 20) + 5}) {
    Bytes piece(70'001);
    REQUIRE((*fresh)->read_all(at, piece));
    CHECK(is_equal(piece, ByteView(read).subspan(at, piece.size())));
  }
  Bytes rest(5000);
  CHECK((*fresh)->read(kSize - 1000, rest).value() == 1000);
  CHECK((*fresh)->read(kSize, rest).value() == 0);
  CHECK((*fresh)->read(kSize + 5000, rest).value() == 0);
  REQUIRE(::munmap(map, 4096) == 0);
}

}  // namespace holdfast::test
