// SPDX-License-Identifier: Apache-2.0
// Names beyond memory: sorted through scratch files, which go when they have served.
#include "firmware/source/sorted_names.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/unit/source/source_fixture.h"

namespace holdfast::source {

namespace {

// Folders of many names beside and inside each other.
void add_many(Server& server) {
  for (int i = 0; i < 1500; ++i) server.add("wide/" + std::to_string(i * 7919 % 1500));
  for (int i = 0; i < 30; ++i) {
    const std::string folder = "year/" + std::to_string(i);
    for (int j = 0; j < 9; ++j) server.add(folder + "/" + std::to_string(j) + "/call");
  }
}

std::vector<std::string> all_of(SortedNames& names) {
  std::vector<std::string> all;
  while (const auto name = names.next().value()) all.emplace_back(*name);
  return all;
}

}  // namespace

TEST_CASE("a listing is the same whether its names fit in memory or not") {
  Server server;
  add_many(server);
  const auto in_memory = server.list();
  CHECK(server.scratch_files() == 0);

  for (const std::size_t names_max : {0U, 1U, 10U, 100U}) {
    server.definition.names_in_memory_max = names_max;
    const auto spilled = server.list();
    CHECK(paths_of(spilled) == paths_of(in_memory));
    CHECK(server.scratch_files() == 0);
  }
}

TEST_CASE("a listing that spills stays within its budget of scratch files and leaves none") {
  Server server;
  add_many(server);
  server.definition.names_in_memory_max = 10;
  const auto source = server.source();
  const auto listing = source->list().value();
  Listed step;
  std::size_t files_max = 0;
  while (*listing->next(step)) files_max = std::max(files_max, server.scratch_files());
  CHECK(files_max >= 1);  // it did spill
  CHECK(files_max <= 3);  // one for each folder on the way at most
  CHECK(server.scratch_files() == 0);
}

TEST_CASE("what a crash left on the scratch disk is replaced") {
  Server server;
  add_many(server);
  const auto expected = server.paths();
  server.definition.names_in_memory_max = 10;
  for (int i = 0; i < 5; ++i) {
    server.scratch.plant("sort/" + std::to_string(i) + ".tmp", view_of("old"));
  }
  CHECK(server.paths() == expected);
  CHECK(server.scratch_files() == 0);
}

TEST_CASE("a scratch disk that is full or loses bytes fails the listing as a whole") {
  Server server;
  add_many(server);
  server.definition.names_in_memory_max = 10;
  const auto source = server.source();
  const auto listing = source->list().value();
  std::optional<Error> failure;
  SECTION("full") {
    server.scratch.set_capacity(100);
    rest_of(*listing, &failure);
    CHECK(failure->code == ErrorCode::no_space);
  }
  SECTION("cut short") {
    Listed step;
    while (step.item.path != "calls/wide") REQUIRE(*listing->next(step));
    const auto file = server.scratch.list("sort").value().back().name;
    server.scratch.plant("sort/" + file, view_of("1"));
    rest_of(*listing, &failure);
    CHECK(failure->code == ErrorCode::truncated);
  }
}

TEST_CASE("a name that the system hands out twice is there once") {
  Server server;
  RunStore store(server.scratch);
  NameSorter sorter(store);
  const bool spills = GENERATE(false, true);
  for (const std::string name : {"b", "a", "b", "ab", "b", "a"}) {
    sorter.add(name);
    if (spills && sorter.in_memory() == 2) REQUIRE(sorter.spill());
  }
  SortedNames names = sorter.finish().value();
  CHECK(all_of(names) == std::vector<std::string>{"a", "ab", "b"});
}

TEST_CASE("names that wait go on after they were spilled and parked") {
  Server server;
  RunStore store(server.scratch);
  NameSorter sorter(store);
  for (const std::string name : {"d", "b", "a", "c"}) sorter.add(name);
  SortedNames names = sorter.finish().value();
  CHECK(*names.next().value() == "a");
  REQUIRE(names.spill());
  CHECK(names.in_memory() == 0);
  CHECK(*names.next().value() == "b");
  names.park();
  CHECK(all_of(names) == std::vector<std::string>{"c", "d"});
  REQUIRE(names.discard());
  CHECK(server.scratch_files() == 0);
}

}  // namespace holdfast::source
