// SPDX-License-Identifier: Apache-2.0
// A tree whose end is taken over from another one is the very tree that its list makes, and costs
// a few nodes.
#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "firmware/vault/tree_splice.h"
#include "hal/base/path.h"

namespace holdfast::vault {

namespace {

class CountedNodes final : public NodeSource, public NodeSink {
 public:
  Result<Bytes> read_node(const journal::ChunkReference& node) override {
    ++reads;
    return nodes_.at(node.digest);
  }
  Result<journal::DeltaLists> read_delta(std::uint64_t /*number*/) override {
    return make_error(ErrorCode::not_found);
  }
  Result<journal::ChunkReference> write_node(ByteView plain) override {
    const journal::ChunkReference reference{sha256(plain), plain.size()};
    nodes_[reference.digest] = Bytes(plain.begin(), plain.end());
    ++writes;
    return reference;
  }
  std::size_t reads = 0;
  std::size_t writes = 0;

 private:
  std::map<Digest, Bytes> nodes_;
};

using Items = std::map<std::string, Item, PathLess>;

Items calls(int count, std::uint64_t size = 100) {
  Items items;
  for (int i = 0; i < count; ++i) {
    Item item;
    item.path = std::to_string(i % 12) + "/" + std::to_string(i) + ".wav";
    item.size = size;
    item.digest = sha256(view_of(item.path));
    item.chunks = {{item.digest, size}};
    items[item.path] = item;
  }
  return items;
}

std::optional<journal::Root> build(NodeSink& nodes, const Items& items) {
  TreeBuilder builder(nodes, 512);
  for (const auto& [path, item] : items) REQUIRE(builder.add(item));
  const auto root = builder.finish();
  REQUIRE(root);
  return *root;
}

// The first `kept` items of `now`, then all that `former` has behind them.
struct Spliced {
  std::optional<journal::Root> root;
  Items items;
};
Spliced splice(CountedNodes& nodes, const Items& now, std::size_t kept, const Items& former,
               const std::optional<journal::Root>& former_root) {
  Spliced spliced;
  TreeBuilder builder(nodes, 512);
  std::string last;
  for (const auto& [path, item] : now) {
    if (kept-- == 0) break;
    REQUIRE(builder.add(item));
    spliced.items[path] = item;
    last = path;
  }
  const auto rest = last.empty() ? former.begin() : former.upper_bound(last);
  TreeCursor cursor(nodes, Tree{former_root});
  nodes.reads = 0;
  nodes.writes = 0;
  REQUIRE(cursor.skip(static_cast<std::uint64_t>(std::distance(former.begin(), rest))));
  REQUIRE(append_rest(builder, cursor));
  const auto root = builder.finish();
  REQUIRE(root);
  spliced.root = *root;
  spliced.items.insert(rest, former.end());
  return spliced;
}

}  // namespace

TEST_CASE("Wherever the rest is taken over from, the tree is the one that the list makes") {
  CountedNodes nodes;
  for (const int size : {1, 4, 40, 300}) {
    const Items former = calls(size);
    const auto former_root = build(nodes, former);
    const Items now = calls(size + size / 4, 200);
    for (std::size_t kept = 0; kept <= now.size(); ++kept) {
      CAPTURE(size, kept);
      const Spliced spliced = splice(nodes, now, kept, former, former_root);
      CHECK(spliced.root == build(nodes, spliced.items));
    }
  }
}

TEST_CASE("A rest that begins behind removed items makes the list's tree too") {
  CountedNodes nodes;
  const Items former = calls(60);
  const auto former_root = build(nodes, former);
  for (std::size_t removed = 0; removed <= former.size(); ++removed) {
    CAPTURE(removed);
    TreeBuilder builder(nodes, 512);
    TreeCursor cursor(nodes, Tree{former_root});
    REQUIRE(cursor.skip(removed));
    REQUIRE(append_rest(builder, cursor));
    const auto root = builder.finish();
    REQUIRE(root);
    Items left = former;
    left.erase(left.begin(), std::next(left.begin(), static_cast<std::ptrdiff_t>(removed)));
    CHECK(*root == build(nodes, left));
  }
}

TEST_CASE("Taking over a rest reads and writes a few nodes, however long it is") {
  CountedNodes nodes;
  const Items former = calls(20'000);
  const auto former_root = build(nodes, former);
  const Items now = calls(20'000, 200);
  const Spliced spliced = splice(nodes, now, 100, former, former_root);
  CHECK(spliced.items.size() == 20'000);
  CHECK(spliced.root->items == 20'000);
  CHECK(nodes.reads < 100);
  CHECK(nodes.writes < 100);
}

TEST_CASE("Changes laid into a tree make the very tree of the changed list") {
  CountedNodes nodes;
  std::mt19937 random(7);
  for (int world = 0; world < 300; ++world) {
    Items items = calls(static_cast<int>(random() % 400));
    const auto root = build(nodes, items);
    TreeChanges changes;
    for (auto count = random() % 12; count > 0; --count) {
      const std::string path =
          std::to_string(random() % 14) + "/" + std::to_string(random() % 420) + ".wav";
      Item item;
      item.path = path;
      item.size = random() % 3 * 100;
      item.digest = sha256(view_of(path));
      item.chunks = {{item.digest, item.size}};
      const bool is_removed = random() % 3 == 0;
      changes[path] = is_removed ? std::nullopt : std::optional(item);
      items.erase(path);
      if (!is_removed) items[path] = item;
    }
    CAPTURE(world);
    const auto spliced = splice(nodes, nodes, root, changes, 512);
    REQUIRE(spliced);
    CHECK(*spliced == build(nodes, items));
  }
}

TEST_CASE("One change in a large tree reads and writes a few nodes") {
  CountedNodes nodes;
  Items items = calls(20'000);
  const auto root = build(nodes, items);
  nodes.reads = nodes.writes = 0;
  Item item = items.begin()->second;
  item.size = 7;
  item.path = "11/11.wav";
  REQUIRE(splice(nodes, nodes, root, {{item.path, item}}, 512));
  CHECK(nodes.reads < 60);
  CHECK(nodes.writes < 60);
}

}  // namespace holdfast::vault
