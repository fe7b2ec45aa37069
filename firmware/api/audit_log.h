// SPDX-License-Identifier: Apache-2.0
// Who asked for what, as a chain of lines in home that anybody can read and check
// (docs/formats.md, section 14).
//
//   line 1 <-- line 2 <-- line 3 ...      each holds the digest of the one before it
//
// The chain shows a line that was altered, taken out or put in. It cannot show that the last lines
// were cut off, nor stop root from writing all of it anew: docs/threats.md says what else is
// needed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "hal/base/digest.h"
#include "hal/base/time.h"
#include "hal/ports/clock.h"
#include "hal/ports/disk.h"

namespace holdfast::api {

// Of parts of a recording as it is stored: a player asks so, and so does whoever copies it.
inline constexpr std::string_view kHearStoredAction = "hear_stored";

struct AuditEvent {
  std::string actor;         // account, "system", or "uid 0"
  std::string role = {};     // of the account
  std::string peer = {};     // numeric address
  std::string action;        // "login", "restore", ...: a message key suffix
  std::string subject = {};  // raw bytes; what it was about
  std::string outcome = "ok";
};

struct AuditFile;

struct AuditLine {
  std::uint64_t number = 0;
  Timestamp time;
  AuditEvent event;
  Digest previous;
};

// Which lines are wanted. Empty: any.
struct AuditFilter {
  std::string actor = {};
  std::string action = {};
  std::optional<Timestamp> from = {};
  std::optional<Timestamp> to = {};  // itself not included

  [[nodiscard]] bool takes(const AuditLine& line) const {
    return (actor.empty() || line.event.actor == actor) &&
           (action.empty() || is_action(line.event.action)) && (!from || line.time >= *from) &&
           (!to || line.time < *to);
  }

 private:
  // The appliance itself writes `account_add` for what is `account add` at the command line. Nobody
  // who asks who heard, or who took away, is to miss what may have been either.
  [[nodiscard]] bool is_action(std::string_view of) const {
    const auto blank_of = [](char each) { return each == '_' ? ' ' : each; };
    return std::ranges::equal(of, action, {}, blank_of, blank_of) ||
           (of == kHearStoredAction && (action == "hear" || action == "cat"));
  }
};

struct AuditFault {
  std::uint64_t number = 0;  // the line that was expected
  std::string file;
  std::string what;  // "chain", "number", "form": a message key suffix
};

// What stands in a file and is no line.
struct UnreadLine {
  std::string file;
  std::uint64_t file_line = 0;  // from 1, in that file
  std::uint64_t size = 0;       // bytes, without a newline
  std::string bytes;            // the first of them, at most as many as a line has
  bool is_unfinished = false;   // a write that was cut: no fault
};

struct AuditSurvey {
  std::uint64_t lines = 0;
  std::uint64_t unfinished = 0;     // writes that were cut: no fault
  std::optional<AuditFault> fault;  // the first one; the chain goes on behind it
  Digest head;                      // of the last line; zeros if there is none
};

// Any process may append; readers need no lock.
class AuditLog {
 public:
  AuditLog(ports::Disk& home, ports::Clock& clock) : home_(home), clock_(clock) {}

  // Durable when it returns. Waits some seconds for another process's line: locked after that.
  // Other errors are the disk's: what was to be done must not be done without its line.
  // A line whose append has failed may be read all the same, as long as the system runs: confirm().
  [[nodiscard]] Result<void> append(const AuditEvent& event);

  // Whether the line of that number that was read is durable: it is made so, behind whoever is
  // just writing. False: its append has failed, so what it says has not been allowed. Errors: as
  // append(); the line does not count from then on, since whoever asks once more would hear that
  // all is well.
  [[nodiscard]] Result<bool> confirm(std::uint64_t number);

  // Calls `take` for each line that can be read, oldest first, until it returns false. Returns the
  // first line that was none or did not follow the one before it: it hides no line behind it.
  // `number_min`: files that end before it are passed over. `see_unread`: what is none, at its
  // place among the lines.
  using SeeUnread = std::function<void(const UnreadLine&)>;
  [[nodiscard]] Result<std::optional<AuditFault>> read(
      std::uint64_t number_min, const std::function<bool(const AuditLine&)>& take,
      const SeeUnread& see_unread = {}) const;
  // The same, newest first, of the lines with smaller numbers than `before`. Of files it reads what
  // it gives, and little else: memory and time do not grow with the log. The fault is the oldest
  // one among the lines that were read.
  [[nodiscard]] Result<std::optional<AuditFault>> read_back(
      std::uint64_t before, const std::function<bool(const AuditLine&)>& take) const;
  // Checks the whole chain. `see`: each line's number and digest.
  using See = std::function<void(std::uint64_t number, const Digest& digest)>;
  [[nodiscard]] Result<AuditSurvey> survey(const See& see = {}) const;
  // Which log it is, whatever follows: the digest of its first line as it stands; zeros if there is
  // none.
  [[nodiscard]] Result<Digest> id() const;
  // Number and digest of the last line; nothing if there is none.
  [[nodiscard]] Result<std::optional<std::pair<std::uint64_t, Digest>>> head() const;

 private:
  struct End;
  [[nodiscard]] Result<End> find_end() const;
  [[nodiscard]] Result<std::unique_ptr<ports::Lock>> take_lock();
  // Leaves a file without a byte behind `file`, which says that this line in it does not count.
  void doubt(const AuditFile& file, std::uint64_t number);

  ports::Disk& home_;
  ports::Clock& clock_;
};

}  // namespace holdfast::api
