// SPDX-License-Identifier: Apache-2.0
// A full tree with a delta laid over it is read as the tree that has all its items, and untrusted
// lists are refused.
#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "firmware/vault/delta.h"
#include "firmware/vault/tree_builder.h"
#include "firmware/vault/tree_cursor.h"
#include "firmware/vault/tree_splice.h"
#include "hal/base/path.h"

namespace holdfast::vault {

namespace {

constexpr std::uint64_t kDelta = 7;  // number of its snapshot

class Store final : public NodeSource, public NodeSink {
 public:
  Result<Bytes> read_node(const journal::ChunkReference& node) override {
    ++reads;
    const auto found = nodes.find(node.digest);
    if (found == nodes.end()) return make_error(ErrorCode::data_lost);
    return found->second;
  }
  Result<journal::DeltaLists> read_delta(std::uint64_t number) override {
    if (number != kDelta) return make_error(ErrorCode::not_found);
    return lists;
  }
  Result<journal::ChunkReference> write_node(ByteView plain) override {
    const journal::ChunkReference reference{sha256(plain), plain.size()};
    nodes[reference.digest] = Bytes(plain.begin(), plain.end());
    return reference;
  }

  std::map<Digest, Bytes> nodes;
  journal::DeltaLists lists;
  std::size_t reads = 0;
};

using Items = std::map<std::string, Item, PathLess>;

Item call(const std::string& path, std::uint64_t size = 100) {
  Item item;
  item.path = path;
  item.size = size;
  item.digest = sha256(view_of(path));
  item.chunks = {{item.digest, size}};
  return item;
}

Items calls(int count) {
  Items items;
  for (int i = 0; i < count; ++i) {
    const std::string path = std::to_string(i % 12) + "/" + std::to_string(i) + ".wav";
    items[path] = call(path);
  }
  return items;
}

std::optional<journal::Root> build(Store& store, const Items& items) {
  TreeBuilder builder(store, 512);
  for (const auto& [path, item] : items) REQUIRE(builder.add(item));
  const auto root = builder.finish();
  REQUIRE(root);
  return *root;
}

journal::DeltaLists lists_of(const Items& full, const Items& now) {
  DeltaWriter writer;
  for (const auto& [path, item] : now) {
    const auto former = full.find(path);
    if (former == full.end() || !(former->second == item)) writer.add(item);
  }
  for (const auto& [path, item] : full) {
    if (!now.contains(path)) writer.remove(path);
  }
  return writer.finish();
}

// The items of `now` as a delta over a full tree.
struct Laid {
  Laid(const Items& full_items, const Items& now_items) : full(full_items), now(now_items) {
    full_root = build(store, full);
    store.lists = lists_of(full, now);
  }
  Tree tree() const { return {full_root, kDelta}; }

