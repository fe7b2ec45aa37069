// SPDX-License-Identifier: Apache-2.0
// The journal of one business: an append-only, hash-chained, signed log, whole on every member
// disk.
//
// Append: every present member gets the frame at the end of its newest segment and syncs it; when
// m+1 hold it durably the entry counts, the witness in home is replaced, and only then append()
// returns ok. This is the commit of everything above. P4: a cut at any operation leaves the old
// head or the new one; an entry found valid on fewer than m+1 members is written to the others when
// the journal is next opened for writing. A member's segment that ends in bytes that do not parse
// is left as it is: that member's next entry opens a new segment. Threads: one writer at a time
// (the caller's job and append locks); reading is const.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "firmware/journal/copy.h"
#include "firmware/journal/entry.h"
#include "firmware/journal/history.h"
#include "firmware/journal/witness.h"
#include "hal/ports/clock.h"
#include "hal/ports/disk.h"
#include "hal/ports/random.h"

namespace holdfast::journal {

struct JournalSettings {
  std::uint64_t segment_size_max = 4 * kMiB;
};

// Where a journal lies. All of it must outlive the journal.
struct JournalContext {
  std::vector<JournalCopy::Member> members;  // Pool::present_members()
  std::size_t quorum = 1;                    // Pool::quorum_copies()
  ReportError report_error;                  // Pool::report_error()
  ports::Disk& home;
  keys::TrustedSigners trusted;
  JournalSettings settings = {};
};

class Journal {
 public:
  // Finds the newest entry: reads the newest segments of all present members, checks frames,
  // signatures and chain, and compares with the witness; its cost does not grow with the journal. A
  // member that cannot be read is reported and left out; if none can be read, that is the error.
  // not_newest: the witness knows an entry that the disks do not show; fork: two valid entries with
  // one number, both of which may have counted (agreement.h); damaged: newest entries are there and
  // cannot be read on any member; too_few_disks without members. Writes nothing.
  [[nodiscard]] static Result<Journal> open(const JournalContext& context,
                                            const BusinessId& business);

  [[nodiscard]] const Head& head() const { return head_; }
  [[nodiscard]] std::uint32_t incarnation() const { return incarnation_; }

  // To be called once before the first append of a run: makes what was found durable, writes
  // entries that some present member lacks (rolls a minority entry forward, catches up a returned
  // disk), then the witness. `signer` signs the headers of new segments. A member that fails is
  // reported and left out; its error if fewer than the quorum are left.
  [[nodiscard]] Result<void> prepare_writing(const keys::Signer& signer);

  struct Writing {
    const keys::Signer& signer;
    const SecretKey& meta_key;  // of draft.key_epoch
    ports::Clock& clock;
    ports::Random& random;
    std::uint32_t incarnation = 1;
  };
  // See above. A member that fails is reported and left out until the journal is opened anew. After
  // an error (that of the first member, or of home) the journal object must be opened anew before
  // another append: the entry may count or not.
  [[nodiscard]] Result<Head> append(const EntryDraft& draft, const Writing& writing);

  // Every entry from number `first` on, in order, each checked against the one before (the first
  // against its segment's header). A damaged entry is taken from another member; data_lost with
  // {number} if no member has it. An error from `visit` ends it and is returned.
  [[nodiscard]] Result<void> read(std::uint64_t first,
                                  const std::function<Result<void>(const Entry&)>& visit) const;

 private:
  Journal(const JournalContext& context, const BusinessId& business)
      : context_(context), business_(business) {}
  [[nodiscard]] Result<void> open_copies();
  [[nodiscard]] Result<void> catch_up(JournalCopy& copy, const keys::Signer& signer);
  [[nodiscard]] Result<void> write_witness(const Witness& witness);
  // Does `write` with every copy; leaves out those that fail. Error if too few are left.
  [[nodiscard]] Result<void> write_copies(const std::function<Result<void>(JournalCopy&)>& write);
  void report(const JournalCopy::Member& member) const;

  JournalContext context_;
  BusinessId business_;
  std::vector<JournalCopy> copies_;  // without those left out
  Head head_;
  std::uint32_t incarnation_ = 1;
  std::optional<Witness> witness_;
  bool prepared_ = false;
};

}  // namespace holdfast::journal
