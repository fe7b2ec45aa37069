// SPDX-License-Identifier: Apache-2.0
// What only a real system does to a watch.
#include <condition_variable>
#include <mutex>

#include "tests/conformance/watch_fixture.h"

namespace holdfast::test {

// A door that a thread of the port has to pass.
class Door {
 public:
  void pass() {
    std::unique_lock lock(mutex_);
    is_reached_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return is_open_; });
  }
  void wait_until_reached() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_reached_; });
  }
  void open() {
    const std::scoped_lock lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_reached_ = false;
  bool is_open_ = false;
};

TEST_CASE("events that the system could not keep become a scan", "[watch]") {
  constexpr int kMoreThanItKeeps = 10'000;  // with two events each; it keeps 16384
  WatchFixture<LinuxWatches> fixture;
  Door door;
  fixture.watch_from_now({.is_wanted = [&](std::string_view, std::string_view name) {
    if (name == "stop") door.pass();
    return true;
  }});
  fixture.body.write(fixture.at("stop"));
  door.wait_until_reached();
  for (int i = 0; i < kMoreThanItKeeps; ++i) {
    fixture.body.write(fixture.at(std::to_string(i)));
  }
  door.open();
  CHECK(fixture.is_told(FileEventKind::scan, ""));
  fixture.body.write(fixture.at("after"));
  CHECK(fixture.is_told(FileEventKind::closed, "after"));
}

TEST_CASE("a watch goes at once, whatever the file system does, and says nothing more", "[watch]") {
  TemporaryFolder folder;
  linux::EventBell bell;
  Door door;
  std::optional<linux::InotifyWatches> watches(std::in_place);
  std::filesystem::create_directory(folder.file("stop"));
  auto watch = watches->watch({.root = folder.path(),
                               .is_wanted =
                                   [&](std::string_view, std::string_view) {
                                     door.pass();
                                     return true;
                                   }},
                              bell);
  door.wait_until_reached();
  watch.reset();
  // Its thread hangs, and nobody waits for it but who ends them all.
  door.open();
  watches.reset();
  CHECK_FALSE(bell.wait_until(linux::SystemClock().monotonic_ns()));
}

TEST_CASE("what nobody takes becomes a scan, and takes no more room", "[watch]") {
  constexpr int kFiles = 100;
  WatchFixture<LinuxWatches> fixture;
  linux::InotifyWatches few({.events_max = 10});
  fixture.watched = few.watch({.root = fixture.body.root()}, fixture.body.bell());
  REQUIRE(fixture.is_told(FileEventKind::scan, ""));
  fixture.heard.clear();
  for (int i = 0; i < kFiles; ++i) fixture.body.write(fixture.at(std::to_string(i)));
  CHECK(fixture.is_told(FileEventKind::scan, ""));
  fixture.watched.reset();  // before those it is of
}

TEST_CASE("folders beyond the limit are not watched, and that is said", "[watch]") {
  TemporaryFolder folder;
  linux::EventBell bell;
  for (const char* name : {"a", "b", "c"}) std::filesystem::create_directory(folder.file(name));
  linux::InotifyWatches watches({.folders_max = 3, .retry_ns = 20'000'000});
  const auto watch = watches.watch({.root = folder.path()}, bell);
  const auto wait_for = [&](WatchState state) {
    constexpr std::int64_t kPatience_ns = 30'000'000'000;
    while (watch->state() != state) {
      REQUIRE(bell.wait_until(linux::SystemClock().monotonic_ns() + kPatience_ns));
    }
  };
  wait_for(WatchState::too_many);
  CHECK(watch->take().empty());
  std::filesystem::remove(folder.file("c"));
  wait_for(WatchState::events);
  // One more while it stands.
  std::filesystem::create_directory(folder.file("d"));
  wait_for(WatchState::too_many);
}

TEST_CASE("a folder that cannot be opened is not taken for one that went", "[watch]") {
  WatchFixture<LinuxWatches> fixture;
  // Its path is longer than the system takes in one piece.
  std::filesystem::path deep = fixture.body.root();
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(deep);
  const std::string name(250, 'd');
  for (int i = 0; i < 20; ++i) {
    std::filesystem::create_directory(name);
    std::filesystem::current_path(name);
  }
  std::filesystem::current_path(before);
  fixture.watch();
  CHECK(fixture.is_at(WatchState::too_many));
  CHECK(fixture.watched->take().empty());
}

TEST_CASE("a watch follows no links, and a link is whole", "[watch]") {
  WatchFixture<LinuxWatches> fixture;
  fixture.body.make_folder(fixture.body.outside("other"));
  std::filesystem::create_directory_symlink(fixture.body.outside("other"), fixture.at("old"));
  fixture.watch_from_now();
  std::filesystem::create_directory_symlink(fixture.body.outside("other"), fixture.at("new"));
  CHECK(fixture.is_told(FileEventKind::closed, "new"));
  fixture.body.write(fixture.body.outside("other/a.wav"));
  fixture.hear_all();
  CHECK_FALSE(fixture.newest_of("old/a.wav"));
  CHECK_FALSE(fixture.newest_of("new/a.wav"));
}

TEST_CASE("a tree that grows while it is watched hides nothing", "[watch]") {
  constexpr int kFolders = 200;
  WatchFixture<LinuxWatches> fixture;
  fixture.watch_from_now();
  for (int i = 0; i < kFolders; ++i) {
    const std::string folder = std::to_string(i);
    std::filesystem::create_directories(fixture.at(folder + "/a/b"));
    fixture.body.write(fixture.at(folder + "/a/b/file"));
  }
  fixture.hear_all();
  // Of each either the file itself, or a folder that has it and was told of when it was watched.
  for (int i = 0; i < kFolders; ++i) {
    const std::string file = std::to_string(i) + "/a/b/file";
    const auto tells_of_it = [&](const FileEvent& event) {
      return event == FileEvent{FileEventKind::closed, file} ||
             (event.kind == FileEventKind::folder && is_within(file, event.path));
    };
    CHECK(std::ranges::any_of(fixture.heard, tells_of_it));
  }
}

TEST_CASE("a watch that goes leaves nothing behind, at whatever it is", "[watch]") {
  WatchFixture<LinuxWatches> fixture;
  for (int i = 0; i < 50; ++i) {
    fixture.watch();
    fixture.body.write(fixture.at(std::to_string(i)));
    fixture.watched.reset();
  }
}

TEST_CASE("remote file systems raise no events", "[watch]") {
  CHECK(linux::is_silent(0x6969));            // nfs
  CHECK(linux::is_silent(0xFF534D42));        // cifs
  CHECK(linux::is_silent(0xFE534D42));        // smb2
  CHECK(linux::is_silent(0x65735546));        // fuse
  CHECK_FALSE(linux::is_silent(0xEF53));      // ext4
  CHECK_FALSE(linux::is_silent(0x58465342));  // xfs
  CHECK_FALSE(linux::is_silent(0x01021994));  // tmpfs
}

}  // namespace holdfast::test
