// SPDX-License-Identifier: Apache-2.0
// Whatever call of a catalog's database fails, the catalog being a real file that is there, absent,
// old or damaged: it is told, nothing that is stored is called lost, and the catalog is in the end
// what the journal makes it.
#include <array>
#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <iostream>

#include "tests/sim/failing_sqlite.h"
#include "tests/sim/sim_box.h"
#include "tests/sim/sweep.h"
#include "tests/support/temporary_folder.h"

namespace holdfast::test {

namespace {

namespace fs = std::filesystem;

// A box with two snapshots, and its catalog as it was after the first one.
class CatalogBox : public SimBox {
 public:
  CatalogBox() {
    settings.catalog_directory = folder_.path();
    REQUIRE(init());
    REQUIRE(create_pool());
    REQUIRE(add_business());
    write("a.wav", std::string(3000, 'a'));
    REQUIRE(backup());
    fs::copy(folder_.path(), old_.path(), fs::copy_options::recursive);
    write("b.wav", "b");
    REQUIRE(backup());
  }
  void drop_catalog() {
    for (const auto& entry : fs::directory_iterator(folder_.path())) fs::remove_all(entry);
  }
  void put_old_catalog() {
    drop_catalog();
    fs::copy(old_.path(), folder_.path(), fs::copy_options::recursive);
  }
  void damage_catalog() {
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      if (entry.path().extension() == ".sqlite") fs::resize_file(entry.path(), 5000);
    }
  }
  std::string dump() {
    const auto box = open();
    const auto business = (*box)->open_business("calls", vault::Access::write);
    REQUIRE(business);
    std::string text;
    REQUIRE((*business)->with_catalog([&](catalog::Catalog& catalog) {
      return catalog.dump([&](const std::string& line) { text += line + "\n"; });
    }));
    return text;
  }

 private:
  TemporaryFolder folder_;
  TemporaryFolder old_;
};

struct Act {
  const char* name;
  void (*prepare)(CatalogBox&);
  Result<void> (*act)(CatalogBox&);
};

void nothing(CatalogBox& /*box*/) {}

Result<void> back_up(CatalogBox& box) {
  box.write("c.wav", "c");
  HF_TRY(const auto report, box.backup());
  return {};
}

Result<void> restore(CatalogBox& box) {
  HF_TRY(const Contents contents, box.restore());
  CHECK(contents == box.source());
  return {};
}

Result<void> look_for_it(CatalogBox& box) {
  HF_TRY(const auto opened, box.open());
  HF_TRY(const auto business, opened->open_business("calls", vault::Access::read));
  HF_TRY(const auto by_time, business->find_snapshot({{}, {}, box.clock.now()}));
  CHECK(by_time.head.number > 0);
  const auto by_tag = business->find_snapshot({{}, "keep", {}});
  if (!by_tag && by_tag.error().code != ErrorCode::no_snapshot) return by_tag.error();
  CHECK_FALSE(by_tag);
  return {};
}

constexpr std::array kActs{
    Act{"backup", nothing, back_up},
    Act{"backup, catalog absent", [](CatalogBox& box) { box.drop_catalog(); }, back_up},
    Act{"backup, catalog old", [](CatalogBox& box) { box.put_old_catalog(); }, back_up},
    Act{"backup, catalog damaged", [](CatalogBox& box) { box.damage_catalog(); }, back_up},
    Act{"restore", nothing, restore},
    Act{"restore, catalog absent", [](CatalogBox& box) { box.drop_catalog(); }, restore},
    Act{"restore, catalog old", [](CatalogBox& box) { box.put_old_catalog(); }, restore},
    Act{"restore, catalog damaged", [](CatalogBox& box) { box.damage_catalog(); }, restore},
    Act{"looking for a snapshot", nothing, look_for_it},
};

constexpr std::array kFailures{ErrorCode::io, ErrorCode::no_space, ErrorCode::out_of_memory,
                               ErrorCode::damaged};

std::uint64_t count_calls(const Act& act) {
  CatalogBox box;
  act.prepare(box);
  std::uint64_t calls = 0;
  const FailingSqlite database([&] {
    ++calls;
    return std::optional<ErrorCode>();
  });
  require_done(act.act(box));
  return calls;
}

void check_answer(const Result<void>& answer) {
  if (answer) return;
  INFO(debug_text(answer.error()));
  CHECK(answer.error().code != ErrorCode::internal);
  CHECK(answer.error().code != ErrorCode::data_lost);
  CHECK_FALSE(answer.error().data_loss);
}

void check_fault(const Act& act, std::uint64_t number, ErrorCode failure) {
  CatalogBox box;
  act.prepare(box);
  {
    std::uint64_t calls = 0;
    const FailingSqlite database(
        [&] { return ++calls == number ? std::optional(failure) : std::nullopt; });
    check_answer(act.act(box));
    REQUIRE(calls >= number);
  }
  require_done(back_up(box));
  require_done(restore(box));
  const std::string kept = box.dump();
  box.drop_catalog();
  CHECK(box.dump() == kept);
}

}  // namespace

TEST_CASE("Whatever call of the database fails, it is told, and the catalog is right afterwards") {
  const std::uint64_t faults = stride_of({24, 200, 6, 24});
  for (const Act& act : kActs) {
    DYNAMIC_SECTION(act.name) {
      const std::uint64_t total = count_calls(act);
      REQUIRE(total > 2);
      const std::uint64_t stride = std::max<std::uint64_t>(1, total / faults);
      std::uint64_t met = 0;
      for (std::uint64_t number = 1; number <= total; number += stride) {
        const ErrorCode failure = kFailures[met++ % kFailures.size()];
        CAPTURE(number, failure);
        check_fault(act, number, failure);
      }
      std::cout << act.name << ": " << met << " of " << total << " calls failed\n";
    }
  }
}

}  // namespace holdfast::test
