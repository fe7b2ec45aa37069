// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/bay_map.h"

#include <algorithm>

namespace holdfast::app {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Takes the digits that the text begins with, without zeros before them.
std::string_view take_number(std::string_view& text) {
  const std::size_t size =
      static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
  std::string_view digits = text.substr(0, size);
  text.remove_prefix(size);
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  return digits;
}

class BayMaker {
 public:
  BayMaker(const std::vector<pool::DiskStatus>& members, const Plugged& plugged)
      : members_(members), plugged_(plugged), placed_(members.size()) {}

  [[nodiscard]] Bay make(const std::string& place) {
    if (place.empty()) return {};
    return place.starts_with(kPlugs) ? of_plug(place.substr(kPlugs.size())) : of_folder(place);
  }
  // Of those that are in no bay, by their paths.
  [[nodiscard]] std::vector<Bay> others() {
    std::vector<Bay> bays;
    for (std::size_t i = 0; i < members_.size(); ++i) {
      if (!placed_[i]) bays.push_back(of_member(i));
    }
    std::ranges::sort(bays, comes_before, &Bay::path);
    return bays;
  }

 private:
  [[nodiscard]] Bay of_member(std::size_t number) {
    placed_[number] = true;
    const pool::DiskStatus& member = members_[number];
    Bay bay{.state = BayState::member, .path = member.path, .member = member};
    if (member.state != pool::DiskState::missing) bay.hardware = hardware_at(member.path);
    return bay;
  }
  [[nodiscard]] Bay of_mount(const ports::Mount& mount) const {
    return {.state = BayState::mounted, .path = mount.path, .hardware = hardware_at(mount.path)};
  }
  [[nodiscard]] Bay of_folder(const std::string& folder) {
    for (std::size_t i = 0; i < members_.size(); ++i) {
      if (!placed_[i] && members_[i].path == folder) return of_member(i);
    }
    const ports::Mount* mount = plugged_.mount_at(folder);
    Bay bay = mount != nullptr ? of_mount(*mount) : Bay{};
    bay.path = folder;
    return bay;
  }
  [[nodiscard]] Bay of_plug(const std::string& plug) {
    const auto disk = std::ranges::find(plugged_.disks, plug, &ports::BlockDisk::by_path);
    if (disk == plugged_.disks.end()) return {};
    const ports::Mount* other = nullptr;
    for (const ports::Mount& mount : plugged_.mounts) {
      if (std::ranges::find(mount.disks, disk->name) == mount.disks.end()) continue;
      for (std::size_t i = 0; i < members_.size(); ++i) {
        const bool is_here = members_[i].state != pool::DiskState::missing;
        if (is_here && !placed_[i] && members_[i].path == mount.path) return of_member(i);
      }
      if (other == nullptr) other = &mount;
    }
    Bay bay = other != nullptr ? of_mount(*other) : Bay{.state = BayState::plugged};
    bay.hardware = {*disk};
    return bay;
  }
  [[nodiscard]] std::vector<ports::BlockDisk> hardware_at(const std::string& path) const {
    std::vector<ports::BlockDisk> hardware;
    const ports::Mount* mount = plugged_.mount_at(path);
    if (mount == nullptr) return hardware;
    for (const std::string& name : mount->disks) {
      if (const ports::BlockDisk* disk = plugged_.disk(name)) hardware.push_back(*disk);
    }
    return hardware;
  }

  const std::vector<pool::DiskStatus>& members_;
  const Plugged& plugged_;
  std::vector<bool> placed_;  // of members_, by their numbers
};

void number(Bay& bay, std::uint32_t count, const BayPlan& plan) {
  bay.number = plan.first + count;
  bay.row = 1 + (plan.goes_down ? count % plan.rows : count / plan.columns);
  bay.column = 1 + (plan.goes_down ? count / plan.rows : count % plan.columns);
}

}  // namespace

std::string_view name_of(BayState state) {
  switch (state) {
    case BayState::member:
      return "member";
    case BayState::mounted:
      return "mounted";
    case BayState::plugged:
      return "plugged";
    case BayState::empty:
      return "empty";
  }
  return "empty";
}

bool comes_before(std::string_view left, std::string_view right) {
  while (!left.empty() && !right.empty()) {
    if (!is_digit(left.front()) || !is_digit(right.front())) {
      if (left.front() != right.front()) return left.front() < right.front();
      left.remove_prefix(1);
      right.remove_prefix(1);
      continue;
    }
    const std::string_view first = take_number(left);
    const std::string_view second = take_number(right);
    if (first.size() != second.size()) return first.size() < second.size();
    if (first != second) return first < second;
  }
  return left.size() < right.size();
}

BayMap map_bays(const std::optional<BayPlan>& plan, const std::vector<pool::DiskStatus>& members,
                const Plugged& plugged) {
  BayMaker maker(members, plugged);
  BayMap map;
  if (!plan) {
    map.bays = maker.others();
    map.columns = static_cast<std::uint32_t>(map.bays.size());
    const BayPlan row{.rows = 1, .columns = std::max(map.columns, 1U), .places = {}};
    for (std::uint32_t i = 0; i < map.columns; ++i) number(map.bays[i], i, row);
    return map;
  }
  map.rows = plan->rows;
  map.columns = plan->columns;
  for (std::uint32_t i = 0; i < plan->rows * plan->columns; ++i) {
    Bay bay = maker.make(i < plan->places.size() ? plan->places[i] : std::string());
    number(bay, i, *plan);
    map.bays.push_back(std::move(bay));
  }
  for (Bay& bay : maker.others()) map.bays.push_back(std::move(bay));
  return map;
}

}  // namespace holdfast::app
