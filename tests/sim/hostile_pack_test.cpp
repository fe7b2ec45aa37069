// SPDX-License-Identifier: Apache-2.0
// Packs that are what their names say and that no program of ours would have written: cut short, of
// a newer program, sealed with somebody else's key, with an index that lies. What is in one counts
// as lost. It stops nobody: the journal that names it is followed, and everything else comes back.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>

#include "firmware/erasure/crc32c.h"
#include "firmware/vault/content_reader.h"
#include "firmware/vault/lost_packs.h"
#include "tests/sim/lost_packs.h"
#include "tests/sim/ready_box.h"
#include "tests/sim/sweep.h"

namespace holdfast::test {

namespace {

constexpr const char* kText = "said once, and stored nowhere else";

void put_crc(std::uint8_t* end, ByteView covered) {
  Bytes crc;
  ByteWriter(crc).u32(erasure::crc32c(covered));
  std::ranges::copy(crc, end - crc.size());
}

struct HostileBox : ReadyBox {
  HostileBox() {
    write("a.wav", std::string(3000, 'a'));
    REQUIRE(backup());
    box = open().value();
    business = box->open_business("calls", vault::Access::write).value();
    REQUIRE(business->prepare_writing());
  }

  std::uint32_t epoch() { return clock.now().month(); }
  [[nodiscard]] static journal::ChunkReference reference() {
    return {sha256(view_of(std::string_view(kText))), std::strlen(kText)};
  }
  Digest chunk() { return pack::chunk_name(business->id_key(), reference().digest); }
  // One of ours, with one chunk: kText, or that text under its name.
  pack::ClosedPack pack_of(const SecretKey& key, std::string_view text = kText) {
    const pack::PackIdentity identity{pack::PackKind::content, epoch(), business->id(), 0};
    pack::PackWriter writer(identity, key, random, {}, 4096);
    std::ranges::copy(view_of(text), writer.prepare(text.size()).begin());
    writer.keep(chunk(), static_cast<std::uint32_t>(text.size()));
    return writer.close();
  }
  pack::ClosedPack true_pack(std::string_view text = kText) {
    return pack_of(**business->epoch_keys().get(epoch(), pack::PackKind::content), text);
  }
  // On the disks.
  catalog::PackRow store(pack::ClosedPack& closed) {
    closed.name = sha256(closed.bytes.view());
    catalog::PackRow row;
    row.pack = {closed.name, closed.bytes.size(), epoch(), 0, pack::PackKind::content};
    const auto written = business->pool().write_pack(closed);
    REQUIRE(written);
    row.hint = written->hint;
    return row;
  }
  // An entry that names it, and says of the items what the one before says.
  void name(const catalog::PackRow& row) {
    const auto newest = business->find_snapshot({});
    REQUIRE(newest);
    REQUIRE(business->append({journal::EntryKind::snapshot, 0, {row.pack}, encode(newest->body)}));
    CHECK(business->warnings().empty());
  }
  Result<Bytes> read_chunk() {
    HF_TRY(const auto reader, vault::ContentReader::open(*business));
    Bytes plain(static_cast<std::size_t>(reference().length));
    HF_TRY(reader->read_chunk(reference(), plain));
    return plain;
  }
  void close() {
    business.reset();
    box.reset();
  }

  std::unique_ptr<vault::Box> box;
  std::unique_ptr<vault::Business> business;
};

struct Lie {
  const char* name;
  void (*tell)(HostileBox&, pack::ClosedPack&);
};

void change_header(pack::ClosedPack& closed, std::size_t offset, std::uint8_t value) {
  closed.bytes.data()[offset] = value;
  put_crc(closed.bytes.data() + pack::kHeaderSize,
          closed.bytes.view().first(pack::kHeaderSize - 4));
  std::ranges::copy(closed.bytes.view().first(pack::kHeaderSize), closed.header.begin());
}

void put_trailer(pack::ClosedPack& closed, const pack::Trailer& trailer) {
  std::ranges::copy(pack::encode(trailer), closed.bytes.span().last(pack::kTrailerSize).begin());
}

constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kSuiteAt = 10;

const std::vector<Lie>& lies() {
  static const std::vector<Lie> kLies{
      {"is shorter than a header", [](HostileBox&, auto& closed) { closed.bytes.resize(50); }},
      {"is a header and half a trailer",
       [](HostileBox&, auto& closed) { closed.bytes.resize(pack::kHeaderSize + 16); }},
      {"begins like no pack", [](HostileBox&, auto& closed) { change_header(closed, 0, 0); }},
      {"is of a newer program",
       [](HostileBox&, auto& closed) { change_header(closed, kVersionAt, 9); }},
      {"is sealed in another way",
       [](HostileBox&, auto& closed) { change_header(closed, kSuiteAt, 9); }},
      {"is sealed with another key",
       [](HostileBox& box, auto& closed) { closed = box.pack_of(box.random.key()); }},
      {"ends like no pack",
       [](HostileBox&, auto& closed) { closed.bytes.data()[closed.bytes.size() - 32] ^= 1; }},
      {"has its index in the trailer",
       [](HostileBox&, auto& closed) {
         put_trailer(closed, {closed.bytes.size() - pack::kTrailerSize + 1, 1});
       }},
      {"has its index beyond any pack",
       [](HostileBox&, auto& closed) { put_trailer(closed, {pack::kPackSizeMax + 1, 1}); }},
      {"has its index elsewhere",
       [](HostileBox&, auto& closed) { put_trailer(closed, {pack::kHeaderSize, 1}); }},
      {"has more chunks than its index",
       [](HostileBox&, auto& closed) { put_trailer(closed, {pack::kHeaderSize, 2}); }},
  };
  return kLies;
}

}  // namespace

TEST_CASE("A pack that no program of ours wrote is lost, and nothing else is") {
  for (const Lie& lie : lies()) {
    CAPTURE(lie.name);
    HostileBox site;
    pack::ClosedPack closed = site.true_pack();
    lie.tell(site, closed);
    const catalog::PackRow row = site.store(closed);
    site.name(row);
    const auto is_lost = [&] {
      const auto rows = packs_of(site);
      const auto found = std::ranges::find(rows, row.pack.name,
                                           [](const catalog::PackRow& r) { return r.pack.name; });
      return found != rows.end() && found->index_missing();
    };
    const auto read = site.read_chunk();
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ErrorCode::data_lost);
    site.close();
    CHECK(is_lost());
    CHECK(*site.restore() == site.source());
    site.write("b.wav", "second");
    const auto report = site.backup();
    REQUIRE(report);
    CHECK(report->problems.count == 0);
    CHECK(*site.restore() == site.source());
    CHECK(is_lost());
  }
}

