// SPDX-License-Identifier: Apache-2.0
// A random world: the days of one site, all of them made from a seed.
//
//   set up -> days with trouble, each checked (safety) -> trouble ends, hands mend -> all is green,
//   and every snapshot ever acknowledged comes back (repair)
//
// In some worlds more may be hurt at a time than the pool bears. There no wrong byte may come, what
// is gone is told, and at the end a backup makes a snapshot that has all that the source has.
//
// Trouble makers (trouble.h) know nothing of what is checked (checks.h), and checks nothing of who
// made trouble: only how many positions of the pool are hurt. The same seed gives the same world,
// call by call: trace() of two runs is equal.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "tests/worlds/site.h"

namespace holdfast::worlds {

// Rare things that were seen to happen. A campaign asks whether all did.
using Marks = std::set<std::string>;

class Life {
 public:
  explicit Life(std::uint64_t seed);

  // Empty, or what a promise was broken by. Ends at the first.
  [[nodiscard]] std::string run();

  // For whoever lives another life at the same site (months.h).

  void begin_day(std::int64_t hours);
  // Troubles whose time is over; all of them.
  void end_troubles(bool all);
  // What the owners of the source do in a day.
  void change_source();
  // Jobs. Each may be killed, or have its power cut, anywhere.
  void back_up();
  [[nodiscard]] Result<job::TendSummary> tend();
  [[nodiscard]] Result<job::PruneReport> prune(const Site::Meanwhile& meanwhile = {});
  void drill();
  [[nodiscard]] bool heal();
  // What somebody does who comes: each goes on where the one before was cut.
  void recover();
  void replace_missing();
  void grow();
  void shrink();
  void hold(const std::string& path);
  // Whether a disk is on its way in or out.
  [[nodiscard]] bool is_changing() const { return joining_ || leaving_; }
  // A backup of everything and a full scrub have nothing to say.
  [[nodiscard]] bool is_green();
  // Of more that was hurt than the pool bears.
  [[nodiscard]] std::string mend_what_is_left();
  // What a job did that it must never do; empty: nothing.
  [[nodiscard]] const std::string& broken() const { return broken_; }

  [[nodiscard]] Site& site() { return site_; }
  [[nodiscard]] sim::Generator& generator() { return generator_; }
  [[nodiscard]] const std::vector<std::string>& story() const { return story_; }
  [[nodiscard]] const Marks& marks() const { return marks_; }
  [[nodiscard]] Digest trace() const { return site_.world.trace(); }
  [[nodiscard]] std::uint64_t days() const { return day_; }

  // For trouble makers and checks.
  void tell(const std::string& line);
  void mark(const std::string& what) { marks_.insert(what); }
  // Does it so many days from now, or when trouble ends.
  void later(std::uint64_t days, std::function<void()> end);
  // True once in so many.
  [[nodiscard]] bool once_in(std::uint64_t many) { return generator_.below(many) == 0; }
  // How many positions may be hurt at a time in this world: as many as the pool bears, or one more.
  [[nodiscard]] std::size_t hurt_max() const { return hurt_max_; }

 private:
  struct Later {
    std::uint64_t day;
    std::function<void()> end;
  };
  void live_a_day();
  // As a process that may be killed, or have its power cut, anywhere.
  template <class Job>
  auto work(const std::string& name, Job job, bool in_danger = true) -> decltype(job());
  void try_old_box();
  void care();
  void mend_a_day();
  [[nodiscard]] std::string mend();
  void tell_findings(const job::ScrubSummary& summary);

  sim::Generator generator_;
  Site site_;
  std::size_t hurt_max_;
  bool prunes_;
  std::uint64_t day_ = 0;
  std::uint64_t last_name_ = 0;
  std::vector<Later> later_;
  std::optional<std::size_t> joining_;  // a disk more, of which it is not known
  std::optional<std::size_t> leaving_;  // the disk of a position that is given up
  std::string broken_;                  // by a job, as it was done
  std::vector<std::string> story_;
  Marks marks_;
};

}  // namespace holdfast::worlds
