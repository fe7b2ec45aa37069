// SPDX-License-Identifier: Apache-2.0
// What every member has of a journal, file by file: all segments are read in full.
//
//   disk A  [1 2 3][4 5 6]          nothing wrong
//   disk B  [1 x 3][4 5 6]          its first segment is damaged: entry 2
//   disk C  [1 2 3]                 entries 4 to 6 are missing
//
// The chain is followed from the head back: each entry names the one before it by its digest, so of
// each number at most one is right, wherever it stands. Where no member has it the chain is broken,
// and it goes on at the newest entry before the break that is known to have counted. A member is
// whole if it can give every entry that any member can; what else lies in its files (torn ends,
// entries that never counted, what was written once more elsewhere) is left alone. Memory: one
// segment, and some 100 bytes an entry.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "firmware/journal/entry_range.h"
#include "firmware/journal/history.h"

namespace holdfast::journal {

// Of one disk's copy of a file. Of a journal, missing: no file has the entries.
enum class CopyFault { unreadable, damaged, missing };

struct SegmentDamage {
  std::size_t member = 0;  // its place in the list
  DiskId disk{};
  SegmentName name;  // of the file that is damaged, or that could have what is missing
  std::string path;  // of that file, with the disk's name
  CopyFault fault = CopyFault::damaged;
  // What the member lacks and another one has. Number 0: nothing, and the file is damaged all the
  // same.
  EntryRange entries;
};

struct SurveyInput {
  std::vector<JournalCopy::Member> members;  // at most kMembersMax
  BusinessId business;
  keys::TrustedSigners trusted;
  Head head;  // whatever is above it does not count
  std::size_t quorum = 1;
  ReportError report;
};

class Survey {
 public:
  // Errors of the process; what a disk does not give is damage, and counts against the disk.
  [[nodiscard]] static Result<Survey> make(const SurveyInput& input);

  [[nodiscard]] const std::vector<SegmentDamage>& damages() const { return damages_; }
  // Entries up to the head that no member has, rising.
  [[nodiscard]] const std::vector<EntryRange>& lost() const { return lost_; }
  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_read_; }

  // The chain's entry of that number; nothing if it is lost or there is none.
  [[nodiscard]] std::optional<Digest> entry(std::uint64_t number) const;
  // Of the members, how many have it.
  [[nodiscard]] std::size_t holders(std::uint64_t number) const;
  // That member has it from now on.
  void note_held(std::uint64_t number, std::size_t member);
  [[nodiscard]] bool has_lost_in(const EntryRange& range) const;
  // Every entry of the segment is one of the chain.
  [[nodiscard]] bool is_of_chain(const Segment& segment) const;

 private:
  using Members = std::bitset<pool::kMembersMax>;
  struct Known {
    Digest digest;
    Digest previous;
    Members whole;
    Members dropped;           // have it without its sealed part
    bool is_followed = false;  // in some file by a later entry, or by a whole file
    [[nodiscard]] bool is_empty() const { return (whole | dropped).none(); }
  };
  struct Other {
    std::uint64_t number = 0;
    Known entry;
  };
  struct File {
    SegmentName name;
    std::optional<CopyFault> fault;
    bool has_inner_damage = false;  // of the header, or before an entry that can be read
  };
  explicit Survey(const SurveyInput& input) : input_(input) {}
  [[nodiscard]] Result<void> read_member(std::size_t member);
  [[nodiscard]] Result<File> read_file(std::size_t member, const SegmentName& name);
  void add(std::size_t member, const Entry& entry, bool is_followed);
  [[nodiscard]] Known& place_of(const Entry& entry);
  void follow_chain();
  void choose(std::uint64_t number, const std::optional<Digest>& wanted);
  void note_followed();
  [[nodiscard]] bool is_likely(std::uint64_t number, const Known& known) const;
  [[nodiscard]] const Members& holders_of(const Known& known) const;
  void find_lacking(std::size_t member);
  void add_lacking(std::size_t member, const File* file, std::uint64_t number);
  [[nodiscard]] Result<void> find_inner_damage(std::size_t member);
  [[nodiscard]] SegmentDamage damage_of(std::size_t member, const SegmentName& name,
                                        CopyFault fault, const EntryRange& entries) const;

  SurveyInput input_;
  std::vector<Known> entries_;          // entries_[n - 1]: number n; in the end those of the chain
  std::vector<Other> others_;           // more of a number
  std::vector<Head> followed_;          // by the headers of files
  std::set<std::uint64_t> begun_anew_;  // a file begins with that number, and has no such entry
  std::vector<std::vector<File>> files_;  // of each member, rising
  Members unlisted_;                      // their folders cannot be read
  std::vector<SegmentDamage> damages_;
  std::vector<EntryRange> lost_;
  std::uint64_t bytes_read_ = 0;
};

}  // namespace holdfast::journal
