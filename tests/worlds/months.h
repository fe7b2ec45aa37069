// SPDX-License-Identifier: Apache-2.0
// Months at a site that somebody visits once a month. Timers work alone until then: each day a
// backup and a look at the disks, each week a prune and a drill.
//
//   a day      what happens to a disk (disk_states.h) -> jobs -> checks.h
//   a month    thirty of them -> somebody comes, does what the box asks for, and it is green
//   the end    in some worlds: more disks go than the pool bears
//
// Checked beyond what every day is:
//   alone      what lay on a disk that is gone is made anew by the timers, and then m more may go
//   believed   when the box says that it is whole it is: so much more may be hurt from then on
//   named      whoever comes is told which disks to replace
//   green      after each visit, by hands or by the timers alone within a cycle of scrubs; and a
//              prune that stood still goes on
//   strangers  not a byte of a disk that is none of the box's changes
//   lost       with more than m gone the list of what is lost has what no snapshot gives back, and
//              nothing else
#pragma once

#include <string>

#include "tests/worlds/disk_states.h"
#include "tests/worlds/life.h"

namespace holdfast::worlds {

class Months {
 public:
  explicit Months(Life& life) : life_(life), states_(life) {}

  // Empty, or what a promise was broken by. Ends at the first.
  [[nodiscard]] std::string run();

 private:
  [[nodiscard]] std::string live_a_day(bool may_happen);
  void work_a_day(bool may_happen);
  void tend(bool may_happen);
  void believe(const job::TendSummary& tended);
  void prune();
  [[nodiscard]] std::string check_alone();
  [[nodiscard]] std::string check_made_up();
  [[nodiscard]] std::string visit();
  [[nodiscard]] std::set<std::size_t> named_disks();
  [[nodiscard]] std::string take_out_named();
  [[nodiscard]] std::string become_green();
  [[nodiscard]] bool become_green_by_timers();
  [[nodiscard]] bool is_whole();
  [[nodiscard]] std::string check_prune_goes_on();
  void change_members();
  [[nodiscard]] std::string lose_too_many();
  [[nodiscard]] std::string check_lost(const std::set<std::string>& told);

  Life& life_;
  DiskStates states_;
  bool has_tended_ = false;        // the last call by a timer ended well
  bool is_checked_alone_ = false;  // since the last disk went
};

}  // namespace holdfast::worlds
