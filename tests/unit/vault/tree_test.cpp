// SPDX-License-Identifier: Apache-2.0
// Trees of items: equal lists make equal trees, a difference costs its difference, and untrusted
// nodes are refused.
#include <catch2/catch.hpp>
#include <map>

#include "firmware/vault/tree_builder.h"
#include "firmware/vault/tree_cursor.h"
#include "hal/base/path.h"

namespace holdfast::vault {

namespace {

constexpr std::size_t kTinyNode = 512;

class MemoryNodes final : public NodeSource, public NodeSink {
 public:
  Result<Bytes> read_node(const journal::ChunkReference& node) override {
    ++reads;
    const auto found = nodes_.find(node.digest);
    if (found == nodes_.end()) return make_error(ErrorCode::data_lost);
    return found->second;
  }
  Result<journal::DeltaLists> read_delta(std::uint64_t /*number*/) override {
    return make_error(ErrorCode::not_found);
  }
  Result<journal::ChunkReference> write_node(ByteView plain) override {
    const journal::ChunkReference reference{sha256(plain), plain.size()};
    nodes_[reference.digest] = Bytes(plain.begin(), plain.end());
    return reference;
  }
  std::size_t count() const { return nodes_.size(); }

  std::size_t reads = 0;

 private:
  std::map<Digest, Bytes> nodes_;
};

Item call(const std::string& path, std::uint64_t size = 100) {
  Item item;
  item.path = path;
  item.size = size;
  item.mode = 0644;
  item.digest = sha256(view_of(path));
  item.chunks = {{item.digest, size}};
  return item;
}

using Items = std::map<std::string, Item, PathLess>;

Items thousand_calls() {
  Items items;
  for (int i = 0; i < 1000; ++i) {
    const std::string path = std::to_string(i % 12) + "/" + std::to_string(i) + ".wav";
    items[path] = call(path);
  }
  return items;
}

std::optional<journal::Root> build(MemoryNodes& nodes, const Items& items) {
  TreeBuilder builder(nodes, kTinyNode);
  for (const auto& [path, item] : items) REQUIRE(builder.add(item));
  const auto root = builder.finish();
  REQUIRE(root);
  return *root;
}

std::vector<std::string> differences(MemoryNodes& nodes, const std::optional<journal::Root>& a,
                                     const std::optional<journal::Root>& b) {
  TreeCursor before(nodes, Tree{a});
  TreeCursor after(nodes, Tree{b});
  std::vector<std::string> found;
  REQUIRE(compare_trees(before, after, [&](const Item* left, const Item* right) -> Result<void> {
    found.push_back((left == nullptr    ? "+"
                     : right == nullptr ? "-"
                                        : "*") +
                    (left != nullptr ? left->path : right->path));
    return {};
  }));
  return found;
}

}  // namespace

// The first leaf's path is the first of every node at the left edge: where it ends one, it must not
// end them all.
TEST_CASE("A tree may begin with any path") {
  for (int name = 0; name < 200; ++name) {
    const std::string source = "source" + std::to_string(name);
    CAPTURE(source);
    MemoryNodes nodes;
    Items items;
    items[source] = call(source);
    for (int i = 0; i < 30; ++i) {
      const std::string path = source + "/" + std::to_string(i);
      items[path] = call(path);
    }
    const auto root = build(nodes, items);
    CHECK(root->items == items.size());
    CHECK(root->level < 10);
  }
}

TEST_CASE("A path longer than a node is one record of each") {
  MemoryNodes nodes;
  Items items;
  for (const char* name : {"a", "b", "c"}) {
    const std::string path = name + std::string(5 * kTinyNode, 'x');
    items[path] = call(path);
  }
  CHECK(build(nodes, items)->items == 3);
}

TEST_CASE("A walk gives back every item in order") {
  MemoryNodes nodes;
  const Items items = thousand_calls();
  const auto root = build(nodes, items);
  CHECK(root->items == 1000);
  CHECK(root->level >= 2);
  TreeCursor cursor(nodes, Tree{root});
  for (const auto& [path, item] : items) {
    const auto here = cursor.peek();
    REQUIRE(here);
    REQUIRE(*here != nullptr);
    CHECK(**here == item);
    cursor.advance();
  }
  CHECK(*cursor.peek() == nullptr);
}

TEST_CASE("No items make no tree and one item makes one leaf") {
  MemoryNodes nodes;
  CHECK_FALSE(build(nodes, {}).has_value());
  const auto root = build(nodes, {{"a", call("a")}});
  REQUIRE(root);
  CHECK(root->level == 0);
  CHECK(nodes.count() == 1);
}

TEST_CASE("A tree does not remember how its list came about") {
  MemoryNodes nodes;
  Items items = thousand_calls();
  const auto whole = build(nodes, items);
  const Item removed = items.at("3/303.wav");
  items.erase("3/303.wav");
  CHECK_FALSE(build(nodes, items) == whole);
  items["3/303.wav"] = removed;
  CHECK(build(nodes, items) == whole);
}

TEST_CASE("One new item rewrites a leaf and its ancestors only") {
  MemoryNodes nodes;
  Items items = thousand_calls();
  const auto before = build(nodes, items);
  const std::size_t nodes_before = nodes.count();
  items["5/new.wav"] = call("5/new.wav");
  const auto after = build(nodes, items);
  CHECK(nodes.count() - nodes_before <= 2 * (std::size_t{after->level} + 1));
  nodes.reads = 0;
  CHECK(differences(nodes, before, after) == std::vector<std::string>{"+5/new.wav"});
  CHECK(nodes.reads <= 6 * (std::size_t{after->level} + 1));
}

TEST_CASE("A comparison names what was added, removed and changed") {
  MemoryNodes nodes;
  Items items = thousand_calls();
  const auto before = build(nodes, items);
  items.erase("0/0.wav");
  items["7/7.wav"].size += 1;
  items["7/7.wav"].chunks.front().length += 1;
  items["zz"] = call("zz");
  const auto after = build(nodes, items);
  CHECK(differences(nodes, before, after) ==
        std::vector<std::string>{"-0/0.wav", "*7/7.wav", "+zz"});
  CHECK(differences(nodes, before, before).empty());
  CHECK(differences(nodes, std::nullopt, after).size() == 1000);
}

TEST_CASE("Seeking reads one path down and finds the first item not below") {
  MemoryNodes nodes;
  const auto root = build(nodes, thousand_calls());
  TreeCursor cursor(nodes, Tree{root});
  nodes.reads = 0;
  REQUIRE(cursor.seek("6/606.wav"));
  CHECK((*cursor.peek())->path == "6/606.wav");
  CHECK(nodes.reads <= 2 * (std::size_t{root->level} + 1));
  REQUIRE(cursor.seek("6/zzz"));
  CHECK((*cursor.peek())->path == "7/103.wav");
  REQUIRE(cursor.seek("zzz"));
  CHECK(*cursor.peek() == nullptr);
}

TEST_CASE("Every kind of item survives its node") {
  Item item = call("a");
  SECTION("several chunks") {
    item.size = 12;
    item.chunks = {{sha256(view_of("x")), 8}, {sha256(view_of("y")), 4}};
  }
  SECTION("a sparse file") {
    item.size = 1000;
    item.chunks = {{item.digest, 5}};
    item.data_runs = {{100, 3}, {990, 2}};
  }
  SECTION("a symlink") {
    item.type = ports::FileType::symlink;
    item.chunks.clear();
    item.digest = {};
    item.link_target = "../elsewhere";
  }
  SECTION("a device") {
    item.type = ports::FileType::block_device;
    item.chunks.clear();
    item.digest = {};
    item.device_major = 8;
    item.device_minor = 1;
  }
  SECTION("a terminal") {
    item.type = ports::FileType::char_device;
    item.chunks.clear();
    item.digest = {};
    item.device_major = 5;
  }
  SECTION("attributes, links, gone, marks") {
    item.attributes = {{"user.a", {1, 2, 3}}, {"user.b", {}}};
    item.links = 3;
    item.gone_since = Timestamp{12345};
    item.flags = kItemChanging | kItemUnreadable;
  }
  SECTION("never readable") {
    item.flags = kItemUnreadable | kItemNoContent;
    item.chunks.clear();
    item.digest = {};
  }
  NodeWriter writer(ListKind::items, 0);
  writer.add(item);
  const Bytes bytes = writer.finish();
  const auto node = parse_node(bytes, ListKind::items);
  REQUIRE(node);
  REQUIRE(node->items.size() == 1);
  CHECK(node->items.front() == item);
}

TEST_CASE("A node that is read over another one has nothing of that") {
  Item full = call("a", 1000);
  full.chunks = {{sha256(view_of("x")), 3}, {sha256(view_of("y")), 2}};
  full.data_runs = {{100, 3}, {990, 2}};
  full.attributes = {{"user.a", {1, 2, 3}}};
  full.links = 3;
  full.gone_since = Timestamp{12345};
  full.flags = kItemChanging;
  Item link = call("b");
  link.type = ports::FileType::symlink;
  link.chunks.clear();
  link.digest = {};
  link.link_target = "../elsewhere";
  Item device = link;
  device.path = "c";
  device.type = ports::FileType::block_device;
  device.link_target.clear();
  device.device_major = 8;
  Item empty = call("d", 0);
  empty.chunks.clear();
  empty.digest = {};
  const std::vector<std::vector<Item>> leaves{
      {full, link, device, empty},
      {call("a"), call("b"), call("c"), call("d"), call("e")},
      {call("a/b")},
      {empty, call("e")},
      {full, link, device, empty}};
  Node over;
  for (const std::vector<Item>& items : leaves) {
    NodeWriter writer(ListKind::items, 0);
    for (const Item& item : items) writer.add(item);
    const auto records = parse_node(writer.finish(), ListKind::items, over);
    REQUIRE(records);
    REQUIRE(*records == items.size());
    for (std::size_t i = 0; i < items.size(); ++i) CHECK(over.items[i] == items[i]);
  }
}

TEST_CASE("Who watches a walk is told of every node, also of one that is lost") {
  MemoryNodes nodes;
  const auto root = build(nodes, thousand_calls());
  std::vector<Digest> entered;
  const auto watch = [&](const IndexEntry& subtree) { entered.push_back(subtree.node.digest); };
  TreeCursor cursor(nodes, Tree{root});
  cursor.watch(watch);
  while (*cursor.peek() != nullptr) cursor.advance();
  CHECK(entered.size() == nodes.count());
  CHECK(entered.front() == root->node.digest);

  MemoryNodes none;
  std::size_t lost = 0;
  TreeCursor nowhere(none, Tree{root}, [&](const IndexEntry& /*subtree*/) { ++lost; });
  entered.clear();
  nowhere.watch(watch);
  CHECK(*nowhere.peek() == nullptr);
  CHECK(lost == 1);
  CHECK(entered.size() == 1);
}

TEST_CASE("A cut or altered node is refused or read as another valid one, never worse") {
  NodeWriter writer(ListKind::items, 0);
  for (const char* path : {"a", "a/b", "c"}) writer.add(call(path));
  Item sparse = call("d", 1000);
  sparse.chunks = {{sha256(view_of("x")), 3}, {sha256(view_of("y")), 2}};
  sparse.data_runs = {{100, 3}, {990, 2}};
  sparse.attributes = {{"user.a", {1, 2, 3}}, {"user.b", {}}};
  writer.add(sparse);
  const Bytes good = writer.finish();
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK_FALSE(parse_node(ByteView(good).first(size), ListKind::items));
  }
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Bytes bad = good;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1U << (bit % 8)));
    const auto node = parse_node(bad, ListKind::items);
    if (!node) continue;
    for (const Item& item : node->items) CHECK(is_safe_relative_path(item.path));
  }
}

