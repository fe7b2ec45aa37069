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

#include "firmware/journal/entry.h"
#include "firmware/pool/pool.h"
#include "hal/ports/clock.h"
#include "hal/ports/random.h"

namespace holdfast::journal {

struct JournalSettings {
  std::uint64_t segment_size_max = 4 * kMiB;
};

struct JournalContext {
  pool::Pool& pool;
  ports::Disk& home;
  keys::TrustedSigners trusted;  // must outlive the journal
  JournalSettings settings;
};

class Journal {
 public:
  // Finds the newest entry that counts: reads the newest segments of all present members, checks
  // frames, signatures and chain, and compares with the witness. not_newest: the witness knows an
  // entry that the disks do not show; fork: two valid entries with one number; chain_broken;
  // damaged if the newest segment is unreadable on all members. Writes nothing.
  [[nodiscard]] static Result<Journal> open(const JournalContext& context,
                                            const BusinessId& business);

  [[nodiscard]] const Head& head() const { return head_; }
  [[nodiscard]] std::uint32_t incarnation() const { return incarnation_; }

  // To be called once before the first append of a run: writes entries that some present member
  // lacks (rolls a minority entry forward, catches up a returned disk), then the witness.
  [[nodiscard]] Result<void> prepare_writing();

  struct Writing {
    const keys::Signer& signer;
    const SecretKey& meta_key;  // of draft.key_epoch
    ports::Clock& clock;
    ports::Random& random;
    std::uint32_t incarnation = 1;
  };
  // See above. After an error the journal object must be opened anew before another append.
  [[nodiscard]] Result<Head> append(const EntryDraft& draft, const Writing& writing);

  // Every entry from number `first` on, in order, each checked against the one before (the first
  // against its segment's header). A damaged entry is taken from another member; `data_lost` names
  // the number if no member has it. An error from `visit` ends it and is returned.
  [[nodiscard]] Result<void> read(std::uint64_t first,
                                  const std::function<Result<void>(const Entry&)>& visit) const;

 private:
  struct Tail;  // what one member's newest segment looks like
  Journal(const JournalContext& context, const BusinessId& business);

  JournalContext context_;
  BusinessId business_;
  Head head_;
  std::uint32_t incarnation_ = 1;
  std::vector<Tail> tails_;
  bool failed_ = false;
};

// "journal/<business>" and "journal/<business>/<first number>.segment".
[[nodiscard]] std::string journal_directory(const BusinessId& business);
[[nodiscard]] std::string segment_path(const BusinessId& business, std::uint64_t first_number);

// The newest acknowledged entry as home remembers it (docs/formats.md, section 9).
struct Witness {
  std::uint32_t incarnation = 1;
  BusinessId business;
  Head head;
};
[[nodiscard]] Bytes encode(const Witness& witness);
[[nodiscard]] Result<Witness> parse_witness(ByteView bytes);
[[nodiscard]] std::string witness_path(const BusinessId& business);

}  // namespace holdfast::journal