TEST_CASE(
    "A chunk that is not the one its name says is told as damaged, and another copy is read") {
  HostileBox site;
  pack::ClosedPack wrong = site.true_pack(std::string(std::strlen(kText), '-'));
  site.name(site.store(wrong));
  const auto read = site.read_chunk();
  REQUIRE_FALSE(read);
  CHECK(read.error().code == ErrorCode::damaged);
  CHECK(read.error().where == site.chunk().hex());
  pack::ClosedPack right = site.true_pack();
  site.name(site.store(right));
  CHECK(site.read_chunk().value() ==
        Bytes(view_of(std::string_view(kText)).begin(), view_of(std::string_view(kText)).end()));
}

// What the catalog says of a pack is not proved before it is used.
TEST_CASE("A place outside its pack is no place, and the true one is read") {
  HostileBox site;
  const std::uint64_t position = GENERATE(0U, 1U, 100U, 4000U);
  pack::ClosedPack closed = site.true_pack(std::string(std::strlen(kText), '-'));
  auto index = closed.index;
  const catalog::PackRow row = site.store(closed);
  index.front().position = row.pack.size - std::min(row.pack.size, position);
  if (position == 4000U) index.front().position = row.pack.size + position;
  REQUIRE(site.business->with_catalog(
      [&](catalog::Catalog& catalog) { return catalog.note_open_pack(row, index); }));
  const auto read = site.read_chunk();
  REQUIRE_FALSE(read);
  INFO(debug_text(read.error()));
  CHECK(read.error().code == ErrorCode::damaged);
  pack::ClosedPack right = site.true_pack();
  const auto true_index = right.index;
  const catalog::PackRow true_row = site.store(right);
  REQUIRE(site.business->with_catalog(
      [&](catalog::Catalog& catalog) { return catalog.note_open_pack(true_row, true_index); }));
  CHECK(site.read_chunk());
}

TEST_CASE("Content that a catalog sees in a pack of nobody's is told as lost or damaged") {
  for (const Lie& lie : lies()) {
    CAPTURE(lie.name);
    HostileBox site;
    pack::ClosedPack closed = site.true_pack();
    const auto index = closed.index;
    lie.tell(site, closed);
    // Its shards do not help to open it either.
    closed.header[20] ^= 1;
    const catalog::PackRow row = site.store(closed);
    REQUIRE(site.business->with_catalog(
        [&](catalog::Catalog& catalog) { return catalog.note_open_pack(row, index); }));
    const auto read = site.read_chunk();
    // Of what is wrong at its end alone the chunk itself is whole.
    if (read) continue;
    INFO(debug_text(read.error()));
    constexpr std::array kLosses{
        ErrorCode::damaged,   ErrorCode::bad_magic,           ErrorCode::wrong_key,
        ErrorCode::data_lost, ErrorCode::unsupported_version, ErrorCode::unsupported_suite};
    CHECK(std::ranges::find(kLosses, read.error().code) != kLosses.end());
    CHECK(*site.restore(*site.business, {}) == site.source());
  }
}

// The process, or a disk, may come to its end at any step of the last resort.
TEST_CASE("Whatever fails while a chunk is tried in every way, no wrong byte is given") {
  for (const ErrorCode code : {ErrorCode::out_of_memory, ErrorCode::io}) {
    const auto make = [] {
      auto site = std::make_unique<HostileBox>();
      pack::ClosedPack wrong = site->true_pack(std::string(std::strlen(kText), '-'));
      site->name(site->store(wrong));
      return site;
    };
    const auto act = [](HostileBox& site) -> Result<void> {
      const auto read = site.read_chunk();
      CHECK_FALSE(read);
      return {};
    };
    sweep_errors(
        {stride_of({2, 1, 17, 5})}, make, act,
        [](HostileBox& site, const Result<void>& /*answer*/) {
          CHECK(*site.restore(*site.business, {}) == site.source());
        },
        code);
  }
}

}  // namespace holdfast::test
