// SPDX-License-Identifier: Apache-2.0
// Which chain the copies of a journal agree on.
//
//   copy A  ... 10 | 11              A's 11 was never acknowledged and may go on, or
//   copy B  ... 10 | 11' 12'         was written while A was away, by m+1 members: 11' counts,
//   copy C  ... 10 | 11' 12'         and A ends with 10. Anything less clear is a fork.
//
// The newest entry found is the head, on however few copies it stands: it is rolled forward before
// the next one is written. The witness in home may know better than the disks: then the head is
// good to read by, and nothing may follow it. An old witness is known by disks that have gone on by
// more than the one entry whose witness a cut may have prevented. A fork is read as far as this
// home has acknowledged it, if copies show that, and is never written.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "firmware/journal/copy.h"
#include "firmware/journal/history.h"
#include "firmware/journal/witness.h"

namespace holdfast::journal {

struct Agreement {
  Head head;
  std::uint32_t incarnation = 1;  // of the head
  // The head is good to read by, and nothing may follow it. not_newest: the witness names an entry
  // behind it that no copy shows; damaged: copies show that there was one, and it cannot be read;
  // {expected} and {found} are numbers of entries. fork: there are two chains, both of which may
  // have counted, and entry {number} is on one of them; the head is the witness's entry.
  std::optional<Error> incomplete;
  // Segments that claim entries behind the head and have none that can be read, on too few copies
  // for them to have counted. They are left where they are. damaged, with the path.
  std::vector<Error> strays;
};

struct AgreementInput {
  BusinessId business;
  keys::TrustedSigners trusted;
  std::size_t quorum = 1;
  std::optional<Witness> witness;
  ReportError report;
};

// Makes copies (at least one) with an entry that never counted disown it, and takes those out that
// are of another chain than the head. fork: two chains, and none has the witness's entry. Errors of
// the process.
[[nodiscard]] Result<Agreement> agree(const AgreementInput& input,
                                      std::vector<JournalCopy>& copies);

}  // namespace holdfast::journal
