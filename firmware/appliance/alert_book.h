// SPDX-License-Identifier: Apache-2.0
// Since when each alert stands, who looks after it, and those that are over: what pages, mail and
// panel tell of. Kept in home, and read anew by each call, so that a change by the command line
// counts at once.
//
//   reason seen --> stands (since) --acknowledge()--> stands, somebody looks after it
//                     |                                  |
//                     ^ +------ reason is gone ----------+--> over (ended); seen again: a new one
//                     +------------- within kAgain_ns: the same one --+
//
// Any thread, any process; changes are made one after the other.
#pragma once

#include <mutex>
#include <utility>

#include "firmware/appliance/alert_file.h"
#include "hal/ports/clock.h"
#include "hal/ports/disk.h"

namespace holdfast::appliance {

inline constexpr std::string_view kAlertsPath = "alerts";
// What was damaged when it was found: the first such file stays until somebody takes it away.
inline constexpr std::string_view kDamagedAlertsPath = "alerts.damaged";
// More reasons than that stand in no book, and so many that are over are kept.
inline constexpr std::size_t kStandingMax = 500;
inline constexpr std::size_t kOverMax = 500;
inline constexpr std::size_t kNoteMax = 1024;  // bytes

// What is seen again so soon after its end has not begun anew.
inline constexpr std::int64_t kAgain_ns = 600'000'000'000;

class AlertBook {
 public:
  AlertBook(ports::Disk& home, ports::Clock& clock) : home_(home), clock_(clock) {}

  // What calls for somebody now. `box`: none if that is not known; what stood of it stands on, and
  // so does what `unseen` may hide. How
  // many damaged lines it has left out; a copy of the file is put aside before it is written anew.
  // After an error the book is as it was, one that cannot be read is left alone, and
  // the next call makes up for it: what is new keeps the time at which it was seen first.
  [[nodiscard]] Result<std::uint64_t> look(const std::optional<std::vector<Calling>>& box,
                                           const std::vector<Calling>& own, Timestamp time,
                                           const Unseen& unseen = {});
  // The book as it is kept. An error: it cannot be read.
  [[nodiscard]] Result<KeptAlerts> list() const;
  // Durable when it returns; of one that has been acknowledged before, the newest counts. `note`:
  // at most kNoteMax. How many damaged lines it has left out, as look(). not_found: no such alert
  // stands.
  [[nodiscard]] Result<std::uint64_t> acknowledge(std::uint64_t id, const std::string& by,
                                                  const std::string& note);

 private:
  // Changes a book, or says that nothing is to be kept.
  struct Sight;
  [[nodiscard]] bool update(KeptAlerts& kept, const Sight& sight) const;
  [[nodiscard]] bool begin(KeptAlerts& kept, const std::vector<const Calling*>& fresh,
                           Timestamp time) const;
  static bool see(Alert& alert, const Calling& calling, Timestamp time);
  void remember_new(const Sight& sight);
  [[nodiscard]] Result<std::unique_ptr<ports::Lock>> take_lock();
  [[nodiscard]] Result<void> put_aside(KeptAlerts& found);

  ports::Disk& home_;
  ports::Clock& clock_;
  std::mutex mutex_;
  // First seen while the book could not be kept.
  std::vector<std::pair<Calling, Timestamp>> unkept_;
};

}  // namespace holdfast::appliance
