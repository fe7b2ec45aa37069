// SPDX-License-Identifier: Apache-2.0
// Which disk is in which bay of the box, for whoever stands before it and must pull the right one.
//
//   [bays] of appliance.toml: a place for each bay      without: one row, by the paths of the disks
//     place is a folder, or a plug (/dev/disk/by-path/…)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/app/plugged_disks.h"

namespace holdfast::app {

inline constexpr std::string_view kPlugs = "/dev/disk/by-path/";

// As appliance.toml tells it (docs/formats.md, section 11).
struct BayPlan {
  std::uint32_t rows = 1;
  std::uint32_t columns = 1;
  std::uint32_t first = 1;               // number of the first bay
  bool goes_down = false;                // the second bay is below the first one, not beside it
  std::vector<std::string> places = {};  // in order; empty: nothing is known of that bay
};

enum class BayState : std::uint8_t {
  member,   // in the pool's list of disks, be it there or not
  mounted,  // a file system that is no member
  plugged,  // a disk with nothing mounted
  empty,
};
[[nodiscard]] std::string_view name_of(BayState state);

struct Bay {
  std::optional<std::uint32_t> number = {};  // none: nobody knows where it is
  std::uint32_t row = 0;                     // from 1, as column; both zero without a number
  std::uint32_t column = 0;
  BayState state = BayState::empty;
  std::string path = {};                        // of the folder; empty: there is none
  std::optional<pool::DiskStatus> member = {};  // if it is one
  std::vector<ports::BlockDisk> hardware = {};
};

struct BayMap {
  std::uint32_t rows = 1;
  std::uint32_t columns = 0;
  std::vector<Bay> bays;  // by number, then those without
};

// `members` as status::disks_to_show() has them.
[[nodiscard]] BayMap map_bays(const std::optional<BayPlan>& plan,
                              const std::vector<pool::DiskStatus>& members, const Plugged& plugged);

// "/mnt/disk9" before "/mnt/disk10".
[[nodiscard]] bool comes_before(std::string_view left, std::string_view right);

}  // namespace holdfast::app
