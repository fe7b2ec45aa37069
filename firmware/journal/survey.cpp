// SPDX-License-Identifier: Apache-2.0
#include "firmware/journal/survey.h"

#include <algorithm>
#include <utility>

namespace holdfast::journal {

namespace {

std::uint64_t last_of(const Segment& segment) {
  return segment.entries.empty() ? 0 : segment.entries.back().entry.number;
}

}  // namespace

Result<Survey> Survey::make(const SurveyInput& input) {
  HF_CHECK(input.members.size() <= pool::kMembersMax);
  Survey survey(input);
  survey.entries_.resize(input.head.number);
  survey.files_.resize(input.members.size());
  for (std::size_t member = 0; member < input.members.size(); ++member) {
    HF_TRY(survey.read_member(member));
  }
  survey.note_followed();
  survey.follow_chain();
  for (std::size_t member = 0; member < input.members.size(); ++member) {
    survey.find_lacking(member);
    HF_TRY(survey.find_inner_damage(member));
  }
  return survey;
}

Result<void> Survey::read_member(std::size_t member) {
  auto names = list_segments(*input_.members[member].disk, input_.business);
  if (!names) {
    if (names.error().is_of_process()) return std::move(names.error());
    input_.report(input_.members[member].id, Failed::reading);
    unlisted_.set(member);
    return {};
  }
  for (const SegmentName& name : *names) {
    HF_TRY(const File file, read_file(member, name));
    files_[member].push_back(file);
  }
  return {};
}

Result<Survey::File> Survey::read_file(std::size_t member, const SegmentName& name) {
  File file{name, std::nullopt, false};
  const JournalCopy::Member& on = input_.members[member];
  const auto segment =
      load_segment(*on.disk, input_.business, name, input_.trusted, Signatures::needed);
  if (!segment) {
    if (segment.error().is_of_process()) return segment.error();
    const bool is_io = segment.error().code == ErrorCode::io;
    file.fault = is_io ? CopyFault::unreadable : CopyFault::damaged;
    if (is_io) input_.report(on.id, Failed::reading);
    return file;
  }
  bytes_read_ += segment->bytes.size();
  if (segment->damaged) file.fault = CopyFault::damaged;
  if (segment->previous) followed_.push_back({name.first - 1, *segment->previous});
  const bool is_torn_only = !segment->header_damaged && segment->sound == segment->entries.size();
  file.has_inner_damage = segment->damaged && !is_torn_only && !segment->entries.empty();
  if (segment->find(name.first) == nullptr) begun_anew_.insert(name.first);
  for (const StoredEntry& stored : segment->entries) {
    const bool is_followed = &stored != &segment->entries.back();
    if (stored.entry.number <= entries_.size()) add(member, stored.entry, is_followed);
  }
  return file;
}

void Survey::add(std::size_t member, const Entry& entry, bool is_followed) {
  Known& known = place_of(entry);
  known.is_followed = known.is_followed || is_followed;
  (entry.sealed_dropped ? known.dropped : known.whole).set(member);
}

Survey::Known& Survey::place_of(const Entry& entry) {
  Known& first = entries_[static_cast<std::size_t>(entry.number - 1)];
  if (first.is_empty()) {
    first.digest = entry.digest;
    first.previous = entry.previous;
  }
  if (first.digest == entry.digest) return first;
  const auto same = std::ranges::find_if(others_, [&](const Other& other) {
    return other.number == entry.number && other.entry.digest == entry.digest;
  });
  if (same != others_.end()) return same->entry;
  return others_.emplace_back(Other{entry.number, {entry.digest, entry.previous, {}, {}, false}})
      .entry;
}

// A header that we signed names the entry before its first one, which counted by then.
void Survey::note_followed() {
  for (const Head& head : followed_) {
    if (head.number == 0 || head.number > entries_.size()) continue;
    Known& place = entries_[static_cast<std::size_t>(head.number - 1)];
    if (place.digest == head.digest) place.is_followed = true;
    for (Other& other : others_) {
      const bool is_it = other.number == head.number && other.entry.digest == head.digest;
      other.entry.is_followed = other.entry.is_followed || is_it;
    }
  }
}

// From the head back; where it breaks, lost_ gets what is between.
void Survey::follow_chain() {
  std::optional<Digest> wanted = input_.head.digest;
  for (std::uint64_t number = input_.head.number; number > 0; --number) {
    choose(number, wanted);
    const Known& known = entries_[static_cast<std::size_t>(number - 1)];
    if (!known.is_empty()) {
      wanted = known.previous;
      continue;
    }
    wanted.reset();
    if (!lost_.empty() && lost_.back().first == number + 1) {
      lost_.back().first = number;
    } else {
      lost_.push_back({number, number});
    }
  }
  std::ranges::reverse(lost_);
}

// Before an entry that is lost no entry says which one is right. One that never counted is the last
// of its file, no file goes on from it, and fewer members have it than make it count. Where fewer
// are there at all, its disk was brought level by a file that begins with its number, or that says
// which other one of that number it goes on from.
bool Survey::is_likely(std::uint64_t number, const Known& known) const {
  const std::size_t holders = (known.whole | known.dropped).count();
  if (known.is_followed || holders >= input_.quorum) return true;
  const bool is_another_followed = std::ranges::any_of(followed_, [&](const Head& head) {
    return head.number == number && head.digest != known.digest;
  });
  return holders == input_.members.size() && !begun_anew_.contains(number) && !is_another_followed;
}

// What is chosen comes first; if none is right, nothing is left in its place.
void Survey::choose(std::uint64_t number, const std::optional<Digest>& wanted) {
  Known& place = entries_[static_cast<std::size_t>(number - 1)];
  const auto rank = [&](const Known& known) {
    return std::pair(is_likely(number, known), (known.whole | known.dropped).count());
  };
  for (Other& other : others_) {
    if (other.number != number) continue;
    const bool better = wanted ? other.entry.digest == *wanted : rank(other.entry) > rank(place);
    if (better) std::swap(other.entry, place);
  }
  const bool is_right = wanted ? place.digest == *wanted : is_likely(number, place);
  if (!is_right) place = {};
}

// While anybody has an entry whole, who has a part of it lacks it.
const Survey::Members& Survey::holders_of(const Known& known) const {
  return known.whole.any() ? known.whole : known.dropped;
}

std::optional<Digest> Survey::entry(std::uint64_t number) const {
  if (number == 0 || number > entries_.size()) return std::nullopt;
  const Known& known = entries_[static_cast<std::size_t>(number - 1)];
  return known.is_empty() ? std::nullopt : std::optional(known.digest);
}

std::size_t Survey::holders(std::uint64_t number) const {
  return entry(number) ? holders_of(entries_[static_cast<std::size_t>(number - 1)]).count() : 0;
}

void Survey::note_held(std::uint64_t number, std::size_t member) {
  Known& known = entries_[static_cast<std::size_t>(number - 1)];
  (known.whole.any() ? known.whole : known.dropped).set(member);
}

bool Survey::is_of_chain(const Segment& segment) const {
  return std::ranges::all_of(segment.entries, [&](const StoredEntry& stored) {
    return entry(stored.entry.number) == stored.entry.digest;
  });
}

bool Survey::has_lost_in(const EntryRange& range) const {
  return std::ranges::any_of(lost_, [&](const EntryRange& lost) {
    return lost.first <= range.last && range.first <= lost.last;
  });
}

// By number, each to the newest file that begins at or before it: there it was, or should be.
void Survey::find_lacking(std::size_t member) {
  const std::vector<File>& files = files_[member];
  std::size_t begun = 0;
  for (std::uint64_t number = 1; number <= entries_.size(); ++number) {
    while (begun < files.size() && files[begun].name.first <= number) ++begun;
    const Known& known = entries_[static_cast<std::size_t>(number - 1)];
    if (known.is_empty() || holders_of(known).test(member)) continue;
    add_lacking(member, begun > 0 ? &files[begun - 1] : nullptr, number);
  }
}

void Survey::add_lacking(std::size_t member, const File* file, std::uint64_t number) {
  const bool is_there = file != nullptr && file->fault;
  const CopyFault absent = unlisted_.test(member) ? CopyFault::unreadable : CopyFault::missing;
  const CopyFault fault = is_there ? *file->fault : absent;
  const SegmentName name = is_there ? file->name : SegmentName{number, 0};
  if (!damages_.empty()) {
    SegmentDamage& last = damages_.back();
    const bool goes_on = last.member == member && last.fault == fault &&
                         last.entries.last + 1 == number && (!is_there || last.name == name) &&
                         (is_there || file == nullptr || file->name < last.name);
    if (goes_on) {
      last.entries.last = number;
      return;
    }
  }
  damages_.push_back(damage_of(member, name, fault, {number, number}));
}

// Files that could not give all they have, although the member has it elsewhere.
Result<void> Survey::find_inner_damage(std::size_t member) {
  for (const File& file : files_[member]) {
    const bool is_told = std::ranges::any_of(damages_, [&](const SegmentDamage& damage) {
      return damage.member == member && damage.name == file.name;
    });
    if (!file.has_inner_damage || is_told) continue;
    const auto segment = load_segment(*input_.members[member].disk, input_.business, file.name,
                                      input_.trusted, Signatures::needed);
    if (!segment && segment.error().is_of_process()) return segment.error();
    // What never counted lies in it too, or what is lost lay there: it is to stay as it is.
    if (!segment || !is_of_chain(*segment) || has_lost_in({file.name.first, last_of(*segment)})) {
      continue;
    }
    damages_.push_back(damage_of(member, file.name, CopyFault::damaged, {}));
  }
  return {};
}

SegmentDamage Survey::damage_of(std::size_t member, const SegmentName& name, CopyFault fault,
                                const EntryRange& entries) const {
  const JournalCopy::Member& on = input_.members[member];
  return {.member = member,
          .disk = on.id,
          .name = name,
          .path = on.disk->name() + "/" + segment_path(input_.business, name),
          .fault = fault,
          .entries = entries};
}

}  // namespace holdfast::journal
