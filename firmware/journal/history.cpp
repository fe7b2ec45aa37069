// SPDX-License-Identifier: Apache-2.0
#include "firmware/journal/history.h"

#include <algorithm>
#include <limits>

namespace holdfast::journal {

namespace {

constexpr std::uint8_t kAnyAttempt = std::numeric_limits<std::uint8_t>::max();

bool any(const Entry& /*entry*/) {
  return true;
}

}  // namespace

Error entries_lost(const BusinessId& business, const EntryRange& entries) {
  Error error = make_error(
      ErrorCode::entries_lost, journal_directory(business),
      {{"first", std::to_string(entries.first)}, {"last", std::to_string(entries.last)}});
  error.data_loss = true;
  return error;
}

// No signature and no digest says that the sealed part of an entry was dropped: one bad disk alone
// must not hide what the others have.
Result<FoundEntry> History::entry(std::uint64_t number, const std::optional<Digest>& previous) {
  HF_TRY(const FoundEntry found, find_any(number, previous));
  if (!found.entry->sealed_dropped) return found;
  const Digest digest = found.entry->digest;
  const auto is_whole = [&](const Entry& entry) {
    return entry.digest == digest && !entry.sealed_dropped;
  };
  for (Shelf& shelf : shelves_) {
    HF_TRY(const StoredEntry* whole, find(shelf, number, Look::everywhere, is_whole));
    if (whole != nullptr) return FoundEntry{&whole->entry, shelf.segment.frame(*whole)};
  }
  return find_any(number, previous);  // anew: looking replaced what was in memory
}

Result<FoundEntry> History::find_any(std::uint64_t number, const std::optional<Digest>& previous) {
  bool others = false;
  for (const Look look : {Look::likely_place, Look::everywhere}) {
    for (Shelf& shelf : shelves_) {
      HF_TRY(const StoredEntry* stored, find(shelf, number, look, any));
      if (stored == nullptr) continue;
      if (!previous || stored->entry.previous == *previous) {
        return FoundEntry{&stored->entry, shelf.segment.frame(*stored)};
      }
      others = true;
    }
  }
  if (!others) return entries_lost(business_, {number, number});
  Error error = make_error(ErrorCode::chain_broken, journal_directory(business_),
                           {{"number", std::to_string(number)}});
  error.data_loss = true;
  return error;
}

Result<std::optional<FoundEntry>> History::find_where(std::uint64_t number, const Accept& accept) {
  for (const Look look : {Look::likely_place, Look::everywhere}) {
    for (Shelf& shelf : shelves_) {
      HF_TRY(const StoredEntry* stored, find(shelf, number, look, accept));
      if (stored != nullptr) {
        return std::optional(FoundEntry{&stored->entry, shelf.segment.frame(*stored)});
      }
    }
  }
  return std::optional<FoundEntry>();
}

Result<FoundEntry> History::exact(std::uint64_t number, const Digest& digest) {
  for (const bool may_be_dropped : {false, true}) {
    const auto accept = [&](const Entry& entry) {
      return entry.digest == digest && (may_be_dropped || !entry.sealed_dropped);
    };
    HF_TRY(const auto found, find_where(number, accept));
    if (found) return *found;
  }
  return entries_lost(business_, {number, number});
}

Result<bool> History::has_any_in(const EntryRange& range) {
  for (Shelf& shelf : shelves_) {
    HF_TRY(const bool has_any, shelf_has_any_in(shelf, range));
    if (has_any) return true;
  }
  return false;
}

// Down to the newest segment that begins at or before the range, and its former attempts: a heal
// writes a new one beside what cannot be read, which may be readable another day.
Result<bool> History::shelf_has_any_in(Shelf& shelf, const EntryRange& range) {
  const auto& names = shelf.copy->segments();
  const std::uint64_t last = std::min(range.last, shelf.copy->number_max());
  auto place = std::upper_bound(names.begin(), names.end(), SegmentName{last, kAnyAttempt});
  std::optional<std::uint64_t> lowest;
  while (place != names.begin()) {
    --place;
    if (lowest && place->first != *lowest) break;
    if (place->first <= range.first) lowest = place->first;
    HF_TRY(const bool loaded, load(shelf, *place));
    if (!loaded) continue;
    const bool has_any = std::ranges::any_of(shelf.segment.entries, [&](const StoredEntry& stored) {
      return stored.entry.number >= range.first && stored.entry.number <= last;
    });
    if (has_any) return true;
  }
  return false;
}

Result<bool> History::goes_on_from(const Head& head) {
  HF_TRY(const FoundEntry next, entry(head.number + 1, std::nullopt));
  return next.entry->previous == head.digest;
}

// An entry's likely place is the newest segment that begins at or before it. It may also stand in
// an older one, if it was copied because something before it was lost there.
Result<const StoredEntry*> History::find(Shelf& shelf, std::uint64_t number, Look look,
                                         const Accept& accept) {
  if (number > shelf.copy->number_max()) return nullptr;
  const auto& names = shelf.copy->segments();
  auto place = std::upper_bound(names.begin(), names.end(), SegmentName{number, kAnyAttempt});
  while (place != names.begin()) {
    HF_TRY(const bool loaded, load(shelf, *--place));
    if (loaded) {
      const StoredEntry* stored = shelf.segment.find(number);
      if (stored != nullptr && accept(stored->entry)) return stored;
    }
    if (look == Look::likely_place) break;
  }
  return nullptr;
}

Result<bool> History::load(Shelf& shelf, const SegmentName& name) {
  if (shelf.name == name) return true;
  if (shelf.unreadable.contains(name)) return false;
  shelf.name.reset();
  auto segment = load_segment(*shelf.copy->member().disk, business_, name, trusted_, signatures_);
  if (!segment) {
    if (segment.error().is_of_process()) return std::move(segment.error());
    report_(shelf.copy->member().id, Failed::reading);
    shelf.unreadable.insert(name);
    return false;
  }
  shelf.segment = std::move(*segment);
  shelf.name = name;
  return true;
}

}  // namespace holdfast::journal