TEST_CASE("A path that would leave the target never comes out of a node") {
  for (const char* path : {"..", "a/../b", "/etc/passwd", "a//b", "."}) {
    NodeWriter writer(ListKind::items, 0);
    writer.add(call(path));
    const Bytes bytes = writer.finish();
    CHECK_FALSE(parse_node(bytes, ListKind::items));
  }
}

TEST_CASE("An item that cannot be is refused, although its node is well formed") {
  Item item = call("a", 100);
  SECTION("a run of data behind its end") {
    item.data_runs = {{50, 10}, {101, 1}};
  }
  SECTION("a run of data over its end") {
    item.data_runs = {{50, 51}};
  }
  SECTION("content longer than itself") {
    item.chunks = {{sha256(view_of("x")), 60}, {sha256(view_of("y")), 41}};
  }
  SECTION("a chunk without bytes") {
    item.chunks = {{sha256(view_of("x")), 100}, {sha256(view_of("y")), 0}};
  }
  SECTION("more chunks than any item") {
    item.size = kItemChunksMax + 1;
    item.chunks.assign(kItemChunksMax + 1, {sha256(view_of("x")), 1});
  }
  SECTION("more attributes than a file has") {
    item.attributes.assign(70'000, {"", {}});
  }
  SECTION("a path that is too long") {
    item.path = std::string(70'000, 'x');
  }
  SECTION("bits of the mode that are none") {
    item.mode = 010000;
  }
  NodeWriter writer(ListKind::items, 0);
  writer.add(item);
  CHECK(parse_node(writer.finish(), ListKind::items).error().code == ErrorCode::damaged);
}

TEST_CASE("A node's header and its children's lengths are held against what may be") {
  NodeWriter writer(ListKind::items, 1);
  IndexEntry child{"a", {sha256(view_of("x")), kNodeSizeMax}, 1, 1};
  writer.add(child);
  const Bytes good = writer.finish();
  CHECK(parse_node(good, ListKind::items));
  CHECK_FALSE(parse_node(good, ListKind::bindings));
  child.node.length += 1;
  writer.add(child);
  CHECK_FALSE(parse_node(writer.finish(), ListKind::items));

  const auto with = [&](std::size_t offset, std::uint8_t value) {
    Bytes bytes = good;
    bytes[offset] = value;
    return parse_node(bytes, ListKind::items).has_value();
  };
  CHECK_FALSE(with(0, 'X'));
  CHECK_FALSE(with(8, 0));      // records: none
  CHECK_FALSE(with(8, 2));      // one more than there are
  CHECK_FALSE(with(11, 0xff));  // more than any memory holds
  CHECK_FALSE(with(12, 1));     // the path begins like one that is not there
}

TEST_CASE("Items out of order are refused") {
  MemoryNodes nodes;
  TreeBuilder builder(nodes);
  REQUIRE(builder.add(call("b")));
  CHECK_FALSE(builder.add(call("a")));
  CHECK_FALSE(builder.add(call("b")));
}

TEST_CASE("Subtrees out of order are refused") {
  MemoryNodes nodes;
  TreeBuilder builder(nodes);
  const auto subtree = [](const char* path) {
    return IndexEntry{path, {sha256(view_of(std::string_view(path))), 10}, 1, 1};
  };
  REQUIRE(builder.add_subtree(subtree("b"), 0));
  CHECK_FALSE(builder.add_subtree(subtree("a"), 0));
  CHECK_FALSE(builder.add_subtree(subtree("b"), 0));
  CHECK(builder.add_subtree(subtree("c"), 0));
}

TEST_CASE("An item that no node has room for is refused, by its path") {
  MemoryNodes nodes;
  TreeBuilder builder(nodes, kTinyNode);
  Item item = call("a");
  item.attributes = {{"user.a", Bytes(kNodeSizeMax + 1)}};
  const auto added = builder.add(item);
  const auto root = added ? builder.finish() : added.error();
  REQUIRE_FALSE(root);
  CHECK(root.error().code == ErrorCode::limit_exceeded);
  CHECK(root.error().where == "a");
  CHECK(nodes.count() == 0);
}

// An index may lie of what it names: the same bytes are not the same tree then.
TEST_CASE("Trees that agree in a node and not in its level are not called equal") {
  MemoryNodes nodes;
  const auto root = build(nodes, {{"a", call("a")}});
  REQUIRE(root);
  journal::Root higher = *root;
  higher.level = static_cast<std::uint8_t>(root->level + 1);
  TreeCursor before(nodes, Tree{root});
  TreeCursor after(nodes, Tree{higher});
  const auto compared =
      compare_trees(before, after, [](const Item*, const Item*) { return Result<void>(); });
  REQUIRE_FALSE(compared);
  CHECK(compared.error().code == ErrorCode::damaged);
}

TEST_CASE("Whoever skips more than there is stands at the end") {
  MemoryNodes nodes;
  const Items items = thousand_calls();
  const auto root = build(nodes, items);
  for (const std::uint64_t count : {items.size(), items.size() + 1, items.size() * 2}) {
    TreeCursor cursor(nodes, Tree{root});
    REQUIRE(cursor.skip(count));
    CHECK(cursor.at_end());
    CHECK(*cursor.peek() == nullptr);
  }
}

}  // namespace holdfast::vault
