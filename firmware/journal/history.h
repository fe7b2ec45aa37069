// SPDX-License-Identifier: Apache-2.0
// Reading a journal from several copies: an entry that one copy has lost is taken from another.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <vector>

#include "firmware/journal/copy.h"
#include "firmware/journal/entry_range.h"

namespace holdfast::journal {

// Counts an error against a disk; may be empty.
enum class Failed { reading, writing };
using ReportError = std::function<void(const DiskId&, Failed)>;

struct FoundEntry {
  const Entry* entry = nullptr;
  ByteView frame;
};

// Keeps one segment of each copy in memory, so that reading in order reads each segment once. The
// copies must outlive it and must not change what they have.
class History {
 public:
  History(const BusinessId& business, keys::TrustedSigners trusted, ReportError report,
          Signatures signatures = Signatures::needed)
      : business_(business),
        trusted_(trusted),
        report_(std::move(report)),
        signatures_(signatures) {}
  void add(const JournalCopy& copy) { shelves_.emplace_back().copy = &copy; }

  // Valid until the next call. With `previous`: the one that follows the entry of that digest. With
  // its sealed part if any place on any copy has that.
  // chain_broken if there are only others, entries_lost if there is none; disk errors end in these.
  // Errors of the process.
  [[nodiscard]] Result<FoundEntry> entry(std::uint64_t number,
                                         const std::optional<Digest>& previous);
  // The one of that digest; entries_lost.
  [[nodiscard]] Result<FoundEntry> exact(std::uint64_t number, const Digest& digest);
  // Some entry of these numbers stands where it should, or where it was before something was
  // written beside it, and can be read. Reads each such segment once.
  [[nodiscard]] Result<bool> has_any_in(const EntryRange& range);
  // True if the entry after `head` says that it follows `head`.
  [[nodiscard]] Result<bool> goes_on_from(const Head& head);

 private:
  struct Shelf {
    const JournalCopy* copy = nullptr;
    std::optional<SegmentName> name;  // of the segment in memory
    Segment segment;
    std::set<SegmentName> unreadable;
  };
  enum class Look { likely_place, everywhere };
  using Accept = std::function<bool(const Entry&)>;
  Result<std::optional<FoundEntry>> find_where(std::uint64_t number, const Accept& accept);
  Result<FoundEntry> find_any(std::uint64_t number, const std::optional<Digest>& previous);
  Result<const StoredEntry*> find(Shelf& shelf, std::uint64_t number, Look look,
                                  const Accept& accept);
  Result<bool> shelf_has_any_in(Shelf& shelf, const EntryRange& range);
  Result<bool> load(Shelf& shelf, const SegmentName& name);

  BusinessId business_;
  keys::TrustedSigners trusted_;
  ReportError report_;
  Signatures signatures_;
  std::vector<Shelf> shelves_;
};

}  // namespace holdfast::journal
