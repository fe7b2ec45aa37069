// SPDX-License-Identifier: Apache-2.0
#include "firmware/journal/journal.h"

#include <algorithm>
#include <array>
#include <utility>

#include "firmware/journal/agreement.h"

namespace holdfast::journal {

// Gathers frames into segments, for a copy that lacks many entries.
class Journal::SegmentBatch {
 public:
  SegmentBatch(JournalCopy& copy, const keys::Signer& signer, std::uint64_t size_max)
      : copy_(copy), signer_(signer), size_max_(size_max) {}

  Result<void> add(const FoundEntry& found) {
    if (!frames_.empty() && kSegmentHeaderSize + frames_.size() + found.frame.size() > size_max_) {
      HF_TRY(flush());
    }
    if (frames_.empty()) first_ = *found.entry;
    last_ = *found.entry;
    frames_.insert(frames_.end(), found.frame.begin(), found.frame.end());
    return {};
  }

  void discard() { frames_.clear(); }

  Result<void> flush() {
    if (frames_.empty()) return {};
    HF_TRY(copy_.append_segment(first_, last_, frames_, signer_));
    frames_.clear();
    return {};
  }

 private:
  JournalCopy& copy_;
  const keys::Signer& signer_;
  std::uint64_t size_max_;
  Entry first_;
  Entry last_;
  Bytes frames_;
};

namespace {

// Of one entry, not of the disks at hand.
bool is_loss(const Error& error) {
  return error.code == ErrorCode::entries_lost ||
         (error.code == ErrorCode::chain_broken && error.data_loss);
}

}  // namespace

void Journal::report(const JournalCopy::Member& member, Failed failed) const {
  context_.report_error(member.id, failed);
}

Result<void> Journal::open_copies() {
  std::optional<Error> first_error;
  std::vector<JournalCopy> faulty;
  for (const JournalCopy::Member& member : context_.members) {
    auto copy = JournalCopy::open(member, business_, context_.trusted);
    if (copy && !copy->fault()) {
      copies_.push_back(std::move(*copy));
      continue;
    }
    Error error = copy ? *copy->fault() : copy.error();
    if (error.is_of_process()) return error;
    report(member, Failed::reading);
    if (!first_error) first_error = std::move(error);
    if (copy) faulty.push_back(std::move(*copy));
  }
  if (!copies_.empty()) return {};
  // Better than nothing, and never to be written.
  not_writable_ = first_error;
  copies_ = std::move(faulty);
  if (!copies_.empty()) return {};
  if (first_error) return std::move(*first_error);
  return make_error(ErrorCode::too_few_disks, {},
                    {{"present", "0"}, {"needed", std::to_string(context_.quorum)}});
}

Result<Journal> Journal::open(const JournalContext& context, const BusinessId& business) {
  HF_CHECK(context.report_error);
  Journal journal(context, business);
  // The witness first: an entry that is committed between the two looks is then on the disks, and
  // not one that the disks seem to lack.
  HF_TRY(journal.look_at_witness());
  HF_TRY(journal.open_copies());
  const AgreementInput input{.business = business,
                             .trusted = context.trusted,
                             .quorum = context.quorum,
                             .witness = journal.witness_,
                             .report = context.report_error};
  HF_TRY(Agreement agreement, agree(input, journal.copies_));
  journal.head_ = agreement.head;
  journal.incarnation_ = agreement.incarnation;
  if (!journal.not_writable_) journal.not_writable_ = std::move(agreement.incomplete);
  if (!journal.not_writable_) journal.not_writable_ = journal.may_be_old();
  journal.strays_ = std::move(agreement.strays);
  return journal;
}

// A cut may have kept one entry from its witness.
std::optional<Error> Journal::may_be_old() const {
  if (copies_.size() >= context_.sure) return std::nullopt;
  if (head_.number <= (witness_ ? witness_->head.number : 0) + 1) return std::nullopt;
  return make_error(
      ErrorCode::too_few_disks, {},
      {{"present", std::to_string(copies_.size())}, {"needed", std::to_string(context_.sure)}});
}

// Reading can do without it. Writing cannot: it is what tells old disks from new ones.
Result<void> Journal::look_at_witness() {
  auto witness = load_witness(context_.home, business_);
  if (witness) {
    witness_ = *witness;
    return {};
  }
  if (witness.error().is_of_process()) return std::move(witness.error());
  not_writable_ = std::move(witness.error());
  return {};
}

Result<void> Journal::writable() const {
  if (not_writable_) return *not_writable_;
  return {};
}

Result<void> Journal::write_copies(const std::function<Result<void>(JournalCopy&)>& write) {
  std::optional<Error> first_error;
  for (auto copy = copies_.begin(); copy != copies_.end();) {
    auto written = write(*copy);
    if (written) {
      ++copy;
      continue;
    }
    if (written.error().is_of_process()) return std::move(written.error());
    // A full disk is no bad disk.
    if (written.error().code != ErrorCode::no_space) report(copy->member(), Failed::writing);
    if (!first_error) first_error = std::move(written.error());
    copy = copies_.erase(copy);
  }
  if (copies_.size() >= context_.quorum) return {};
  if (first_error) return std::move(*first_error);
  return make_error(
      ErrorCode::too_few_disks, {},
      {{"present", std::to_string(copies_.size())}, {"needed", std::to_string(context_.quorum)}});
}

Result<void> Journal::write_witness(const Witness& witness) {
  HF_TRY(store_witness(context_.home, witness));
  witness_ = witness;
  return {};
}

// The newest one by its digest: nothing follows it that could tell it from one of its number that
// never counted.
Result<FoundEntry> Journal::find(History& history, std::uint64_t number,
                                 const std::optional<Digest>& previous) const {
  if (number != head_.number) return history.entry(number, previous);
  HF_TRY(const FoundEntry found, history.exact(number, head_.digest));
  if (!previous || found.entry->previous == *previous) return found;
  Error error = broken_at(number);
  error.data_loss = true;
  return error;
}

// Before what is lost nothing says which entry counted but the survey: one that it does not name is
// not copied, and stays where it is. Never one segment across what is lost.
Result<void> Journal::catch_up_around(JournalCopy& copy, SegmentBatch& batch) {
  HF_TRY(const Survey known, survey());
  const auto is_known = [&](const Head& head) {
    return head.number == 0 || known.entry(head.number) == head.digest;
  };
  if (!is_known(copy.head())) {
    copy.disown_head();
    const std::uint64_t next = copy.head().number + 1;
    if (known.entry(next) && !is_known(copy.head())) return broken_at(next);
  }
  return read_known(
      known, copy.head().number + 1, Signatures::needed,
      [&](const FoundEntry& found) { return batch.add(found); },
      [&](const EntryRange&) { return batch.flush(); });
}

Result<void> Journal::catch_up(JournalCopy& copy, const keys::Signer& signer) {
  History history(business_, context_.trusted, context_.report_error);
  for (const JournalCopy& other : copies_) {
    if (&other != &copy) history.add(other);
  }
  const JournalCopy as_it_was = copy;  // may have what the others lack, behind its damage
  history.add(as_it_was);
  SegmentBatch batch(copy, signer, context_.settings.segment_size_max);
  Digest previous = copy.head().digest;
  for (std::uint64_t number = copy.head().number + 1; number <= head_.number; ++number) {
    const auto found = find(history, number, previous);
    if (!found && is_loss(found.error())) {
      batch.discard();
      HF_TRY(catch_up_around(copy, batch));
      break;
    }
    if (!found) return found.error();
    HF_TRY(batch.add(*found));
    previous = found->entry->digest;
  }
  return batch.flush();
}

// That an entry can be read does not say that it is on the disk: the process that wrote it may have
// died before its sync, or the sync failed, and then another one would say ok and mean nothing. So
// what is to count from now on is written once more, into new files. Only the newest entry can be
// like that: the one before it was acknowledged, or written anew, before this one was made.
Result<void> Journal::write_head_anew(const keys::Signer& signer) {
  History history(business_, context_.trusted, context_.report_error);
  for (const JournalCopy& copy : copies_) history.add(copy);
  HF_TRY(const FoundEntry found, find(history, head_.number, std::nullopt));
  return write_copies([&](JournalCopy& copy) -> Result<void> {
    if (copy.head() != head_) return {};  // catching up writes new files as well
    return copy.write_head_anew(*found.entry, found.frame, signer);
  });
}

Result<void> Journal::prepare_writing(const keys::Signer& signer) {
  prepared_ = false;
  HF_TRY(writable());
  const Witness wanted{incarnation_, business_, head_};
  const bool acknowledged = head_.number == 0 || witness_ == wanted;
  if (!acknowledged) HF_TRY(write_head_anew(signer));
  HF_TRY(write_copies([&](JournalCopy& copy) { return catch_up(copy, signer); }));
  if (!acknowledged) HF_TRY(write_witness(wanted));
  unwitnessed_.reset();
  prepared_ = true;
  return {};
}

Result<Head> Journal::append(const EntryDraft& draft, const Writing& writing) {
  HF_CHECK(prepared_);
  prepared_ = false;
  const EntryPlace place{.business = business_,
                         .incarnation = writing.incarnation,
                         .previous = head_,
                         .time = writing.clock.now()};
  const Bytes frame = encode_entry(draft, place, writing.meta_key, writing.signer, writing.random);
  // Read back before it is written: what nobody can read must not be acknowledged.
  const std::array<keys::PublicKey, 1> own{writing.signer.public_key()};
  std::size_t frame_size = 0;
  HF_TRY(const Entry entry, parse_entry(frame, own, frame_size));
  HF_TRY(write_copies([&](JournalCopy& copy) {
    return copy.append(entry, frame, writing.signer, context_.settings.segment_size_max);
  }));
  head_ = {entry.number, entry.digest};
  incarnation_ = entry.incarnation;
  appended_ = entry;
  // The entry counts, whatever becomes of its witness: the next opening finds it on the members.
  auto witnessed = write_witness({incarnation_, business_, head_});
  prepared_ = witnessed.has_value();
  if (!witnessed) unwitnessed_ = std::move(witnessed.error());
  return head_;
}

Result<Survey> Journal::survey() const {
  return Survey::make({.members = context_.members,
                       .business = business_,
                       .trusted = context_.trusted,
                       .head = head_,
                       .quorum = context_.quorum,
                       .report = context_.report_error});
}

Result<MendReport> Journal::mend(const keys::Signer& signer) {
  HF_TRY(writable());
  prepared_ = false;
  HF_TRY(Survey found, survey());
  return mend_copies(found, {.members = context_.members,
                             .business = business_,
                             .trusted = context_.trusted,
                             .head = head_,
                             .report = context_.report_error,
                             .signer = signer,
                             .segment_size_max = context_.settings.segment_size_max});
}

// By the digests that the chain has from its head back: what is lost breaks it, and whatever lies
// on both sides is still known.
Result<void> Journal::read_around(std::uint64_t first, const std::optional<Digest>& previous,
                                  const Visit& visit, Signatures signatures,
                                  const OnLost& on_lost) const {
  HF_TRY(const Survey known, survey());
  if (previous && first > 1 && known.entry(first - 1) != previous) return broken_at(first);
  return read_known(
      known, first, signatures, [&](const FoundEntry& found) { return visit(*found.entry); },
      on_lost);
}

Error Journal::broken_at(std::uint64_t number) const {
  return make_error(ErrorCode::chain_broken, journal_directory(business_),
                    {{"number", std::to_string(number)}});
}

Result<void> Journal::read_known(const Survey& known, std::uint64_t first, Signatures signatures,
                                 const std::function<Result<void>(const FoundEntry&)>& visit,
                                 const OnLost& on_lost) const {
  HF_TRY(const auto copies, list_copies(context_.members, business_));
  History history(business_, context_.trusted, context_.report_error, signatures);
  for (const JournalCopy& copy : copies) history.add(copy);
  EntryRange lost;
  for (std::uint64_t number = first; number <= head_.number; ++number) {
    const auto digest = known.entry(number);
    if (!digest) {
      lost = {lost.is_empty() ? number : lost.first, number};
      continue;
    }
    if (!lost.is_empty()) HF_TRY(on_lost(std::exchange(lost, {})));
    HF_TRY(const FoundEntry found, history.exact(number, *digest));
    HF_TRY(visit(found));
  }
  if (!lost.is_empty()) HF_TRY(on_lost(lost));
  return {};
}

Result<void> Journal::read(std::uint64_t first, const Visit& visit, Signatures signatures,
                           const OnLost& on_lost) const {
  // Whoever follows what is appended has no need of the rest of its segment.
  if (appended_ && first == head_.number) return visit(*appended_);
  History history(business_, context_.trusted, context_.report_error, signatures);
  for (const JournalCopy& copy : copies_) history.add(copy);
  std::optional<Digest> previous;
  for (std::uint64_t number = std::max<std::uint64_t>(first, 1); number <= head_.number; ++number) {
    const auto found = find(history, number, previous);
    if (!found && on_lost && is_loss(found.error())) {
      return read_around(number, previous, visit, signatures, on_lost);
    }
    if (!found) return found.error();
    previous = found->entry->digest;
    HF_TRY(visit(*found->entry));
  }
  return {};
}

Result<void> Journal::read_surveyed(const Head& after, const Visit& visit, Signatures signatures,
                                    const OnLost& on_lost) const {
  HF_TRY(const Survey known, survey());
  const auto there = after.number > 0 ? known.entry(after.number) : std::nullopt;
  if (there && *there != after.digest) return broken_at(after.number);
  return read_known(
      known, after.number + 1, signatures,
      [&](const FoundEntry& found) { return visit(*found.entry); }, on_lost);
}

// A few reads first, and only if they find something the survey of everything.
Result<bool> Journal::has_any_of(std::span<const EntryRange> ranges) const {
  History history(business_, context_.trusted, context_.report_error);
  for (const JournalCopy& copy : copies_) history.add(copy);
  bool found_one = false;
  for (const EntryRange& range : ranges) {
    HF_TRY(const bool has_any, history.has_any_in(range));
    found_one = found_one || has_any;
  }
  if (!found_one) return false;
  HF_TRY(const Survey known, survey());
  return std::ranges::any_of(ranges, [&](const EntryRange& range) {
    for (std::uint64_t number = range.first; number <= range.last; ++number) {
      if (known.entry(number)) return true;
    }
    return false;
  });
}

}  // namespace holdfast::journal
