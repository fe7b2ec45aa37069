// SPDX-License-Identifier: Apache-2.0
// A small box all of whose files can be listed, and what may happen to any one of them.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "firmware/job/scrub.h"
#include "hal/base/path.h"
#include "tests/sim/machines.h"

namespace holdfast::test {

// What happens to one file. `other_*`: with a file of the same kind.
enum class Way {
  deleted,
  zeroed,
  cut,
  extended,
  flipped,
  stale,          // as it was a day before
  renamed,        // to another name that a file of its kind may have
  duplicated,     // under such a name
  swapped,        // with another file of its kind on its disk
  swapped_disks,  // with the file of its name on the next disk, or else moved there
  overwritten,    // by another file of its kind on its disk
  folder,         // a folder has its name
};
inline constexpr int kWays = 12;

inline const char* text_of(Way way) {
  static constexpr std::array<const char*, kWays> kTexts{
      "deleted", "zeroed",  "cut",     "extended",      "flipped",     "stale",
      "renamed", "doubled", "swapped", "swapped disks", "overwritten", "folder"};
  return kTexts.at(static_cast<std::size_t>(way));
}

enum class FileKind { label, keyring, wrap, segment, shard, other };

inline FileKind kind_of(const std::string& path) {
  if (path.starts_with("label")) return FileKind::label;
  if (path == "keyring") return FileKind::keyring;
  if (path.starts_with("wraps/")) return FileKind::wrap;
  if (path.ends_with(".segment")) return FileKind::segment;
  if (path.ends_with(".shard")) return FileKind::shard;
  return FileKind::other;
}

// Another digit, one higher.
inline std::string counted_up(std::string name, std::size_t at) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  const std::size_t digit = kDigits.find(name[at]);
  HF_CHECK(digit != std::string_view::npos);
  name[at] = kDigits[(digit + 1) % kDigits.size()];
  return name;
}

// Another name that a file of this kind may have; `which` chooses among several.
inline std::string another_name(const std::string& path, std::uint64_t which) {
  switch (kind_of(path)) {
    case FileKind::shard: {  // ..<name>-gggg-ii.shard: another index, generation, pack
      const std::size_t end = path.size() - std::string_view(".shard").size();
      constexpr std::array<std::size_t, 3> kBack{1, 4, 9};
      return counted_up(path, end - kBack.at(which % kBack.size()));
    }
    case FileKind::segment: {  // another number, another attempt
      const std::size_t end = path.size() - std::string_view(".segment").size();
      if (which % 2 == 0) return counted_up(path, end - 1);
      return path.substr(0, end) + "-01.segment";
    }
    case FileKind::wrap: {  // another version, another recipient
      return counted_up(path, path.size() - (which % 2 == 0 ? 1 : 10));
    }
    case FileKind::label:
    case FileKind::keyring:
    case FileKind::other:
      break;
  }
  return path + ".old";
}

// Two days: a first backup, a hold, a second backup.
class AnyFileBox : public SimBox {
 public:
  AnyFileBox() {
    REQUIRE(init());
    {
      const auto box = open();
      pool::CreateOptions options;
      options.policy = pool::GeometryPolicy::fixed;
      options.fixed = {4, 2};
      REQUIRE((*box)->create_pool(disk_names(), options));
    }
    REQUIRE(add_business());
    write("a.wav", noise(1500));
    write("b.txt", "b");
    back_up();
    day_before = images();
    home_before = image_of(home);
    clock.advance(86'400'000'000'000);
    REQUIRE(hold());
    write("c.wav", noise(900));
    back_up();
  }

  void back_up() {
    const auto report = backup();
    INFO((report ? "" : debug_text(report.error())));
    REQUIRE(report);
    acknowledged.emplace_back(report->snapshot.number, source());
  }
  Result<journal::Head> hold() {
    HF_TRY(const auto opened, open());
    HF_TRY(const auto business, opened->open_business("calls", vault::Access::write));
    return business->hold(journal::HoldScope::item, "calls/a.wav", "audit");
  }
  Result<job::ScrubSummary> scrub(bool heals = false) {
    HF_TRY(const auto box, open());
    job::ScrubRequest request;
    request.heal = heals;
    return job::run_scrub(*box, request);
  }
  std::vector<Image> images() {
    std::vector<Image> all;
    for (const auto& disk : disks) all.push_back(image_of(*disk));
    return all;
  }
  std::string noise(std::size_t size) {
    Bytes bytes(size);
    noise_.fill(bytes);
    return {bytes.begin(), bytes.end()};
  }

