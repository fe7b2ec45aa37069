// SPDX-License-Identifier: Apache-2.0
// Nodes that cannot be read or written, or are not what was written: whoever walks, compares or
// builds trees is told, and the same passes once they are there again.
#include <catch2/catch.hpp>
#include <functional>
#include <map>

#include "firmware/vault/delta.h"
#include "firmware/vault/held_nodes.h"
#include "firmware/vault/tree_splice.h"
#include "hal/base/path.h"

namespace holdfast::vault {

namespace {

constexpr std::size_t kTinyNode = 512;

class Nodes final : public NodeSource, public NodeSink {
 public:
  Result<Bytes> read_node(const journal::ChunkReference& node) override {
    HF_TRY(meet());
    if (garbled_ && node == *garbled_) return in_its_place_;
    return nodes_.at(node.digest);
  }
  Result<journal::DeltaLists> read_delta(std::uint64_t /*number*/) override {
    HF_TRY(meet());
    return delta;
  }
  Result<journal::ChunkReference> write_node(ByteView plain) override {
    HF_TRY(meet());
    const journal::ChunkReference reference{sha256(plain), plain.size()};
    nodes_[reference.digest] = Bytes(plain.begin(), plain.end());
    return reference;
  }
  // That call from now on fails, once; 0: none.
  void fail_at(std::uint64_t number, ErrorCode code) {
    calls = 0;
    fails_at_ = number;
    code_ = code;
  }
  void garble(const journal::ChunkReference& node, Bytes in_its_place) {
    garbled_ = node;
    in_its_place_ = std::move(in_its_place);
  }
  [[nodiscard]] Bytes bytes_of(const journal::ChunkReference& node) const {
    return nodes_.at(node.digest);
  }

  std::uint64_t calls = 0;
  journal::DeltaLists delta;

 private:
  Result<void> meet() {
    if (++calls == fails_at_) return make_error(code_);
    return {};
  }

  std::map<Digest, Bytes> nodes_;
  std::uint64_t fails_at_ = 0;
  ErrorCode code_ = ErrorCode::out_of_memory;
  std::optional<journal::ChunkReference> garbled_;
  Bytes in_its_place_;
};

using Items = std::map<std::string, Item, PathLess>;

Item call(const std::string& path, std::uint64_t size) {
  Item item;
  item.path = path;
  item.size = size;
  item.digest = sha256(view_of(path));
  item.chunks = {{item.digest, size}};
  return item;
}

Items calls(int count, std::uint64_t size = 100) {
  Items items;
  for (int i = 0; i < count; ++i) {
    const std::string path = std::to_string(i % 12) + "/" + std::to_string(i) + ".wav";
    items[path] = call(path, size);
  }
  return items;
}

using Root = std::optional<journal::Root>;

Result<Root> build(NodeSink& nodes, const Items& items) {
  TreeBuilder builder(nodes, kTinyNode);
  for (const auto& [path, item] : items) HF_TRY(builder.add(item));
  return builder.finish();
}

Result<std::uint64_t> count_items(TreeCursor& cursor) {
  std::uint64_t count = 0;
  while (true) {
    HF_TRY(const Item* item, cursor.peek());
    if (item == nullptr) return count;
    cursor.advance();
    ++count;
  }
}

// Two trees that differ in all that a comparison tells, and a list that changes the first one.
struct Trees {
  Trees() {
    Items after = former;
    after.erase("3/3.wav");
    after["5/5.wav"].size += 1;
    after["7/7.wav2"] = call("7/7.wav2", 9);
    former_root = build(nodes, former).value();
    after_root = build(nodes, after).value();
    DeltaWriter writer;
    writer.add(call("0/0.wav3", 7));
    nodes.delta = writer.finish();
  }