  Items full;
  Items now;
  Store store;
  std::optional<journal::Root> full_root;
};

Items walk(TreeCursor& cursor) {
  Items found;
  std::string before;
  while (true) {
    const auto item = cursor.peek();
    REQUIRE(item);
    if (*item == nullptr) break;
    REQUIRE((before.empty() || compare_paths(before, (*item)->path) < 0));
    before = (*item)->path;
    found[before] = **item;
    cursor.advance();
  }
  CHECK(cursor.at_end());
  return found;
}

Items walk(Laid& laid) {
  TreeCursor cursor(laid.store, laid.tree());
  return walk(cursor);
}

std::vector<std::string> differences(Store& store, const Tree& a, const Tree& b) {
  TreeCursor before(store, a);
  TreeCursor after(store, b);
  std::vector<std::string> found;
  REQUIRE(compare_trees(before, after, [&](const Item* left, const Item* right) -> Result<void> {
    REQUIRE((left != nullptr || right != nullptr));
    const char* kind = left == nullptr ? "+" : right == nullptr ? "-" : "*";
    found.push_back(kind + (left != nullptr ? left->path : right->path));
    return {};
  }));
  return found;
}

// All that a reader may ask says the same as the tree of `now`.
void check_laid(Laid& laid) {
  CHECK(walk(laid) == laid.now);
  const Tree whole{build(laid.store, laid.now)};
  const Tree full{laid.full_root};
  CHECK(differences(laid.store, laid.tree(), whole).empty());
  CHECK(differences(laid.store, whole, laid.tree()).empty());
  CHECK(differences(laid.store, full, laid.tree()) == differences(laid.store, full, whole));
  CHECK(differences(laid.store, laid.tree(), full) == differences(laid.store, whole, full));
}

void check_seek(Laid& laid, const std::string& path) {
  CAPTURE(path);
  TreeCursor cursor(laid.store, laid.tree());
  REQUIRE(cursor.seek(path));
  const auto due = laid.now.lower_bound(path);
  const bool has_some = due != laid.now.end() && is_within(due->first, path);
  CHECK_FALSE((has_some && cursor.stands_behind(path)));
  const auto item = cursor.peek();
  REQUIRE(item);
  if (due == laid.now.end()) {
    CHECK(*item == nullptr);
    return;
  }
  REQUIRE(*item != nullptr);
  CHECK(**item == due->second);
  cursor.advance();
  CHECK(walk(cursor) == Items(std::next(due), laid.now.end()));
}

}  // namespace

TEST_CASE("A change stands wherever it falls") {
  const Items full = calls(300);
  Items now = full;
  SECTION("nothing differs") {}
  SECTION("an item before the first") {
    now["!"] = call("!");
  }
  SECTION("an item after the last") {
    now["zz"] = call("zz");
  }
  SECTION("the first item replaced") {
    now.begin()->second.size += 1;
    now.begin()->second.chunks.front().length += 1;
  }
  SECTION("the last item removed") {
    now.erase(std::prev(now.end()));
  }
  SECTION("the first item removed") {
    now.erase(now.begin());
  }
  SECTION("all of a folder removed") {
    std::erase_if(now, [](const auto& item) { return is_within(item.first, "5"); });
  }
  SECTION("all removed") {
    now.clear();
  }
  SECTION("several in one place, and one gone") {
    now["5/5.a"] = call("5/5.a");
    now["5/5.b"] = call("5/5.b");
    now.erase("5/5.wav");
    now["6/6.wav"].gone_since = Timestamp{12345};
  }
  Laid laid(full, now);
  check_laid(laid);
  for (const char* path :
       {"", "!", "0", "0/0.wav", "5", "5/5.a", "5/5.wav", "6/zzz", "zz", "zzz"}) {
    check_seek(laid, path);
  }
}

TEST_CASE("A delta may stand on an empty tree") {
  Laid laid({}, calls(20));
  CHECK_FALSE(laid.full_root);
  check_laid(laid);
}

TEST_CASE("Any two lists of items are told apart by a delta") {
  std::mt19937 random(11);
  const auto chance = [&](unsigned one_in) { return random() % one_in == 0; };
  for (int round = 0; round < 60; ++round) {
    CAPTURE(round);
    const unsigned one_in = round % 2 == 0 ? 60 : 3;
    Items full;
    Items now;
    for (auto& [path, item] : calls(200)) {
      if (!chance(one_in)) full[path] = item;
      if (!chance(one_in)) now[path] = chance(one_in) ? call(path, 7) : item;
    }
    Laid laid(full, now);
    check_laid(laid);
    for (int i = 0; i < 10; ++i) {
      check_seek(laid, std::to_string(random() % 13) + "/" + std::to_string(random() % 200));
    }
    const std::size_t steps = random() % (now.size() + 1);
    TreeCursor cursor(laid.store, laid.tree());
    REQUIRE(cursor.skip(steps));
    const auto from = std::next(now.begin(), static_cast<std::ptrdiff_t>(steps));
    CHECK(walk(cursor) == Items(from, now.end()));
  }
}

TEST_CASE("Comparing a delta with its full tree, and seeking in it, read the nodes of the change") {
  const Items full = calls(2000);
  Items now = full;
  now["5/new.wav"] = call("5/new.wav");
  Laid laid(full, now);
  const std::size_t levels = std::size_t{laid.full_root->level} + 1;
  laid.store.reads = 0;
  CHECK(differences(laid.store, {laid.full_root}, laid.tree()) ==
        std::vector<std::string>{"+5/new.wav"});
  CHECK(laid.store.reads <= 6 * levels);
  laid.store.reads = 0;
  TreeCursor cursor(laid.store, laid.tree());
  REQUIRE(cursor.seek("9/99.wav"));
  CHECK(laid.store.reads <= 2 * levels);
}

TEST_CASE("Of a lost node of the full tree what is laid over it stays") {
  const Items full = calls(300);
  Items now = full;
  now["!"] = call("!");
  now["5/5.wav"].size += 1;
  now["5/5.wav"].chunks.front().length += 1;
  now["5/5.x"] = call("5/5.x");
  now.erase("5/53.wav");
  now["zz"] = call("zz");
  Laid laid(full, now);
  // The leaf with what was replaced.
  TreeCursor way(laid.store, {laid.full_root});
  journal::ChunkReference lost_node;
  std::uint64_t lost_items = 0;
  while (const IndexEntry* subtree = way.unentered()) {
    lost_node = subtree->node;
    lost_items = subtree->items;
    REQUIRE(way.enter());
    while (way.unentered() != nullptr) {
      TreeCursor next = way;
      next.skip_unentered();
      if (next.unentered() == nullptr) break;
      if (compare_paths(next.unentered()->first_path, "5/5.wav") > 0) break;
      way.skip_unentered();
    }
  }
  Items expected = now;
  for (std::uint64_t i = 0; i < lost_items; ++i) {
    const Item item = **way.peek();
    if (now.contains(item.path) && now.at(item.path) == item) expected.erase(item.path);
    way.advance();
  }
  REQUIRE(expected.size() < now.size());
  REQUIRE(laid.store.nodes.erase(lost_node.digest) == 1);

  std::vector<std::uint64_t> told;
  TreeCursor cursor(laid.store, laid.tree(),
                    [&](const IndexEntry& subtree) { told.push_back(subtree.items); });
  CHECK(walk(cursor) == expected);
  CHECK(told == std::vector<std::uint64_t>{lost_items});
  TreeCursor strict(laid.store, laid.tree());
  REQUIRE_FALSE(strict.skip(now.size()));
}

TEST_CASE("A path that is removed and never was there means nothing") {
  const Items full = calls(30);
  for (const char* path : {"!", "3/3.x", "zz"}) {
    Laid laid(full, full);
    DeltaWriter writer;
    writer.remove(path);
    laid.store.lists = writer.finish();
    check_laid(laid);
  }
}

TEST_CASE(
    "Where the last items were removed nothing is skipped, spliced or taken over behind them") {
  Items now = calls(300);
  const Items full = now;
  while (now.size() > 290) now.erase(std::prev(now.end()));
  Laid laid(full, now);
  TreeCursor skipping(laid.store, laid.tree());
  REQUIRE(skipping.skip(now.size() + 1));
  CHECK(skipping.at_end());
  const auto taken_over = [&](const auto& take) {
    TreeBuilder builder(laid.store, 512);
    TreeCursor cursor(laid.store, laid.tree());
    REQUIRE(take(builder, cursor));
    const auto root = builder.finish();
    REQUIRE(root);
    TreeCursor made(laid.store, Tree{*root});
    return walk(made);
  };
  CHECK(taken_over([](auto& builder, auto& cursor) { return append_rest(builder, cursor); }) ==
        now);
  CHECK(taken_over([](auto& builder, auto& cursor) {
          return append_until(builder, cursor, "zzz");
        }) == now);
}

TEST_CASE("A delta that cannot be read ends the walk") {
  Laid laid(calls(3), calls(4));
  TreeCursor unknown(laid.store, {laid.full_root, kDelta + 1}, [](const IndexEntry&) {});
  CHECK_FALSE(unknown.at_end());
  CHECK(unknown.peek().error().code == ErrorCode::not_found);
  CHECK(unknown.seek("0").error().code == ErrorCode::not_found);
  laid.store.lists.items.pop_back();
  TreeCursor broken(laid.store, laid.tree(), [](const IndexEntry&) {});
  CHECK_FALSE(broken.peek());
}

TEST_CASE("Lists of a delta that no writer makes are refused") {
  const auto refused = [](const journal::DeltaLists& lists) { return !parse_delta(lists); };
  DeltaWriter writer;
  writer.add(call("a"));
  writer.add(call("c"));
  writer.remove("b");
  writer.remove("b/x");
  CHECK(writer.records() == 4);
  const journal::DeltaLists good = writer.finish();
  CHECK(writer.records() == 0);
  const auto changes = parse_delta(good);
  REQUIRE(changes);
  REQUIRE(changes->size() == 4);
  CHECK((*changes)[0].item == call("a"));
  CHECK((*changes)[1].is_removed);
  CHECK((*changes)[2].item.path == "b/x");
  CHECK(parse_delta({})->empty());

  for (std::size_t size = 1; size < good.items.size(); ++size) {
    CHECK(refused({Bytes(good.items.begin(), good.items.begin() + static_cast<int>(size)), {}}));
  }
  for (std::size_t size = 1; size < good.removed.size(); ++size) {
    CHECK(
        refused({{}, Bytes(good.removed.begin(), good.removed.begin() + static_cast<int>(size))}));
  }
  const auto removed = [](std::initializer_list<const char*> paths) {
    DeltaWriter list;
    for (const char* path : paths) list.remove(path);
    return list.finish();
  };
  CHECK(refused({good.items, removed({"c"}).removed}));  // in both lists
  CHECK(refused(removed({"b", "a"})));
  CHECK(refused(removed({"a", "a"})));
  CHECK(refused(removed({"../a"})));
  Bytes more = good.removed;
  more.push_back(0);
  CHECK(refused({{}, more}));
  CHECK(refused({{}, Bytes{0}}));
  // A path that ends in the middle, with more of them announced.
  for (std::size_t offset = 1; offset < good.removed.size(); ++offset) {
    Bytes broken = removed({"b", "c", "d", "e"}).removed;
    if (offset >= broken.size()) break;
    broken[offset] = 0xff;
    CHECK(refused({{}, broken}));
  }
  CHECK(refused({Bytes(kNodeSizeMax + 1), {}}));
  CHECK(refused({{}, Bytes{0xff, 0xff, 0xff, 0xff, 0x0f}}));
  NodeWriter index(ListKind::items, 1);
  index.add(IndexEntry{"a", {sha256(view_of("a")), 10}, 1, 1});
  CHECK(refused({index.finish(), {}}));
}

TEST_CASE("A few bytes that stand for very many long paths are refused") {
  Bytes bytes;
  ByteWriter out(bytes);
  constexpr std::uint64_t kCount = 2000;
  out.varint(kCount);
  std::string path(60'000, 'x');
  out.varint(0);
  out.text(path);
  for (std::uint64_t i = 1; i < kCount; ++i) {
    out.varint(path.size() - 1 + i);
    out.text("y");
  }
  CHECK_FALSE(parse_delta({{}, bytes}));
}

}  // namespace holdfast::vault
