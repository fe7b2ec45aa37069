// SPDX-License-Identifier: Apache-2.0
// The audit log against the heads of it that were signed on the disks
// (firmware/vault/audit_heads.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "firmware/app/session.h"
#include "firmware/vault/audit_heads.h"
#include "hal/base/digest.h"
#include "hal/base/time.h"

namespace holdfast::app {

// audit sign.
[[nodiscard]] Result<ExitCode> run_audit_sign(Session& session);

class HeadCheck {
 public:
  // Whoever cannot open the box, or has no pool, compares nothing: print() says so.
  [[nodiscard]] static Result<HeadCheck> load(Session& session);

  // Each line of the log.
  void see(std::uint64_t number, const Digest& digest);
  // Once all lines were seen: a line that was signed is another one now, or is not there.
  [[nodiscard]] bool differs() const { return !open_.empty(); }
  void print(Session& session) const;
  void write(JsonWriter& json) const;

 private:
  struct Signed {
    Digest digest;
    Timestamp time;
  };
  std::optional<Error> unread_;
  std::size_t disks_ = 0;
  std::uint64_t unsigned_lines_ = 0;
  std::uint64_t earlier_ = 0;  // lines that are of a log before this one
  void expect(const vault::AuditHead& head);
  std::multimap<std::uint64_t, Signed> open_;  // by number; what agrees goes
  std::uint64_t agrees_until_ = 0;
};

}  // namespace holdfast::app
