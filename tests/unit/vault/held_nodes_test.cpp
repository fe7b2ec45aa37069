// SPDX-License-Identifier: Apache-2.0
// New nodes are held until they are passed on, each once, and nothing is held past the bound.
#include "firmware/vault/held_nodes.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace holdfast::vault {

namespace {

class Stock final : public NodeSource, public NodeSink {
 public:
  Result<Bytes> read_node(const journal::ChunkReference& node) override {
    if (node.digest == sha256(view_of("stored"))) return Bytes{1, 2, 3};
    return make_error(ErrorCode::data_lost);
  }
  Result<journal::DeltaLists> read_delta(std::uint64_t number) override {
    return journal::DeltaLists{{static_cast<std::uint8_t>(number)}, {}};
  }
  Result<journal::ChunkReference> write_node(ByteView plain) override {
    taken.emplace_back(text_of(plain));
    return journal::ChunkReference{sha256(plain), plain.size()};
  }
  std::vector<std::string> taken;
};

journal::ChunkReference reference_of(std::string_view text) {
  return {sha256(view_of(text)), text.size()};
}

struct Held {
  explicit Held(std::uint64_t bytes_max)
      : nodes(
            stock, stock,
            [](const journal::ChunkReference& node) -> Result<bool> {
              return node == reference_of("stored");
            },
            bytes_max) {}
  void write(std::string_view text) {
    const auto node = nodes.write_node(view_of(text));
    REQUIRE(node);
    CHECK(*node == reference_of(text));
  }
  Stock stock;
  HeldNodes nodes;
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("What is new is held and read back, what is stored is not") {
  Held held(100);
  for (const char* text : {"b", "stored", "a", "b"}) held.write(text);
  CHECK(held.nodes.is_holding());
  CHECK(held.stock.taken.empty());
  CHECK(held.nodes.read_node(reference_of("a")).value() == Bytes{'a'});
  CHECK(held.nodes.read_node(reference_of("stored")).value() == Bytes{1, 2, 3});
  CHECK_FALSE(held.nodes.read_node(reference_of("c")));
  CHECK(held.nodes.read_delta(7).value().items == Bytes{7});
}

TEST_CASE("Held nodes are passed on once, in their order, and later ones as they come") {
  Held held(100);
  for (const char* text : {"b", "stored", "a", "b"}) held.write(text);
  REQUIRE(held.nodes.pass_on());
  CHECK_FALSE(held.nodes.is_holding());
  CHECK(held.stock.taken == Texts{"b", "a"});
  REQUIRE(held.nodes.pass_on());
  held.write("c");
  CHECK(held.stock.taken == Texts{"b", "a", "c"});
}

TEST_CASE("Past the bound all that is held is passed on") {
  Held held(10);
  held.write("12345");
  held.write("67890");
  CHECK(held.nodes.is_holding());
  held.write("x");
  CHECK_FALSE(held.nodes.is_holding());
  CHECK(held.stock.taken == Texts{"12345", "67890", "x"});
}

}  // namespace holdfast::vault
