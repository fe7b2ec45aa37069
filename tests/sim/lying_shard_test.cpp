// SPDX-License-Identifier: Apache-2.0
// Shards that say they are of another pack than they are, seen from the door to stored data.
#include <catch2/catch.hpp>

#include "firmware/pool/shard.h"
#include "tests/sim/ready_box.h"

namespace holdfast::test {

namespace {

struct Place {
  sim::SimDisk* disk;
  std::string path;
  pool::ShardHeader header;
};

struct Site : ReadyBox {
  Site() {
    for (int i = 0; i < 20; ++i) {
      write("call" + std::to_string(i), std::string(900, static_cast<char>('a' + i)));
    }
    REQUIRE(backup());
  }

  std::vector<Place> shards() {
    std::vector<Place> places;
    for (const auto& disk : disks) {
      for (const ports::DirectoryEntry& folder : disk->list("packs").value()) {
        for (const ports::DirectoryEntry& file : disk->list("packs/" + folder.name).value()) {
          const std::string path = "packs/" + folder.name + "/" + file.name;
          const Bytes bytes = disk->contents(path).value();
          const auto header =
              pool::parse_shard_header(ByteView(bytes).first(pool::kShardFieldsSize));
          places.push_back({disk.get(), path, header.value()});
        }
      }
    }
    return places;
  }

  // Both copies of the header; the rest stays.
  static void rewrite(const Place& place, const pool::ShardHeader& header) {
    Bytes bytes = place.disk->contents(place.path).value();
    const auto fields = pool::encode(header);
    std::ranges::copy(fields, bytes.begin());
    std::ranges::copy(fields, bytes.end() - pool::kShardFieldsSize);
    place.disk->plant(place.path, bytes);
  }
};

}  // namespace

TEST_CASE("Everything comes back when shards carry the header of another pack of the same key") {
  const std::uint8_t indices = GENERATE(std::uint8_t{1}, std::uint8_t{2},
                                        std::uint8_t{32});  // how many shards of each pack lie
  Site site;
  const auto shards = site.shards();
  // Of the same kind, so that its reader is made with a header that does fit the key.
  const auto lie_for = [&](const pool::ShardHeader& header) {
    for (const Place& other : shards) {
      if (other.header.pack != header.pack &&
          other.header.pack_header[11] == header.pack_header[11]) {
        return other.header.pack_header;
      }
    }
    return header.pack_header;
  };
  std::size_t lies = 0;
  for (const Place& place : shards) {
    if (place.header.index >= indices) continue;
    pool::ShardHeader lie = place.header;
    lie.pack_header = lie_for(place.header);
    if (lie == place.header) continue;
    ++lies;
    Site::rewrite(place, lie);
  }
  REQUIRE(lies > 4);
  CHECK(*site.restore() == site.source());
  const auto report = site.backup();
  REQUIRE(report);
  CHECK(report->problems.count == 0);
  CHECK(*site.restore() == site.source());
}

TEST_CASE("Everything comes back when all shards carry a header that fits no key") {
  Site site;
  for (const Place& place : site.shards()) {
    pool::ShardHeader lie = place.header;
    lie.pack_header[50] ^= 1;
    Site::rewrite(place, lie);
  }
  CHECK(*site.restore() == site.source());
}

}  // namespace holdfast::test
