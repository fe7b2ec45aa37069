// SPDX-License-Identifier: Apache-2.0
// Mending the copies of a journal: what a survey found damaged or missing on one member is written
// anew from the others.
//
// A damaged segment gives way to a whole one of its name (new file, rename) only if nothing in it
// can be the last of its kind: every entry that can still be read in it is one of the chain and
// stands on another member as well, and no entry is lost that it may have had. Otherwise, and for
// what is missing, new segments are written beside it. Each is durable and read back before the
// next begins, so a cut or an error leaves every member with at least what it had.
#pragma once

#include <vector>

#include "firmware/journal/survey.h"

namespace holdfast::journal {

struct MendInput {
  std::vector<JournalCopy::Member> members;  // those of the survey
  BusinessId business;
  keys::TrustedSigners trusted;
  Head head;
  ReportError report;
  const keys::Signer& signer;  // of the headers of new segments
  std::uint64_t segment_size_max = 0;
};

struct MendReport {
  std::uint64_t segments_written = 0;
  std::vector<Error> failures;  // of the disks, with their paths
};

// Errors of the process, after which what was written stays.
[[nodiscard]] Result<MendReport> mend_copies(Survey& survey, const MendInput& input);

}  // namespace holdfast::journal