  std::vector<std::pair<std::uint64_t, Contents>> acknowledged;
  std::vector<Image> day_before;
  Image home_before;

 private:
  sim::SimRandom noise_{5};
};

// A file of a disk.
struct Place {
  sim::SimDisk* disk = nullptr;
  std::string path;
  [[nodiscard]] std::string text() const { return disk->name() + "/" + path; }
};

// Does it to the file and says which names do not have what they had; none: nothing has changed, or
// it cannot be done to this file. `image`: of its disk; `before`: the day before; `next`: another
// disk, which may be absent.
class Damage {
 public:
  Damage(Place place, const Image& image, const Image& before, sim::SimDisk* next,
         std::uint64_t seed)
      : place_(std::move(place)), image_(image), before_(before), next_(next), dice_(seed) {
    bytes_ = image_.at(place_.path);
  }

  std::vector<Place> apply(Way way) {
    switch (way) {
      case Way::deleted:
        place_.disk->erase(place_.path);
        return {place_};
      case Way::zeroed:
        return write(place_, Bytes(bytes_.size()));
      case Way::cut:
        return write(place_, Bytes(bytes_.begin(), bytes_.begin() + any_of(bytes_.size())));
      case Way::extended:
        bytes_.push_back(static_cast<std::uint8_t>(dice_.below(256)));
        return write(place_, bytes_);
      case Way::flipped:
        bytes_[static_cast<std::size_t>(any_of(bytes_.size()))] ^=
            static_cast<std::uint8_t>(1U << dice_.below(8));
        return write(place_, bytes_);
      case Way::stale:
        return before_.contains(place_.path) ? write(place_, before_.at(place_.path)) : nothing();
      case Way::renamed:
      case Way::duplicated:
        return give_name(way == Way::renamed);
      case Way::swapped:
        return swap_with(another_of_kind());
      case Way::swapped_disks:
        return swap_disks();
      case Way::overwritten: {
        const auto other = another_of_kind();
        return other ? write(place_, image_.at(other->path)) : nothing();
      }
      case Way::folder:
        place_.disk->erase(place_.path);
        REQUIRE(place_.disk->make_directory(place_.path));
        return {place_};
    }
    return {};
  }

 private:
  static std::vector<Place> nothing() { return {}; }
  std::ptrdiff_t any_of(std::size_t size) {
    return static_cast<std::ptrdiff_t>(dice_.below(std::max<std::size_t>(size, 1)));
  }
  static std::vector<Place> write(const Place& place, const Bytes& bytes) {
    if (place.disk->contents(place.path) == bytes) return {};
    place.disk->plant(place.path, bytes);
    return {place};
  }
  std::vector<Place> give_name(bool takes_away) {
    const Place other{place_.disk, another_name(place_.path, dice_.next())};
    if (image_.contains(other.path)) return {};
    std::vector<Place> touched = write(other, bytes_);
    if (takes_away) place_.disk->erase(place_.path);
    if (takes_away) touched.push_back(place_);
    return touched;
  }
  std::optional<Place> another_of_kind() {
    std::vector<std::string> paths;
    for (const auto& [path, bytes] : image_) {
      if (path != place_.path && kind_of(path) == kind_of(place_.path)) paths.push_back(path);
    }
    if (paths.empty()) return std::nullopt;
    return Place{place_.disk, paths[static_cast<std::size_t>(any_of(paths.size()))]};
  }
  std::vector<Place> swap_with(const std::optional<Place>& other) {
    if (!other) return {};
    const Bytes others = *other->disk->contents(other->path);
    if (others == bytes_) return {};
    other->disk->plant(other->path, bytes_);
    place_.disk->plant(place_.path, others);
    return {place_, *other};
  }
  std::vector<Place> swap_disks() {
    if (next_ == nullptr) return {};
    const Place other{next_, place_.path};
    if (next_->contents(place_.path)) return swap_with(other);
    next_->plant(place_.path, bytes_);
    place_.disk->erase(place_.path);
    return {place_, other};
  }

  Place place_;
  const Image& image_;
  const Image& before_;
  sim::SimDisk* next_;
  sim::Generator dice_;
  Bytes bytes_;
};

}  // namespace holdfast::test
