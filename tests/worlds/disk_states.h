// SPDX-License-Identifier: Apache-2.0
// What becomes of disks between two visits. Some of it ends by itself, some only when somebody
// comes:
//
//   by itself   away for days and back · slow · another disk in the bay · as it was days ago · rot
//   ·
//               wrong now and then, and nobody is told · nearly full (all of them) · clock set
//   by a visit  dead in the bay · gone for good · failing now and then · read-only
//
// No more positions are hurt at a time than the pool bears. A position whose shards were all made
// anew elsewhere is not hurt any more, so that disk after disk may go.
#pragma once

#include <map>
#include <set>
#include <string>

#include "tests/worlds/life.h"

namespace holdfast::worlds {

class DiskStates {
 public:
  explicit DiskStates(Life& life) : life_(life) {}

  // One thing more, if it is possible now.
  void let_happen();
  // Bits of shards turn on one disk, if that can be borne; nobody is told.
  void turn_bits();
  // One more disk dies while the next job is at work; to be called before it, and after it.
  void begin_dying();
  void end_dying();
  // A disk that is a member no more, and may turn up in a bay again.
  void put_in_drawer(std::size_t disk) { drawer_.push_back(disk); }

  // Only a new disk helps, and for how many days that has been so.
  [[nodiscard]] const std::map<std::size_t, std::uint64_t>& broken() const { return broken_; }
  // It gives no byte any more.
  [[nodiscard]] bool is_dead(std::size_t disk) const { return dead_.contains(disk); }
  // Nobody can know before all of it was read.
  [[nodiscard]] bool has_hidden(std::size_t disk) const { return hidden_.contains(disk); }
  // Something goes on that ends by itself.
  [[nodiscard]] bool is_quiet() const { return going_on_ == 0; }
  // The day on which something happened last.
  [[nodiscard]] std::uint64_t last_day() const { return last_day_; }
  // A disk that is none of the box's has other bytes than it had. Empty: none has.
  [[nodiscard]] std::string touched() const;
  // Somebody takes it out, to put another one in.
  void take_out(std::size_t disk);
  void forget_hidden() { hidden_.clear(); }

 private:
  using Files = std::map<std::string, Bytes>;

  void go_away(const Position& position);
  void die(const Position& position);
  void go_for_good(const Position& position);
  [[nodiscard]] bool may_break_and_stay() const;
  void fail_now_and_then(const Position& position);
  void turn_read_only(const Position& position);
  void be_rotten(const Position& position);
  void be_wrong(const Position& position);
  void go_back(const Position& position);
  void have_another_in_its_bay(const Position& position);
  void be_slow();
  void be_full();
  void set_clock_once();
  void until_later(std::uint64_t days, std::function<void()> end);
  [[nodiscard]] const Position* some_position();
  [[nodiscard]] std::size_t deletions();
  [[nodiscard]] sim::SimDisk& disk_of(std::size_t disk) { return *life_.site().disks[disk]; }
  [[nodiscard]] const std::string& name_of(std::size_t disk) { return life_.site().path_of(disk); }
  [[nodiscard]] std::uint64_t some_days(std::uint64_t most) {
    return 1 + life_.generator().below(most);
  }

  Life& life_;
  std::map<std::size_t, std::uint64_t> broken_;  // disk, and the day since when
  std::set<std::size_t> dead_;
  std::set<std::size_t> hidden_;
  std::map<std::size_t, Files> strangers_;  // what they had when they were put in
  std::vector<std::size_t> drawer_;
  std::size_t going_on_ = 0;
  std::uint64_t last_day_ = 0;
  std::optional<std::size_t> dying_;
  std::uint64_t calls_left_ = 0;  // of the dying one
};

}  // namespace holdfast::worlds
