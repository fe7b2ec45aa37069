// SPDX-License-Identifier: Apache-2.0
// Packs that were written while too few disks could be: heal writes them anew (P3, P5).
#include <catch2/catch.hpp>

#include "firmware/job/scrub.h"
#include "tests/sim/lossy_box.h"
#include "tests/support/forwarding_files.h"

namespace holdfast::test {

namespace {

// Four of six disks take nothing between the opening of one file and of another.
class FlickeringFolder final : public ForwardingFolder {
 public:
  FlickeringFolder(std::unique_ptr<ports::Folder> folder, SimBox& box)
      : ForwardingFolder(std::move(folder)), box_(box) {}
  Result<std::unique_ptr<ports::SourceFile>> open_file(std::string_view name) override {
    if (name == "m.wav") set_read_only(true);
    if (name == "z.wav") set_read_only(false);
    return ForwardingFolder::open_file(name);
  }

 private:
  void set_read_only(bool read_only) {
    for (std::size_t i = 0; i < 4; ++i) box_.disks[i]->set_read_only(read_only);
  }
  SimBox& box_;
};

class ThinBox : public LossyBox {
 public:
  ThinBox() {
    for (const char* name : {"m.wav", "n.wav", "o.wav", "z.wav"}) write(name, noise(6000));
    // Bytes of their own, or they would be stored once.
    write("n.wav", "n" + noise(6000));
    write("o.wav", "o" + noise(6000));
    WrappedFiles files_of_a_bad_day(files, [this](std::unique_ptr<ports::Folder> folder) {
      return std::make_unique<FlickeringFolder>(std::move(folder), *this);
    });
    const auto report = backup(files_of_a_bad_day);
    INFO((report ? "" : debug_text(report.error())));
    REQUIRE(report);
    REQUIRE(report->under_protected);
  }
  Result<job::ScrubSummary> heal(bool dry_run = false) {
    job::ScrubRequest request;
    request.heal = true;
    request.dry_run = dry_run;
    HF_TRY(const auto box, open());
    return job::run_scrub(*box, request);
  }
  std::uint64_t thin_packs() {
    return static_cast<std::uint64_t>(std::ranges::count_if(
        packs(), [](const catalog::PackRow& row) { return row.under_protected; }));
  }
  void check_bears_two_disks() {
    for (std::size_t a = 0; a < kDisks; ++a) {
      for (std::size_t b = a + 1; b < kDisks; ++b) {
        CAPTURE(a, b);
        missing = {{disks[a]->name(), true}, {disks[b]->name(), true}};
        const auto restored = restore();
        REQUIRE(restored);
        CHECK(*restored == source());
      }
    }
    missing.clear();
  }
};

}  // namespace

TEST_CASE("Heal writes thin packs anew, and the catalog knows") {
  ThinBox box;
  const std::uint64_t thin = box.thin_packs();
  REQUIRE(thin > 0);
  const auto planned = box.heal(true);
  REQUIRE(planned);
  CHECK(planned->under_protected == thin);
  CHECK(planned->packs_recoded == 0);
  CHECK(box.thin_packs() == thin);

  const auto healed = box.heal();
  REQUIRE(healed);
  CHECK(healed->packs_recoded == thin);
  CHECK(healed->under_protected == 0);
  CHECK_FALSE(healed->is_not_mended());
  CHECK(box.thin_packs() == 0);
  box.check_bears_two_disks();
  const auto again = box.heal();
  REQUIRE(again);
  CHECK(again->packs_recoded == 0);
  CHECK(again->shards_written == 0);

  // From the disks alone as well.
  REQUIRE(std::remove(box.catalog_file().c_str()) == 0);
  CHECK(box.thin_packs() == 0);
  CHECK(*box.restore() == box.source());
}

TEST_CASE("Thin packs stay thin while disks are away") {
  ThinBox box;
  const std::uint64_t thin = box.thin_packs();
  box.hide_disks(4);
  // Too few for anything to count; with one more there is room for m shards beyond one.
  CHECK(box.heal().error().code == ErrorCode::too_few_disks);
  box.missing.clear();
  CHECK(box.thin_packs() == thin);
  CHECK(*box.restore() == box.source());
}

TEST_CASE("What a heal could not note beside a backup the next one notes") {
  ThinBox box;
  const std::uint64_t thin = box.thin_packs();
  {
    const auto opened = box.open();
    const auto business = (*opened)->open_business("calls", vault::Access::write);
    REQUIRE(business);
    const auto healed = box.heal();
    REQUIRE(healed);
    CHECK(healed->packs_recoded == thin);
    CHECK(healed->problems.count == 0);
  }
  CHECK(box.thin_packs() == thin);
  const auto again = box.heal();
  REQUIRE(again);
  CHECK(again->packs_recoded == 0);
  CHECK(box.thin_packs() == 0);
}

TEST_CASE("A heal notes what it wrote in whatever catalog it has") {
  ThinBox box;
  const std::uint64_t thin = box.thin_packs();
  vault::VaultSettings settings = box.settings;
  std::unique_ptr<vault::Box> opened;
  std::unique_ptr<vault::Box> other;
  std::unique_ptr<vault::Business> writer;
  struct Remover final : job::Progress {
    std::string file;
    void update(const job::ProgressState& /*state*/) override {
      if (!file.empty()) std::remove(file.c_str());
    }
  } progress;
  job::ScrubRequest request;
  request.heal = true;
  SECTION("one in memory") {
    settings.catalog_directory.clear();
  }
  SECTION("one of its own beside a writer") {
    other = box.open().value();
    writer = other->open_business("calls", vault::Access::write).value();
    std::remove(box.catalog_file().c_str());
  }
  std::optional<catalog::Catalog> written;
  SECTION("none that somebody else is writing in: the next one does it") {
    other = box.open().value();
    const BusinessId id = other->businesses().front().id;
    written = catalog::Catalog::open(box.catalog_file(), catalog::OpenMode::write, id).value();
    REQUIRE(written->begin());
  }
  SECTION("one that is gone by then, which is made again by whoever needs it") {
    progress.file = box.catalog_file();
    request.progress = &progress;
  }
  opened = vault::Box::open(box.ports(), settings, [] {
             return Result<std::optional<SecretBytes>>(std::optional<SecretBytes>());
           }).value();
  const auto healed = job::run_scrub(*opened, request);
  REQUIRE(healed);
  CHECK(healed->packs_recoded == thin);
  CHECK(healed->problems.count == 0);
  writer.reset();
  written.reset();
  other.reset();
  opened.reset();
  REQUIRE(box.heal());
  CHECK(box.thin_packs() == 0);
  box.check_bears_two_disks();
}

TEST_CASE("A disk too few after a thin pack was written anew is one that it bears") {
  ThinBox box;
  REQUIRE(box.heal());
  // The two that have the thin shards.
  box.missing = {{box.disks[4]->name(), true}, {box.disks[5]->name(), true}};
  const auto healed = box.heal();
  REQUIRE(healed);
  CHECK(healed->lost_packs.empty());
  CHECK(*box.restore() == box.source());
}

}  // namespace holdfast::test
