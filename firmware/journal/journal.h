// SPDX-License-Identifier: Apache-2.0
// The journal of one business: an append-only, hash-chained, signed log, whole on every member
// disk.
//
// Append: every present member gets the frame at the end of its newest segment and syncs it; when
// m+1 hold it durably the entry counts, and append() returns ok: this is the commit of everything
// above. Before it returns the witness in home is replaced; where home cannot take that, append()
// says so beside its ok, and nothing follows until home can. P4: a cut at any operation leaves the
// old head or the new one; an entry found valid that was not acknowledged is written anew on all
// members when the journal is next opened for writing. A member's segment that ends in bytes that
// do not parse is left as it is: that member's next entry opens a new segment. Threads: one writer
// at a time (the caller's job and append locks); reading is const.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "firmware/journal/copy.h"
#include "firmware/journal/entry.h"
#include "firmware/journal/history.h"
#include "firmware/journal/mend.h"
#include "firmware/journal/survey.h"
#include "firmware/journal/witness.h"
#include "hal/ports/clock.h"
#include "hal/ports/disk.h"
#include "hal/ports/random.h"

namespace holdfast::journal {

struct JournalSettings {
  // An opening reads one segment, so this bounds what it costs: about a thousand small entries.
  std::uint64_t segment_size_max = 512 * kKiB;
};

// Where a journal lies. All of it must outlive the journal.
struct JournalContext {
  std::vector<JournalCopy::Member> members;  // Pool::present_members()
  std::size_t quorum = 1;                    // Pool::quorum_copies()
  ReportError report_error;                  // Pool::report_error()
  ports::Disk& home;
  keys::TrustedSigners trusted;
  JournalSettings settings = {};
  // Of any so many members one has the newest entry that counts (n - m). With fewer home must know
  // it: one that is far behind what they show is old, and others may have gone on from there.
  std::size_t sure = 0;
};

class Journal {
 public:
  // Finds the newest entry: reads the newest segments of all present members, checks frames, chain
  // and the newest signature, and compares with the witness; its cost does not grow with the
  // journal. A member that cannot be read is reported and left out; if there is no other, what
  // older segments have is read, and if they have nothing, that is the error. fork: two valid
  // entries with one number, both of which may have counted, and home has acknowledged neither;
  // too_few_disks without members. Writes nothing.
  [[nodiscard]] static Result<Journal> open(const JournalContext& context,
                                            const BusinessId& business);

  // Ok if head() is all that is known to have been acknowledged. Else why nothing may be written,
  // and only what is up to head() can be read: not_newest or damaged, with {expected} and {found}
  // (agreement.h); fork; too_few_disks: JournalContext::sure; or what is wrong with the witness or
  // with the newest segment of every member.
  [[nodiscard]] Result<void> writable() const;

  // Files of no consequence that somebody should look at: agreement.h.
  [[nodiscard]] const std::vector<Error>& strays() const { return strays_; }

  [[nodiscard]] const Head& head() const { return head_; }
  [[nodiscard]] std::uint32_t incarnation() const { return incarnation_; }

  // To be called once before the first append of a run: writes the newest entry anew if it was not
  // acknowledged, writes entries that some present member lacks (rolls a minority entry forward,
  // catches up a returned disk), then the witness. `signer` signs the headers of new segments. A
  // member that fails is reported and left out; its error if fewer than the quorum are left. What
  // writable() says.
  [[nodiscard]] Result<void> prepare_writing(const keys::Signer& signer);

  struct Writing {
    const keys::Signer& signer;
    const SecretKey& meta_key;  // of draft.key_epoch
    ports::Clock& clock;
    ports::Random& random;
    std::uint32_t incarnation = 1;
  };
  // See above. A member that fails is reported and left out until the journal is opened anew. After
  // an error (that of the first member) the journal object must be opened anew before another
  // append: the entry may count or not.
  [[nodiscard]] Result<Head> append(const EntryDraft& draft, const Writing& writing);
  // Why home has no witness of head(), which the last append() made all the same. With one,
  // prepare_writing() comes before the next append.
  [[nodiscard]] const std::optional<Error>& unwitnessed() const { return unwitnessed_; }

