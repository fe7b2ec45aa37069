// SPDX-License-Identifier: Apache-2.0
#include "firmware/journal/mend.h"

#include <algorithm>

namespace holdfast::journal {

namespace {

// What is to be written for one damaged file, or for one gap between files.
struct Work {
  std::size_t member = 0;
  SegmentName name;
  CopyFault fault = CopyFault::damaged;
  EntryRange entries;  // from the first that is lacking to the last that the new files must have
};

class Mending {
 public:
  Mending(Survey& survey, const MendInput& input) : survey_(survey), input_(input) {}

  Result<MendReport> run() {
    HF_TRY(copies_, list_copies(input_.members, input_.business));
    // Who alone has an entry is mended when the others have got it.
    std::vector<Work> later;
    for (const Work& work : list_work()) {
      HF_TRY(const bool waits, is_sole_holder(work));
      if (waits) {
        later.push_back(work);
      } else {
        HF_TRY(mend(work));
      }
    }
    for (const Work& work : later) HF_TRY(mend(work));
    return std::move(report_);
  }

 private:
  // All damages of one file are one piece of work.
  [[nodiscard]] std::vector<Work> list_work() const {
    std::vector<Work> all;
    for (const SegmentDamage& damage : survey_.damages()) {
      const auto same = std::ranges::find_if(all, [&](const Work& work) {
        return work.member == damage.member && work.name == damage.name;
      });
      if (same == all.end()) {
        all.push_back({damage.member, damage.name, damage.fault, damage.entries});
      } else {
        same->entries.last = damage.entries.last;
      }
    }
    return all;
  }

  [[nodiscard]] const JournalCopy::Member& member_of(const Work& work) const {
    return input_.members[work.member];
  }
  [[nodiscard]] Result<Segment> load(const Work& work, const SegmentName& name) const {
    return load_segment(*member_of(work).disk, input_.business, name, input_.trusted,
                        Signatures::needed);
  }

  // Of an entry that can be read in the damaged file.
  Result<bool> is_sole_holder(const Work& work) const {
    if (work.fault == CopyFault::missing) return false;
    const auto segment = load(work, work.name);
    if (!segment && segment.error().is_of_process()) return segment.error();
    return segment && has_sole_entry(*segment);
  }
  [[nodiscard]] bool has_sole_entry(const Segment& segment) const {
    return std::ranges::any_of(segment.entries, [&](const StoredEntry& stored) {
      return survey_.holders(stored.entry.number) < 2;
    });
  }
  // A disk that fails is told, and the others are mended all the same.
  Result<void> mend(const Work& work) {
    auto done = work.fault == CopyFault::missing ? write_beside(work) : mend_file(work);
    if (done) return {};
    if (done.error().is_of_process()) return done;
    const JournalCopy::Member& member = member_of(work);
    if (done.error().code != ErrorCode::no_space) input_.report(member.id, Failed::writing);
    if (done.error().where.empty()) {
      done.error().where = member.disk->name() + "/" + segment_path(input_.business, work.name);
    }
    report_.failures.push_back(std::move(done.error()));
    return {};
  }

  Result<void> mend_file(Work work) {
    const auto segment = load(work, work.name);
    if (!segment && segment.error().is_of_process()) return segment.error();
    // What cannot be read at all may be read another day, and reach further than the next file.
    std::uint64_t end = input_.head.number;
    if (segment) {
      HF_TRY(end, end_of(work));
    }
    EntryRange whole{work.name.first, work.entries.last};
    if (segment && !segment->entries.empty()) {
      whole.last = std::max(whole.last, segment->entries.back().entry.number);
    }
    whole.last = std::min(whole.last, input_.head.number);
    const bool is_known = segment ? survey_.is_of_chain(*segment) && !has_sole_entry(*segment)
                                  : segment.error().code == ErrorCode::io;
    const bool may_replace =
        is_known && !survey_.has_lost_in({whole.first, std::max(whole.last, end)});
    if (may_replace) return write(work, whole, work.name);
    if (work.entries.is_empty()) return {};
    work.entries.last = whole.last;
    return write_beside(work);
  }

