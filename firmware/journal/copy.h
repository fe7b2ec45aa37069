// SPDX-License-Identifier: Apache-2.0
// One member's copy of a journal: its segments, where it ends, and how it grows.
//
//   ... | segment | newest segment [ entry | entry | head | damage ... ]
//                                                      ^ the next entry opens a new segment
//
// Not thread-safe. After an error of a writing call the copy must not be written again before it is
// opened anew: how its newest segment ends is not known then.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "firmware/journal/entry.h"
#include "firmware/journal/segment.h"
#include "firmware/pool/pool.h"

namespace holdfast::journal {

class JournalCopy {
 public:
  using Member = pool::Pool::PresentMember;

  // Reads the newest segment that has a sound entry; writes nothing. unsupported_*; other errors of
  // load_segment() if no older segment can be read either.
  [[nodiscard]] static Result<JournalCopy> open(const Member& member, const BusinessId& business,
                                                keys::TrustedSigners trusted);
  // Its segments by name alone, for readers who know the digests: nothing that lies among them
  // hides the others. Without a head.
  [[nodiscard]] static Result<JournalCopy> list(const Member& member, const BusinessId& business);

  [[nodiscard]] const Member& member() const { return member_; }
  [[nodiscard]] const std::vector<SegmentName>& segments() const { return segments_; }
  // The newest entry before any damage in the newest segment.
  [[nodiscard]] const Head& head() const { return head_; }
  [[nodiscard]] std::uint32_t head_incarnation() const { return head_incarnation_; }
  // The entry before head().
  [[nodiscard]] const Head& before_head() const { return before_head_; }
  // Why newer segments than head()'s could not be read. With one this copy is for reading only.
  [[nodiscard]] const std::optional<Error>& fault() const { return fault_; }
  // The highest number that a proved entry shows to have been there, behind damage too.
  [[nodiscard]] std::uint64_t proved() const { return proved_.number; }
  // That entry, the one before it, and its incarnation.
  [[nodiscard]] const Head& proved_head() const { return proved_; }
  [[nodiscard]] const Head& before_proved() const { return before_proved_; }
  [[nodiscard]] std::uint32_t proved_incarnation() const { return proved_incarnation_; }
  // The highest number that the name of a segment claims to have been there; the segment's path.
  [[nodiscard]] std::uint64_t claimed() const { return claimed_; }
  [[nodiscard]] std::string claiming_path() const;
  // Entries above this number are not of the journal: see disown_head(), disown_proved().
  [[nodiscard]] std::uint64_t number_max() const { return number_max_; }

  // The newest entry never counted and another one took its number: it stays where it is, and the
  // copy ends before it.
  void disown_head();
  // The same of the entry that is proved behind damage.
  void disown_proved();

  // Appends the entry that follows head(): to the newest segment, or to a new one if that is full
  // or ends in damage. Durable on ok.
  [[nodiscard]] Result<void> append(const Entry& entry, ByteView frame, const keys::Signer& signer,
                                    std::uint64_t segment_size_max);
  // A new segment of entries that follow head(): `frames`, from `first` up to `last`. Durable on
  // ok.
  [[nodiscard]] Result<void> append_segment(const Entry& first, const Entry& last, ByteView frames,
                                            const keys::Signer& signer);
  // Writes head(), which is `entry`, once more: into a new segment, or a new file in the place of a
  // segment that has nothing else. Durable on ok; after an error the old file stands or the new
  // one.
  [[nodiscard]] Result<void> write_head_anew(const Entry& entry, ByteView frame,
                                             const keys::Signer& signer);

 private:
  JournalCopy(const Member& member, const BusinessId& business)
      : member_(member), business_(business) {}
  void take(const SegmentName& name, const Segment& segment);
  void set_head(const Entry& entry);
  void end_before(std::uint64_t number);
  [[nodiscard]] Result<void> extend(ByteView frame);
  [[nodiscard]] Result<void> store_segment(const SegmentName& name, const Entry& first,
                                           const Entry& last, ByteView frames,
                                           const keys::Signer& signer);

  Member member_;
  BusinessId business_;
  std::vector<SegmentName> segments_;  // rising
  Head head_;
  std::uint32_t head_incarnation_ = 1;
  Head before_head_;
  Head proved_;
  Head before_proved_;
  std::uint32_t proved_incarnation_ = 1;
  std::uint64_t claimed_ = 0;
  std::uint64_t number_max_ = std::numeric_limits<std::uint64_t>::max();
  std::optional<Error> fault_;
  std::optional<SegmentName> newest_;  // where head() stands
  std::uint64_t size_ = 0;             // of that file
  bool appendable_ = false;            // it ends with head()
};

// Copies of all members that can be listed; the others have nothing to give. Errors of the process.
[[nodiscard]] Result<std::vector<JournalCopy>> list_copies(
    const std::vector<JournalCopy::Member>& members, const BusinessId& business);

// Makes each directory of `path` and syncs every parent, also where a directory is there already: a
// process that died may have left its name unsynced.
[[nodiscard]] Result<void> make_durable_directories(ports::Disk& disk, std::string_view path);

}  // namespace holdfast::journal
