// SPDX-License-Identifier: Apache-2.0
// The audit log against the heads of it that were signed on the disks
// (firmware/vault/audit_heads.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "firmware/app/session.h"
#include "firmware/status/model.h"
#include "firmware/vault/audit_heads.h"
#include "hal/base/digest.h"
#include "hal/base/time.h"

namespace holdfast::app {

// audit sign.
[[nodiscard]] Result<ExitCode> run_audit_sign(Session& session);

// Of each disk its newest head, against the log, which costs little however long that is. Behind an
// older head a log may differ only if the newer one was signed after that: HeadCheck tells.
struct NewestHeads {
  std::vector<std::string> unreadable;  // files
  std::uint64_t unsigned_lines = 0;
  std::optional<vault::AuditHead> differs;

  [[nodiscard]] bool is_good() const {
    return unreadable.empty() && unsigned_lines == 0 && !differs;
  }
};
[[nodiscard]] Result<NewestHeads> look_at_newest_heads(Session& session);

// The same as reasons. Nothing where there is no pool that opens, which has a reason of its own.
[[nodiscard]] Result<void> add_audit_reasons(Session& session, status::Model& model);

class HeadCheck {
 public:
  // Whoever cannot open the box, or has no pool, compares nothing: print() says so.
  [[nodiscard]] static Result<HeadCheck> load(Session& session);

  // Each line of the log.
  void see(std::uint64_t number, const Digest& digest);
  // Once all lines were seen: each line that was signed is there, and all that was noted could be
  // read and was signed by this box.
  [[nodiscard]] bool is_good() const {
    return open_.empty() && unreadable_.empty() && unsigned_lines_ == 0;
  }
  void print(Session& session) const;
  void write(JsonWriter& json) const;

 private:
  struct Signed {
    Digest digest;
    Timestamp time;
  };
  [[nodiscard]] bool differs() const { return !open_.empty(); }
  void expect(const vault::AuditHead& head);

  std::optional<Error> unread_;
  std::size_t disks_ = 0;
  std::vector<std::string> unreadable_;  // files of disks
  std::uint64_t unsigned_lines_ = 0;
  std::uint64_t earlier_ = 0;                  // lines that are of a log before this one
  std::multimap<std::uint64_t, Signed> open_;  // by number; what agrees goes
  std::uint64_t agrees_until_ = 0;
};

}  // namespace holdfast::app
