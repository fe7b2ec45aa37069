// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/source_looks.h"

#include <catch2/catch.hpp>

#include "hal/sim/disk.h"
#include "hal/sim/world.h"

namespace holdfast::job {
namespace {

const BusinessId kBusiness{{7}};
const std::string kPath = "runs/" + kBusiness.hex() + ".sources";

source::SourceDefinition folder(const std::string& name) {
  source::SourceDefinition source;
  source.name = name;
  source.path = "/" + name;
  return source;
}

source::SourceDefinition query(const std::string& name) {
  source::SourceDefinition source;
  source.name = name;
  source.type = source::SourceType::sql;
  return source;
}

Problems problems_at(const std::vector<std::string>& paths) {
  Problems problems;
  for (const std::string& path : paths) {
    problems.add(path, make_error(ErrorCode::source_missing, path));
  }
  return problems;
}

}  // namespace

TEST_CASE("a source is read if its root could be, whatever could not be in it") {
  source::BusinessDefinition definition;
  definition.sources = {folder("a b"), folder("c"), query("q")};
  using Names = std::vector<std::string>;
  CHECK(sources_read(definition, {}) == Names{"a b", "c", "q"});
  CHECK(sources_read(definition, problems_at({"a b/x", "a", "c"})) == Names{"a b", "q"});
  // A query that gave one answer of many has not shown all of it.
  CHECK(sources_read(definition, problems_at({"q/2026.csv"})) == Names{"a b", "c"});
  CHECK(sources_read(definition, problems_at({"q"})) == Names{"a b", "c"});
  CHECK(sources_read(definition, problems_at({"records"})) == Names{"a b", "c"});
  // Of a query's answers the one that did not come may not have been kept.
  const std::vector<std::string> many(Problems::kKeptMax, "a b/x");
  CHECK(sources_read(definition, problems_at(many)) == Names{"a b", "c"});
}

TEST_CASE("a look is noted for each source, and one that was not read keeps the one before") {
  sim::World world(1);
  sim::SimDisk home(world, "/home");
  source::BusinessDefinition definition;
  definition.sources = {folder("a b"), folder("c\n")};
  CHECK(load_source_looks(home, kBusiness).empty());
  REQUIRE(note_source_looks(home, kBusiness, definition, {"a b"}, 3, Timestamp{123'000'000'456}));
  REQUIRE(load_source_looks(home, kBusiness).size() == 1);
  REQUIRE(note_source_looks(home, kBusiness, definition, {"c\n"}, 4, Timestamp{124'000'000'456}));
  const auto looks = load_source_looks(home, kBusiness);
  REQUIRE(looks.size() == 2);
  CHECK(looks[0].source == "a b");
  CHECK(looks[0].snapshot == 3);
  CHECK(looks[0].time == Timestamp{123'000'000'456});
  CHECK(looks[1].source == "c\n");
  CHECK(looks[1].snapshot == 4);
  // What the definition does not name any more is forgotten.
  definition.sources.erase(definition.sources.begin());
  REQUIRE(note_source_looks(home, kBusiness, definition, {}, 5, Timestamp{125'000'000'000}));
  REQUIRE(load_source_looks(home, kBusiness).size() == 1);
  CHECK(load_source_looks(home, kBusiness)[0].source == "c\n");
}

TEST_CASE("rot in a note of looks is never shown as what it says") {
  sim::World world(1);
  sim::SimDisk home(world, "/home");
  source::BusinessDefinition definition;
  definition.sources = {folder("a")};
  REQUIRE(note_source_looks(home, kBusiness, definition, {"a"}, 3, Timestamp{123'000'000'456}));
  const Bytes right = *home.contents(kPath);
  for (std::size_t i = 0; i + 1 < right.size(); ++i) {
    Bytes wrong = right;
    wrong[i] ^= 1;
    home.plant(kPath, wrong);
    CHECK(load_source_looks(home, kBusiness).empty());
    home.plant(kPath, ByteView(right).first(i));
    CHECK(load_source_looks(home, kBusiness).empty());
  }
}

}  // namespace holdfast::job
