// SPDX-License-Identifier: Apache-2.0
// The two bodies of ports::Watches, and what happens to files: on one they are real, on the other a
// few words say what a system would tell.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <optional>

#include "hal/base/path.h"
#include "hal/linux/bell.h"
#include "hal/linux/clock.h"
#include "hal/linux/descriptor.h"
#include "hal/linux/watch.h"
#include "hal/sim/bell.h"
#include "hal/sim/watch.h"
#include "tests/conformance/support.h"

namespace holdfast::test {

using ports::FileEvent;
using ports::FileEventKind;
using ports::WatchState;

// Collects what one watch tells. `wait` gives the port time for more, false when it has had enough.
template <class Body>
class WatchFixture {
 public:
  WatchFixture() { body.make_folder(body.root()); }

  void watch(ports::WatchRequest request = {}) {
    request.root = body.root();
    watched = body.watches().watch(std::move(request), body.bell());
  }
  // Watches, and lets the first scan pass.
  void watch_from_now(ports::WatchRequest request = {}) {
    watch(std::move(request));
    REQUIRE(is_told(FileEventKind::scan, ""));
    heard.clear();
  }
  template <class Condition>
  bool holds(const Condition& condition) {
    while (true) {
      for (FileEvent& event : watched->take()) heard.push_back(std::move(event));
      if (condition()) return true;
      if (!body.wait()) return false;
    }
  }
  bool is_told(FileEventKind kind, const std::string& path) {
    return holds([&] { return std::ranges::count(heard, FileEvent{kind, path}) > 0; });
  }
  bool is_at(WatchState state) {
    return holds([&] { return watched->state() == state; });
  }
  // Of that path the newest; nothing if nothing was told.
  std::optional<FileEventKind> newest_of(const std::string& path) {
    std::optional<FileEventKind> newest;
    for (const FileEvent& event : heard) {
      if (event.path == path) newest = event.kind;
    }
    return newest;
  }
  // All that was told until something that was done last is told.
  void hear_all() {
    body.write(body.root() + "/last");
    REQUIRE(is_told(FileEventKind::closed, "last"));
  }
  std::string at(const std::string& path) { return body.root() + "/" + path; }

  Body body;
  std::unique_ptr<ports::Watch> watched;
  std::vector<FileEvent> heard;
};

class LinuxWatches {
 public:
  ports::Watches& watches() { return watches_; }
  std::int64_t now_ns() { return linux::SystemClock().monotonic_ns(); }
  ports::Bell& bell() { return bell_; }
  std::string root() { return folder_.file("root"); }
  std::string outside(const std::string& name) { return folder_.file(name); }
  bool wait() {
    constexpr std::int64_t kPatience_ns = 30'000'000'000;
    return bell_.wait_until(linux::SystemClock().monotonic_ns() + kPatience_ns);
  }

  void make_folder(const std::string& path) { std::filesystem::create_directory(path); }
  void begin_writing(const std::string& path) {
    open_[path] = linux::open_at(AT_FDCWD, path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    write_more(path);
  }
  void write_more(const std::string& path) {
    REQUIRE(::write(open_.at(path).number(), "x", 1) == 1);
  }
  void end_writing(const std::string& path) { open_.erase(path); }
  void write(const std::string& path) {
    begin_writing(path);
    end_writing(path);
  }
  void move(const std::string& from, const std::string& to) { std::filesystem::rename(from, to); }
  void remove(const std::string& path) { std::filesystem::remove_all(path); }
  void link(const std::string& to, const std::string& path) {
    std::filesystem::create_hard_link(to, path);
  }
  void touch(const std::string& path) {
    std::filesystem::permissions(path, std::filesystem::perms::owner_read);
  }

 private:
  TemporaryFolder folder_;
  linux::EventBell bell_;
  linux::InotifyWatches watches_{{.look_ns = 20'000'000, .retry_ns = 20'000'000}};
  std::map<std::string, linux::Descriptor> open_;
};

class SimulatedWatches {
 public:
  ports::Watches& watches() { return watches_; }
  ports::Bell& bell() { return bell_; }
  std::int64_t now_ns() { return clock_.monotonic_ns(); }
  std::string root() { return "/root"; }
  std::string outside(const std::string& name) { return "/" + name; }
  bool wait() { return bell_.wait_until(0); }

  void make_folder(const std::string& path) {
    if (path == root()) return watches_.set(path, WatchState::events);
    watches_.happen(FileEventKind::folder, path);
  }
  void begin_writing(const std::string& path) {
    watches_.happen(FileEventKind::created, path);
    write_more(path);
  }
  void write_more(const std::string& path) {
    watches_.put(path, ports::FileStatus{.size = ++sizes_[path]});
    watches_.happen(FileEventKind::written, path);
  }
  void end_writing(const std::string& path) { watches_.happen(FileEventKind::closed, path); }
  void write(const std::string& path) {
    begin_writing(path);
    end_writing(path);
  }
  void move(const std::string& from, const std::string& to) {
    const bool is_folder = !from.ends_with(".wav");
    watches_.happen(FileEventKind::removed, from);
    watches_.happen(is_folder ? FileEventKind::folder : FileEventKind::closed, to);
  }
  void remove(const std::string& path) {
    if (path == root()) return watches_.set(path, WatchState::away);
    watches_.put(path, make_error(ErrorCode::not_found, path));
    watches_.happen(FileEventKind::removed, path);
  }
  void link(const std::string&, const std::string& path) {
    watches_.happen(FileEventKind::created, path);
    watches_.happen(FileEventKind::closed, path);
  }
  void touch(const std::string& path) { watches_.happen(FileEventKind::altered, path); }

 private:
  sim::SimClock clock_{Timestamp{0}};
  sim::SimBell bell_{clock_};
  sim::SimWatches watches_{clock_};
  std::map<std::string, std::uint64_t> sizes_;
};

}  // namespace holdfast::test