  // The last number that the file may have had: that before the next file.
  Result<std::uint64_t> end_of(const Work& work) const {
    HF_TRY(const auto names, list_segments(*member_of(work).disk, input_.business));
    const auto next = std::ranges::find_if(
        names, [&](const SegmentName& name) { return name.first > work.name.first; });
    return next == names.end() ? input_.head.number : next->first - 1;
  }

  // Each stretch between entries that are lost into files of its own.
  Result<void> write_beside(const Work& work) {
    std::uint64_t number = work.entries.first;
    while (number <= work.entries.last) {
      if (!survey_.entry(number)) {
        ++number;
        continue;
      }
      EntryRange stretch{number, number};
      while (stretch.last < work.entries.last && survey_.entry(stretch.last + 1)) ++stretch.last;
      HF_TRY(write(work, stretch, std::nullopt));
      number = stretch.last + 1;
    }
    return {};
  }

  // Into segments of the usual size. The first one last: `replaced`, whose entries then all stand
  // in new files.
  Result<void> write(const Work& work, const EntryRange& range,
                     const std::optional<SegmentName>& replaced) {
    History history(input_.business, input_.trusted, input_.report);
    for (const JournalCopy& copy : copies_) history.add(copy);
    std::optional<Batch> first;
    Batch batch;
    for (std::uint64_t number = range.first; number <= range.last; ++number) {
      HF_TRY(const FoundEntry found, history.exact(number, *survey_.entry(number)));
      const std::size_t size = kSegmentHeaderSize + batch.frames.size() + found.frame.size();
      if (!batch.frames.empty() && size > input_.segment_size_max) {
        HF_TRY(keep(work, std::exchange(batch, {}), first));
      }
      if (batch.frames.empty()) batch.first = *found.entry;
      batch.last = number;
      batch.frames.insert(batch.frames.end(), found.frame.begin(), found.frame.end());
    }
    HF_TRY(keep(work, std::move(batch), first));
    return store(work, *first, replaced);
  }

  struct Batch {
    Entry first;
    std::uint64_t last = 0;  // number
    Bytes frames;
  };
  Result<void> keep(const Work& work, Batch batch, std::optional<Batch>& first) {
    if (first) return store(work, batch, std::nullopt);
    first = std::move(batch);
    return {};
  }

  Result<void> store(const Work& work, const Batch& batch, std::optional<SegmentName> name) {
    ports::Disk& disk = *member_of(work).disk;
    HF_TRY(make_durable_directories(disk, journal_directory(input_.business)));
    if (!name) {
      HF_TRY(const auto taken, list_segments(disk, input_.business));
      HF_TRY(name, free_name(taken, batch.first.number));
    }
    const Bytes bytes = encode_segment(input_.business, batch.first, batch.frames, input_.signer);
    HF_TRY(ports::store(disk, segment_path(input_.business, *name), bytes));
    HF_TRY(const Segment back, load(work, *name));
    if (back.damaged || back.bytes != bytes || !survey_.is_of_chain(back)) {
      return make_error(ErrorCode::damaged,
                        disk.name() + "/" + segment_path(input_.business, *name),
                        {{"what", "segment"}});
    }
    for (std::uint64_t number = batch.first.number; number <= batch.last; ++number) {
      survey_.note_held(number, work.member);
    }
    report_.segments_written += 1;
    return {};
  }

  Survey& survey_;
  const MendInput& input_;
  std::vector<JournalCopy> copies_;
  MendReport report_;
};

}  // namespace

Result<MendReport> mend_copies(Survey& survey, const MendInput& input) {
  return Mending(survey, input).run();
}

}  // namespace holdfast::journal
