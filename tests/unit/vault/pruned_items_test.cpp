// SPDX-License-Identifier: Apache-2.0
// What a prune's entry says of items.
#include "firmware/vault/pruned_items.h"

#include <catch2/catch.hpp>
#include <set>

namespace holdfast::vault {

namespace {

constexpr std::uint8_t kEnded = 10;

catalog::PrunedItem item_of(const std::string& path, std::uint8_t byte) {
  catalog::PrunedItem item{path, {}, kEnded, Timestamp{byte}};
  item.identity.bytes.fill(byte);
  return item;
}

Bytes list_of(const std::vector<catalog::PrunedItem>& items) {
  PrunedItemsWriter writer;
  for (const auto& item : items) writer.add(item);
  return writer.finish();
}

bool is_taken(const std::vector<catalog::PrunedItem>& items) {
  return parse_pruned_items(list_of(items)).has_value();
}

Item of_type(ports::FileType type) {
  Item item;
  item.path = "a/b";
  item.type = type;
  return item;
}

}  // namespace

TEST_CASE("Pruned items come back, and whatever is cut off is seen") {
  const Bytes bytes = list_of({item_of("calls/1.wav", 1), item_of("calls/2.wav", 2)});
  const auto back = parse_pruned_items(bytes).value();
  REQUIRE(back.size() == 2);
  CHECK(back[1].path == "calls/2.wav");
  CHECK(back[1].identity == item_of("", 2).identity);
  CHECK(back[1].reason == kEnded);
  CHECK(back[1].until.ns == 2);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    REQUIRE(parse_pruned_items(ByteView(bytes).first(size)).error().code == ErrorCode::damaged);
  }
  Bytes longer = bytes;
  longer.push_back(0);
  CHECK_FALSE(parse_pruned_items(longer));
}

TEST_CASE("Paths of pruned items rise and are safe, and reasons are those by which items go") {
  CHECK(is_taken({item_of("a", 1), item_of("b", 1)}));
  CHECK_FALSE(is_taken({item_of("b", 1), item_of("a", 1)}));
  CHECK_FALSE(is_taken({item_of("a", 1), item_of("a", 2)}));
  CHECK_FALSE(is_taken({item_of("../a", 1)}));
  CHECK_FALSE(is_taken({item_of("/a", 1)}));
  catalog::PrunedItem held = item_of("a", 1);
  held.reason = 1;
  CHECK_FALSE(is_taken({held}));
}

TEST_CASE("The size of a list is known before an item is added") {
  PrunedItemsWriter writer;
  CHECK(writer.empty());
  for (const std::string& path : {std::string("a"), "a" + std::string(60'000, 'b')}) {
    const std::size_t bound = writer.size_with(path);
    writer.add(item_of(path, 1));
    PrunedItemsWriter copy = writer;
    CHECK(copy.finish().size() <= bound);
  }
  CHECK_FALSE(writer.empty());
}

TEST_CASE("What an item is tells items without content apart, and not who owns it since when") {
  using ports::FileType;
  std::set<Digest> seen;
  std::vector<Item> items;
  const auto see = [&](const Item& item) {
    seen.insert(identity_of(item));
    items.push_back(item);
  };
  for (const FileType type : {FileType::regular, FileType::directory, FileType::fifo,
                              FileType::socket, FileType::char_device, FileType::block_device}) {
    see(of_type(type));
  }
  Item link = of_type(FileType::symlink);
  for (const char* target : {"x", "y"}) {
    link.link_target = target;
    see(link);
  }
  Item device = of_type(FileType::char_device);
  device.device_major = 1;
  see(device);
  device.device_minor = 1;
  see(device);
  Item file = of_type(FileType::regular);
  file.size = 4096;  // could never be read
  see(file);
  file.data_runs = {{4096, 0}};  // a hole
  see(file);
  file.digest.bytes[0] = 1;
  see(file);
  CHECK(seen.size() == items.size());
  // What is of another type than the item's tells nothing.
  items.push_back(of_type(FileType::fifo));
  items.back().size = 7;
  for (const Item& one : items) {
    for (const Item& other : items) {
      CHECK(is_same_content(one, other) == (identity_of(one) == identity_of(other)));
    }
  }

  const Digest before = identity_of(file);
  file.mode = 0600;
  file.uid = 7;
  file.mtime_ns = 12;
  file.inode = 5;
  file.gone_since = Timestamp{9};
  file.flags = kItemChanging;
  file.path = "c";
  CHECK(identity_of(file) == before);
}

}  // namespace holdfast::vault