  Nodes nodes;
  Items former = calls(300);
  Root former_root;
  Root after_root;
};

// Ends with the number of items, nodes or differences that it found.
using Act = std::function<Result<std::uint64_t>(Trees&)>;

Result<std::uint64_t> walk(Trees& trees) {
  TreeCursor cursor(trees.nodes, {trees.former_root, 1});
  return count_items(cursor);
}

Result<std::uint64_t> skip(Trees& trees) {
  TreeCursor cursor(trees.nodes, {trees.former_root, 1});
  HF_TRY(cursor.skip(123));
  return count_items(cursor);
}

Result<std::uint64_t> seek(Trees& trees) {
  TreeCursor cursor(trees.nodes, {trees.former_root, 1});
  HF_TRY(cursor.seek("5/5.wav"));
  HF_TRY(const Item* item, cursor.peek());
  return item->size;
}

Result<std::uint64_t> compare(Trees& trees) {
  TreeCursor before(trees.nodes, {trees.former_root});
  TreeCursor after(trees.nodes, {trees.after_root});
  std::uint64_t found = 0;
  HF_TRY(compare_trees(before, after, [&](const Item* /*left*/, const Item* /*right*/) {
    ++found;
    return Result<void>();
  }));
  return found;
}

Result<std::uint64_t> compare_with_nothing(Trees& trees) {
  TreeCursor before(trees.nodes, {trees.former_root});
  TreeCursor nothing(trees.nodes, {});
  std::uint64_t found = 0;
  const auto note = [&](const Item* /*left*/, const Item* /*right*/) {
    ++found;
    return Result<void>();
  };
  HF_TRY(compare_trees(before, nothing, note));
  TreeCursor again(trees.nodes, {trees.former_root});
  TreeCursor none(trees.nodes, {});
  HF_TRY(compare_trees(none, again, note));
  return found;
}

Result<std::uint64_t> compare_with_a_delta(Trees& trees) {
  TreeCursor before(trees.nodes, {trees.former_root});
  TreeCursor after(trees.nodes, {trees.former_root, 1});
  std::uint64_t found = 0;
  HF_TRY(compare_trees(before, after, [&](const Item* /*left*/, const Item* /*right*/) {
    ++found;
    return Result<void>();
  }));
  return found;
}

Result<std::uint64_t> build_anew(Trees& trees) {
  HF_TRY(const Root root, build(trees.nodes, trees.former));
  return root->items;
}

Result<std::uint64_t> splice(Trees& trees) {
  TreeBuilder builder(trees.nodes, kTinyNode);
  HF_TRY(builder.add(call("0/0.a", 1)));
  TreeCursor rest(trees.nodes, {trees.former_root, 1});
  HF_TRY(rest.skip(3));
  HF_TRY(append_rest(builder, rest));
  HF_TRY(const Root root, builder.finish());
  return root->items;
}

Result<std::uint64_t> take_over(Trees& trees) {
  TreeBuilder builder(trees.nodes, kTinyNode);
  TreeCursor rest(trees.nodes, {trees.former_root, 1});
  HF_TRY(append_rest(builder, rest));
  HF_TRY(const Root root, builder.finish());
  return root->items;
}

Result<std::uint64_t> splice_changes(Trees& trees) {
  TreeChanges changes;
  changes["3/3.wav"] = std::nullopt;
  changes["5/5.wav"] = call("5/5.wav", 7);
  HF_TRY(const Root root,
         vault::splice(trees.nodes, trees.nodes, trees.former_root, changes, kTinyNode));
  return root->items;
}

struct NamedAct {
  const char* name;
  Act act;
  std::uint64_t answer;
};

const std::vector<NamedAct>& acts() {
  static const std::vector<NamedAct> kActs{
      {"walk", walk, 301},
      {"skip", skip, 301 - 123},
      {"seek", seek, 100},
      {"compare", compare, 3},
      {"compare with nothing", compare_with_nothing, 600},
      {"compare with a delta", compare_with_a_delta, 1},
      {"build", build_anew, 300},
      {"splice", splice, 1 + 301 - 3},
      {"take over", take_over, 301},
      {"splice changes", splice_changes, 299},
  };
  return kActs;
}

}  // namespace

TEST_CASE("Whatever node cannot be read or written, that error ends the walk") {
  for (const NamedAct& named : acts()) {
    Trees trees;
    trees.nodes.fail_at(0, ErrorCode::out_of_memory);
    REQUIRE(named.act(trees).value() == named.answer);
    const std::uint64_t total = trees.nodes.calls;
    REQUIRE(total > 3);
    for (std::uint64_t number = 1; number <= total; ++number) {
      CAPTURE(named.name, number);
      const ErrorCode code = number % 2 == 0 ? ErrorCode::out_of_memory : ErrorCode::data_lost;
      trees.nodes.fail_at(number, code);
      const auto answer = named.act(trees);
      REQUIRE_FALSE(answer);
      CHECK(answer.error().code == code);
      CHECK(trees.nodes.calls == number);  // nobody goes on
      REQUIRE(named.act(trees).value() == named.answer);
    }
  }
}

TEST_CASE("An error of whoever is told of a difference ends the comparison") {
  Trees trees;
  for (int stop_at = 1; stop_at <= 3; ++stop_at) {
    TreeCursor before(trees.nodes, {trees.former_root});
    TreeCursor after(trees.nodes, {trees.after_root});
    int told = 0;
    const auto done = compare_trees(
        before, after, [&](const Item* /*left*/, const Item* /*right*/) -> Result<void> {
          if (++told == stop_at) return make_error(ErrorCode::interrupted);
          return {};
        });
    REQUIRE_FALSE(done);
    CHECK(done.error().code == ErrorCode::interrupted);
    CHECK(told == stop_at);
  }
}

TEST_CASE("A node that is none, or of another level, is damaged, and its subtree told as lost") {
  Trees trees;
  const journal::ChunkReference root = trees.former_root->node;
  const Node top = parse_node(trees.nodes.bytes_of(root), ListKind::items).value();
  REQUIRE(top.level > 0);
  const IndexEntry& child = top.children.front();
  ErrorCode code = ErrorCode::damaged;
  SECTION("none") {
    trees.nodes.garble(child.node, Bytes(40, 0xff));
    code = ErrorCode::bad_magic;
  }
  SECTION("its parent") {
    trees.nodes.garble(child.node, trees.nodes.bytes_of(root));
  }
  TreeCursor strict(trees.nodes, {trees.former_root});
  CHECK(count_items(strict).error().code == code);
  std::uint64_t lost = 0;
  TreeCursor lenient(trees.nodes, {trees.former_root},
                     [&](const IndexEntry& subtree) { lost += subtree.items; });
  CHECK(count_items(lenient).value() + lost == trees.former.size());
  CHECK(lost == child.items);
}

TEST_CASE("What is no loss of nodes is an error, whoever listens for lost ones") {
  Trees trees;
  bool is_told = false;
  TreeCursor cursor(trees.nodes, {trees.former_root}, [&](const IndexEntry&) { is_told = true; });
  trees.nodes.fail_at(2, ErrorCode::io);
  CHECK(count_items(cursor).error().code == ErrorCode::io);
  CHECK_FALSE(is_told);
}

TEST_CASE("Held nodes that cannot be asked for or passed on are told, and kept") {
  Nodes nodes;
  ErrorCode asking = ErrorCode::internal;
  bool fails = false;
  HeldNodes held(
      nodes, nodes,
      [&](const journal::ChunkReference& /*node*/) -> Result<bool> {
        if (fails) return make_error(asking);
        return false;
      },
      10);
  REQUIRE(held.write_node(view_of("12345")));
  fails = true;
  asking = ErrorCode::io;
  CHECK(held.write_node(view_of("67890")).error().code == ErrorCode::io);
  fails = false;
  REQUIRE(held.write_node(view_of("67890")));
  nodes.fail_at(2, ErrorCode::no_space);
  CHECK(held.write_node(view_of("x")).error().code == ErrorCode::no_space);
  nodes.fail_at(0, ErrorCode::internal);
  for (const char* text : {"12345", "67890", "x"}) {
    const Bytes bytes(view_of(text).begin(), view_of(text).end());
    CHECK(held.read_node({sha256(bytes), bytes.size()}).value() == bytes);
  }
  REQUIRE(held.pass_on());
}

}  // namespace holdfast::vault