  // Every entry from number `first` on, in order, each checked against the one before (the first
  // against its segment's header). A damaged entry is taken from another member; entries_lost
  // if no member has it; with `on_lost` that is told such entries, in its place among the others,
  // and reading goes on behind them: the next one is checked against those after it, up to the
  // head. An error from `visit` or `on_lost` ends it and is returned.
  using Visit = std::function<Result<void>(const Entry&)>;
  using OnLost = std::function<Result<void>(const EntryRange&)>;
  [[nodiscard]] Result<void> read(std::uint64_t first, const Visit& visit,
                                  Signatures signatures = Signatures::needed,
                                  const OnLost& on_lost = {}) const;
  // The same, behind entry `after`, by the digests that the chain has from its head back, from the
  // first entry on. To be called after read() found the chain broken: where an entry is lost, one
  // of its number that never counted may still lie, and follows the one before it as well.
  [[nodiscard]] Result<void> read_surveyed(const Head& after, const Visit& visit,
                                           Signatures signatures, const OnLost& on_lost) const;
  // True if an entry of these numbers, in order and apart, can be read now and is of the chain.
  [[nodiscard]] Result<bool> has_any_of(std::span<const EntryRange> ranges) const;

  // What every present member has, those that were left out among them: survey.h. Writes nothing.
  [[nodiscard]] Result<Survey> survey() const;
  // Mends every copy from the others: mend.h. To be called after prepare_writing(), which brings
  // the ends level; before the next append the journal must be opened anew. What writable() says.
  [[nodiscard]] Result<MendReport> mend(const keys::Signer& signer);

 private:
  class SegmentBatch;

  Journal(const JournalContext& context, const BusinessId& business)
      : context_(context), business_(business) {}
  [[nodiscard]] Result<void> open_copies();
  [[nodiscard]] Result<void> look_at_witness();
  [[nodiscard]] std::optional<Error> may_be_old() const;
  [[nodiscard]] Result<void> write_head_anew(const keys::Signer& signer);
  [[nodiscard]] Result<void> catch_up(JournalCopy& copy, const keys::Signer& signer);
  [[nodiscard]] Result<void> catch_up_around(JournalCopy& copy, SegmentBatch& batch);
  // Every entry from that number on which any present member has. chain_broken if the one before
  // is not `previous`.
  [[nodiscard]] Result<void> read_around(std::uint64_t first, const std::optional<Digest>& previous,
                                         const Visit& visit, Signatures signatures,
                                         const OnLost& on_lost) const;
  [[nodiscard]] Result<void> read_known(const Survey& known, std::uint64_t first,
                                        Signatures signatures,
                                        const std::function<Result<void>(const FoundEntry&)>& visit,
                                        const OnLost& on_lost) const;
  // As History::entry().
  [[nodiscard]] Result<FoundEntry> find(History& history, std::uint64_t number,
                                        const std::optional<Digest>& previous) const;
  [[nodiscard]] Error broken_at(std::uint64_t number) const;
  [[nodiscard]] Result<void> write_witness(const Witness& witness);
  // Does `write` with every copy; leaves out those that fail. Error if too few are left.
  [[nodiscard]] Result<void> write_copies(const std::function<Result<void>(JournalCopy&)>& write);
  void report(const JournalCopy::Member& member, Failed failed) const;

  JournalContext context_;
  BusinessId business_;
  std::vector<JournalCopy> copies_;  // without those left out
  Head head_;
  std::uint32_t incarnation_ = 1;
  std::optional<Witness> witness_;
  std::optional<Error> not_writable_;
  std::vector<Error> strays_;
  std::optional<Error> unwitnessed_;
  std::optional<Entry> appended_;  // the newest one, if this object wrote it
  bool prepared_ = false;
};

}  // namespace holdfast::journal
