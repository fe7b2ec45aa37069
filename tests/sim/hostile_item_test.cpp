// SPDX-License-Identifier: Apache-2.0
// Items and nodes that are sealed and signed by the right key, and say what cannot be: a program
// with a defect wrote them. Whoever reads one is told, and gets no byte outside the item; the true
// item comes back afterwards.
#include <algorithm>
#include <catch2/catch.hpp>

#include "firmware/vault/content_reader.h"
#include "firmware/vault/tree_cursor.h"
#include "tests/sim/ready_box.h"

namespace holdfast::test {

namespace {

using journal::ChunkReference;

class ReadingBox : public ReadyBox {
 public:
  ReadingBox() {
    std::string text;
    while (text.size() < 3000) text += std::to_string(text.size());
    write("a.wav", text);
    REQUIRE(backup());
    box_ = open().value();
    business_ = box_->open_business("calls", vault::Access::read).value();
    reader_ = vault::ContentReader::open(*business_).value();
    const auto snapshot = business_->find_snapshot({}).value();
    vault::TreeCursor cursor(*reader_, vault::tree_of(snapshot));
    while (const vault::Item* item = cursor.peek().value()) {
      if (item->path == "calls/a.wav") true_item_ = *item;
      cursor.advance();
    }
    REQUIRE(true_item_.chunks.size() > 1);
  }

  [[nodiscard]] const vault::Item& true_item() const { return true_item_; }
  vault::ContentReader& reader() { return *reader_; }

  // Content as a file of it would be.
  Result<Bytes> read(const vault::Item& item) {
    Bytes bytes(static_cast<std::size_t>(item.size));
    HF_TRY(reader_->read_item(item, [&](std::uint64_t offset, ByteView piece) -> Result<void> {
      REQUIRE(offset <= bytes.size());
      REQUIRE(piece.size() <= bytes.size() - offset);
      std::ranges::copy(piece, bytes.begin() + static_cast<std::ptrdiff_t>(offset));
      return {};
    }));
    return bytes;
  }

 private:
  std::unique_ptr<vault::Box> box_;
  std::unique_ptr<vault::Business> business_;
  std::unique_ptr<vault::ContentReader> reader_;
  vault::Item true_item_;
};

struct Lie {
  const char* name;
  void (*tell)(vault::Item&);
  ErrorCode code;
};

const std::vector<Lie>& lies() {
  using vault::Item;
  static const std::vector<Lie> kLies{
      {"a chunk is longer than any",
       [](Item& item) { item.chunks[0].length = pack::kPlainLengthMax + 1; },
       ErrorCode::limit_exceeded},
      {"a chunk is longer than it is", [](Item& item) { item.chunks[0].length += 1; },
       ErrorCode::damaged},
      {"a chunk is shorter than it is", [](Item& item) { item.chunks[1].length -= 1; },
       ErrorCode::damaged},
      {"a chunk is none", [](Item& item) { item.chunks[1].digest.bytes[0] ^= 1; },
       ErrorCode::data_lost},
      {"the chunks are another item's", [](Item& item) { item.digest.bytes[31] ^= 1; },
       ErrorCode::damaged},
      {"chunks change places",
       [](Item& item) { std::swap(item.chunks.front(), item.chunks.back()); }, ErrorCode::damaged},
      {"there is less room than content", [](Item& item) { item.size -= 1; }, ErrorCode::damaged},
      {"there is more room than content", [](Item& item) { item.size += 1; }, ErrorCode::damaged},
      {"there is no room", [](Item& item) { item.size = 0; }, ErrorCode::damaged},
      {"the data runs are too short",
       [](Item& item) { item.data_runs = {{0, 10}, {20, item.size - 20}}; }, ErrorCode::damaged},
      {"the data runs are too long",
       [](Item& item) {
         item.data_runs = {{0, 10}, {20, item.size}};
         item.size += 20;
       },
       ErrorCode::damaged},
  };
  return kLies;
}

}  // namespace

TEST_CASE("An item that says what cannot be is told, and the true one comes back") {
  ReadingBox box;
  for (const Lie& lie : lies()) {
    CAPTURE(lie.name);
    vault::Item item = box.true_item();
    lie.tell(item);
    const auto read = box.read(item);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == lie.code);
    CHECK(box.read(box.true_item()).value() == box.source().at("a.wav"));
  }
}

TEST_CASE("An item with holes comes back in its places, whatever runs and chunks share") {
  ReadingBox box;
  const Bytes content = box.source().at("a.wav");
  vault::Item item = box.true_item();
  item.data_runs = {{5, 700}, {1000, 1}, {2000, content.size() - 701}};
  item.size = 2000 + content.size() - 701 + 9;
  Bytes expected(static_cast<std::size_t>(item.size));
  auto from = content.begin();
  for (const ports::DataRun& run : item.data_runs) {
    const auto end = from + static_cast<std::ptrdiff_t>(run.length);
    std::copy(from, end, expected.begin() + static_cast<std::ptrdiff_t>(run.offset));
    from = end;
  }
  CHECK(box.read(item).value() == expected);
}

TEST_CASE("Whoever is handed an item's bytes may end the reading") {
  ReadingBox box;
  for (const int last : {1, 2}) {
    int pieces = 0;
    const auto read = box.reader().read_item(
        box.true_item(), [&](std::uint64_t /*offset*/, ByteView /*bytes*/) -> Result<void> {
          if (++pieces == last) return make_error(ErrorCode::no_space);
          return {};
        });
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ErrorCode::no_space);
    CHECK(pieces == last);
  }
  CHECK(box.read(box.true_item()).value() == box.source().at("a.wav"));
}

TEST_CASE("A node that is longer than any, or is none, is no node") {
  ReadingBox box;
  ChunkReference node = box.true_item().chunks[0];
  node.length = pack::kPlainLengthMax + 1;
  CHECK(box.reader().read_node(node).error().code == ErrorCode::limit_exceeded);
  node.length = 10;
  node.digest = Digest{};
  const auto lost = box.reader().read_node(node);
  CHECK(lost.error().code == ErrorCode::data_lost);
  CHECK(lost.error().data_loss);
  CHECK(box.reader().read_delta(999).error().code == ErrorCode::catalog_damaged);
}

}  // namespace holdfast::test
