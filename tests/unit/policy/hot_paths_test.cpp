// SPDX-License-Identifier: Apache-2.0
#include "firmware/policy/hot_paths.h"

#include <catch2/catch.hpp>

namespace holdfast::policy {

namespace {

using Paths = std::vector<std::string>;

constexpr HotLimits kLimits{.paths_max = 10, .bytes_max = 1000, .fold_min = 4};

Paths choose(const Paths& waiting, const HotLimits& limits = kLimits) {
  const std::vector<std::string_view> views(waiting.begin(), waiting.end());
  return choose_paths(views, limits);
}

Paths files_in(const std::string& folder, std::size_t count) {
  Paths files;
  for (std::size_t i = 0; i < count; ++i) files.push_back(folder + "/" + std::to_string(i));
  return files;
}

Paths operator+(Paths left, const Paths& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Paths newest(const std::vector<SeenFolder>& folders) {
  Paths names;
  for (const std::size_t i : choose_newest(folders)) names.push_back(folders[i].name);
  return names;
}

}  // namespace

TEST_CASE("few paths are looked at one by one, though all lie in one folder", "[hot]") {
  CHECK(choose(files_in("calls/31", 10)) == files_in("calls/31", 10));
  CHECK(choose({}).empty());
}

TEST_CASE("of too many the fullest folder stands for its own", "[hot]") {
  const Paths waiting = files_in("calls/30", 5) + files_in("calls/31", 6);
  CHECK(choose(waiting) == files_in("calls/30", 5) + Paths{"calls/31"});
  const Paths more = files_in("calls/30", 12) + files_in("calls/31", 11);
  CHECK(choose(more) == Paths{"calls/30", "calls/31"});
}

TEST_CASE("folders that hold few are not looked at for them: the oldest go first", "[hot]") {
  const Paths waiting = files_in("calls/1", 3) + files_in("calls/2", 3) + files_in("calls/3", 3) +
                        files_in("calls/4", 3);
  CHECK(choose(waiting) == files_in("calls/1", 3) + files_in("calls/2", 3) +
                               files_in("calls/3", 3) + Paths{"calls/4/0"});
}

TEST_CASE("the bytes of paths are bounded as well", "[hot]") {
  const std::string folder = "calls/" + std::string(200, 'a');
  CHECK(choose(files_in(folder, 3)).size() == 3);
  CHECK(choose(files_in(folder, 5)) == Paths{folder});
}

TEST_CASE("a source stands for its own files, and nothing stands for sources", "[hot]") {
  CHECK(choose(files_in("calls", 11)) == Paths{"calls"});
  Paths sources;
  for (int i = 0; i < 12; ++i) sources.push_back("source" + std::to_string(i));
  CHECK(choose(sources).size() == 10);
}

TEST_CASE("of folders with dates the last two are the newest, as people count", "[hot]") {
  CHECK(newest({{"1", 0}, {"2", 0}, {"9", 0}, {"10", 0}, {"11", 0}}) == Paths{"10", "11"});
  CHECK(newest({{"2020-12-31", 0}, {"2021-01-01", 0}, {"2021-01-02", 0}}) ==
        Paths{"2021-01-01", "2021-01-02"});
  CHECK(newest({{"08", 0}, {"09", 0}, {"010", 0}}) == Paths{"09", "010"});
  CHECK(newest({{"12", 0}}) == Paths{"12"});
}

TEST_CASE("a folder of a date that changed of late is as good as a new one", "[hot]") {
  CHECK(newest({{"01", 9}, {"02", 8}, {"03", 1}, {"04", 2}, {"05", 3}}) ==
        Paths{"01", "02", "04", "05"});
}

TEST_CASE("folders that are no dates are all likely, up to a number", "[hot]") {
  CHECK(newest({{"agent7", 1}, {"2021", 1}, {"queue", 2}, {"2020", 1}, {"2019", 0}}) ==
        Paths{"agent7", "2021", "queue", "2020"});
  std::vector<SeenFolder> agents;
  for (int i = 0; i < 100; ++i) agents.push_back({"agent" + std::to_string(i), i});
  const Paths chosen = newest(agents);
  CHECK(chosen.size() == 64);
  CHECK(chosen.front() == "agent36");
}

}  // namespace holdfast::policy
