// SPDX-License-Identifier: Apache-2.0
// hal/ports/watch.h on both bodies.
#include "tests/conformance/watch_fixture.h"

namespace holdfast::test {

TEMPLATE_TEST_CASE("a watch that stands asks for a look at all that was before", "[watch]",
                   LinuxWatches, SimulatedWatches) {
  WatchFixture<TestType> fixture;
  fixture.watch();
  REQUIRE(fixture.is_at(WatchState::events));
  CHECK(fixture.heard == std::vector<FileEvent>{{FileEventKind::scan, ""}});
}

TEMPLATE_TEST_CASE("a file is whole when it is closed, and not before", "[watch]", LinuxWatches,
                   SimulatedWatches) {
  WatchFixture<TestType> fixture;
  fixture.watch_from_now();
  const std::string path = fixture.at("a.wav");
  fixture.body.begin_writing(path);
  fixture.hear_all();
  CHECK(fixture.heard.front() == FileEvent{FileEventKind::created, "a.wav"});
  CHECK(fixture.newest_of("a.wav") == FileEventKind::written);
  fixture.body.end_writing(path);
  CHECK(fixture.is_told(FileEventKind::closed, "a.wav"));

  fixture.heard.clear();
  fixture.body.begin_writing(path);
  CHECK(fixture.is_told(FileEventKind::written, "a.wav"));
  fixture.body.end_writing(path);
  CHECK(fixture.is_told(FileEventKind::closed, "a.wav"));
}

TEMPLATE_TEST_CASE("what is moved here is whole, and what is moved away or removed is gone",
                   "[watch]", LinuxWatches, SimulatedWatches) {
  WatchFixture<TestType> fixture;
  fixture.body.write(fixture.body.outside("a.wav"));
  fixture.body.write(fixture.at("b.wav"));
  fixture.body.write(fixture.at("c.wav"));
  fixture.watch_from_now();
  fixture.body.move(fixture.body.outside("a.wav"), fixture.at("a.wav"));
  fixture.body.move(fixture.at("b.wav"), fixture.body.outside("b.wav"));
  fixture.body.remove(fixture.at("c.wav"));
  fixture.hear_all();
  CHECK(fixture.newest_of("a.wav") == FileEventKind::closed);
  CHECK(fixture.newest_of("b.wav") == FileEventKind::removed);
  CHECK(fixture.newest_of("c.wav") == FileEventKind::removed);
}

TEMPLATE_TEST_CASE("a second name of a file is whole, and new rights are told", "[watch]",
                   LinuxWatches, SimulatedWatches) {
  WatchFixture<TestType> fixture;
  fixture.body.write(fixture.at("a.wav"));
  fixture.watch_from_now();
  fixture.body.link(fixture.at("a.wav"), fixture.at("b.wav"));
  CHECK(fixture.is_told(FileEventKind::closed, "b.wav"));
  fixture.heard.clear();
  fixture.body.touch(fixture.at("a.wav"));
  CHECK(fixture.is_told(FileEventKind::altered, "a.wav"));
}

TEMPLATE_TEST_CASE("a folder that is new is told of when its own files are", "[watch]",
                   LinuxWatches, SimulatedWatches) {
  WatchFixture<TestType> fixture;
  fixture.watch_from_now();
  fixture.body.make_folder(fixture.at("01"));
  CHECK(fixture.is_told(FileEventKind::folder, "01"));
  fixture.body.make_folder(fixture.at("01/31"));
  CHECK(fixture.is_told(FileEventKind::folder, "01/31"));
  fixture.body.write(fixture.at("01/31/a.wav"));
  CHECK(fixture.is_told(FileEventKind::closed, "01/31/a.wav"));
}

TEMPLATE_TEST_CASE("a folder moved here brings all below it, by its new name", "[watch]",
                   LinuxWatches, SimulatedWatches) {
  WatchFixture<TestType> fixture;
  fixture.body.make_folder(fixture.body.outside("day"));
  fixture.body.make_folder(fixture.body.outside("day/deep"));
  fixture.watch_from_now();
  fixture.body.move(fixture.body.outside("day"), fixture.at("31"));
  REQUIRE(fixture.is_told(FileEventKind::folder, "31"));
  fixture.body.write(fixture.at("31/deep/a.wav"));
  REQUIRE(fixture.is_told(FileEventKind::closed, "31/deep/a.wav"));

  fixture.body.move(fixture.at("31"), fixture.at("32"));
  REQUIRE(fixture.is_told(FileEventKind::removed, "31"));
  REQUIRE(fixture.is_told(FileEventKind::folder, "32"));
  fixture.body.write(fixture.at("32/deep/b.wav"));
  CHECK(fixture.is_told(FileEventKind::closed, "32/deep/b.wav"));

  fixture.body.move(fixture.at("32"), fixture.body.outside("gone"));
  REQUIRE(fixture.is_told(FileEventKind::removed, "32"));
  fixture.heard.clear();
  fixture.body.write(fixture.body.outside("gone/deep/c.wav"));
  fixture.hear_all();
  CHECK_FALSE(fixture.newest_of("32/deep/c.wav"));
}

TEMPLATE_TEST_CASE("nothing is told of what nobody wants", "[watch]", LinuxWatches,
                   SimulatedWatches) {
  WatchFixture<TestType> fixture;
  fixture.body.make_folder(fixture.at("private"));
  fixture.watch_from_now(
      {.exclude_paths = {std::filesystem::weakly_canonical(fixture.at("private"))},
       .is_wanted = [](std::string_view folder, std::string_view name) {
         return !name.ends_with(".part") && !(folder == "old" && name == "01");
       }});
  fixture.body.write(fixture.at("a.part"));
  fixture.body.write(fixture.at("private/a.wav"));
  fixture.body.make_folder(fixture.at("old"));
  REQUIRE(fixture.is_told(FileEventKind::folder, "old"));
  fixture.body.make_folder(fixture.at("old/01"));
  fixture.body.write(fixture.at("old/01/a.wav"));
  fixture.hear_all();
  for (const char* path : {"a.part", "private/a.wav", "old/01", "old/01/a.wav"}) {
    CHECK_FALSE(fixture.newest_of(path));
  }
}

TEMPLATE_TEST_CASE("until when all was told is said, and is true", "[watch]", LinuxWatches,
                   SimulatedWatches) {
  WatchFixture<TestType> fixture;
  fixture.watch_from_now();
  for (const char* name : {"a.wav", "b.wav", "c.wav"}) {
    fixture.body.write(fixture.at(name));
    const std::int64_t written_ns = fixture.body.now_ns();
    // No bell is rung for that: it is asked again and again.
    while (fixture.watched->told_until_ns() < written_ns) {
    }
    for (FileEvent& event : fixture.watched->take()) fixture.heard.push_back(std::move(event));
    CHECK(std::ranges::count(fixture.heard, FileEvent{FileEventKind::closed, name}) >= 1);
  }
}

TEMPLATE_TEST_CASE("a folder that goes and comes back is looked at again", "[watch]", LinuxWatches,
                   SimulatedWatches) {
  WatchFixture<TestType> fixture;
  fixture.watch_from_now();
  fixture.body.remove(fixture.body.root());
  REQUIRE(fixture.is_at(WatchState::away));
  fixture.heard.clear();
  fixture.body.make_folder(fixture.body.root());
  REQUIRE(fixture.is_at(WatchState::events));
  CHECK(fixture.is_told(FileEventKind::scan, ""));
  fixture.body.write(fixture.at("a.wav"));
  CHECK(fixture.is_told(FileEventKind::closed, "a.wav"));
}

TEMPLATE_TEST_CASE("a path is looked at when somebody asks", "[watch]", LinuxWatches,
                   SimulatedWatches) {
  WatchFixture<TestType> fixture;
  const std::string path = fixture.at("done.flag");
  const auto look = fixture.body.watches().look_at(path, fixture.body.bell());
  const auto found = [&] {
    look->ask();
    std::optional<Result<ports::FileStatus>> taken;
    while (!(taken = look->take())) REQUIRE(fixture.body.wait());
    return *taken;
  };
  CHECK_FALSE(look->take());
  CHECK(found().error().code == ErrorCode::not_found);
  CHECK_FALSE(look->take());
  fixture.body.write(path);
  const auto first = found();
  REQUIRE(first);
  CHECK(first->size == 1);
  fixture.body.write(path);
  CHECK(found()->size == 2);
  fixture.body.remove(path);
  CHECK(found().error().code == ErrorCode::not_found);
}

}  // namespace holdfast::test
