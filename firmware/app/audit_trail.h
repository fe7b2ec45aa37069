// SPDX-License-Identifier: Apache-2.0
// The line in the audit log that a verb leaves before it begins, and the one when it has ended.
//
// Verbs that let somebody hear, take away, hold, delete, or change who may: the table in the source
// names them. Of those asked by a page (HOLDFAST_ACTOR), searches as well, and reports that are
// taken away as files.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/api/audit_log.h"
#include "firmware/app/session.h"

namespace holdfast::app {

// The words as they were given, without those that say how the answer is written: none of them is a
// secret, by the command line's contract. Each is quoted and cut by itself.
[[nodiscard]] std::string audit_subject(const std::vector<std::string>& arguments);
// --dry-run stands among the options: behind `--` it is somebody's file or pattern.
[[nodiscard]] bool is_dry_run(const std::vector<std::string>& arguments);

// What a definition that a page gives would read, a line each with the outcome "reads": the SHA-256
// of the text; of each source its folder or its server, the SHA-256 of its query, and its password
// file. Nothing is written for a person at the box. To be called before anything is read.
[[nodiscard]] Result<void> note_reading(Session& session, const std::string& action,
                                        const source::BusinessDefinition& definition,
                                        std::string_view text);

// Who runs the verb, as the log has it: an account that asks by a page, or a user of the box.
[[nodiscard]] std::string actor_of(Session& session);
// A line of its own for an export: who, what of it as `words`, and "begun" or how it ended. Errors:
// those of the log; what was to be taken out must not be then.
[[nodiscard]] Result<void> note_export(Session& session, const std::vector<std::string>& words,
                                       std::string outcome);

class AuditTrail {
 public:
  explicit AuditTrail(Session& session) : session_(session) {}

  // Writes "begun", if a verb of that name is to be noted. If it cannot be written, a person at the
  // box is warned and goes on, since a full system disk must not keep anybody from a restore; a
  // page is refused by that error. Without a home there is nothing to note. A later part of a
  // hearing whose line stands there (hearing.h) needs none, unless it fails.
  [[nodiscard]] Result<void> begin(const std::string& name,
                                   const std::vector<std::string>& arguments);
  // Writes how it ended, if "begun" was written.
  void end(const Result<ExitCode>& outcome);

 private:
  [[nodiscard]] Result<void> append(std::string outcome);

  Session& session_;
  std::optional<api::AuditEvent> event_;
  bool is_noted_ = false;  // an earlier part of the hearing has its line
};

}  // namespace holdfast::app
