// SPDX-License-Identifier: Apache-2.0
#include "firmware/journal/copy.h"

#include <algorithm>

#include "hal/base/path.h"

namespace holdfast::journal {

Result<JournalCopy> JournalCopy::open(const Member& member, const BusinessId& business,
                                      keys::TrustedSigners trusted) {
  HF_TRY(JournalCopy copy, list(member, business));
  for (auto name = copy.segments_.rbegin(); name != copy.segments_.rend(); ++name) {
    auto segment = load_segment(*member.disk, business, *name, trusted, Signatures::needed);
    if (segment) {
      copy.take(*name, *segment);
      if (copy.newest_) return copy;
      continue;
    }
    const ErrorCode code = segment.error().code;
    if (segment.error().is_of_process() || code == ErrorCode::unsupported_version ||
        code == ErrorCode::unsupported_suite) {
      return std::move(segment.error());
    }
    if (!copy.fault_) copy.fault_ = std::move(segment.error());
  }
  if (copy.fault_) return std::move(*copy.fault_);
  return copy;
}

Result<JournalCopy> JournalCopy::list(const Member& member, const BusinessId& business) {
  JournalCopy copy(member, business);
  HF_TRY(copy.segments_, list_segments(*member.disk, business));
  if (!copy.segments_.empty()) copy.claimed_ = copy.segments_.back().first;
  return copy;
}

void JournalCopy::take(const SegmentName& name, const Segment& segment) {
  if (!segment.entries.empty()) {
    const Entry& last = segment.entries.back().entry;
    if (last.number > proved_.number) {
      proved_ = {last.number, last.digest};
      before_proved_ = {last.number - 1, last.previous};
      proved_incarnation_ = last.incarnation;
    }
  }
  if (segment.sound == 0) return;
  set_head(segment.entries[segment.sound - 1].entry);
  newest_ = name;
  size_ = segment.bytes.size();
  // After an error of its disk nobody knows whose sync it was that failed: a file with such a one
  // is given up.
  appendable_ = !segment.damaged && name == segments_.back() && !member_.has_failed;
}

void JournalCopy::set_head(const Entry& entry) {
  head_ = {entry.number, entry.digest};
  head_incarnation_ = entry.incarnation;
  before_head_ = {entry.number - 1, entry.previous};
}

std::string JournalCopy::claiming_path() const {
  return member_.disk->name() + "/" + segment_path(business_, segments_.back());
}

void JournalCopy::disown_head() {
  head_ = before_head_;
  end_before(head_.number + 1);
}

void JournalCopy::disown_proved() {
  end_before(proved_.number);
}

void JournalCopy::end_before(std::uint64_t number) {
  number_max_ = number - 1;
  if (proved_.number >= number) proved_ = head_;
  claimed_ = std::min(claimed_, number_max_);
  appendable_ = false;
}

Result<void> JournalCopy::append(const Entry& entry, ByteView frame, const keys::Signer& signer,
                                 std::uint64_t segment_size_max) {
  if (!appendable_ || size_ + frame.size() > segment_size_max) {
    return append_segment(entry, entry, frame, signer);
  }
  HF_TRY(extend(frame));
  set_head(entry);
  return {};
}

Result<void> JournalCopy::extend(ByteView frame) {
  HF_TRY(const auto file, member_.disk->open_append(segment_path(business_, *newest_)));
  if (file->size() != size_) return make_error(ErrorCode::damaged, {}, {{"what", "segment"}});
  HF_TRY(file->append(frame));
  HF_TRY(file->sync());
  size_ += frame.size();
  return {};
}

Result<void> JournalCopy::append_segment(const Entry& first, const Entry& last, ByteView frames,
                                         const keys::Signer& signer) {
  HF_TRY(const SegmentName name, free_name(segments_, first.number));
  return store_segment(name, first, last, frames, signer);
}

Result<void> JournalCopy::store_segment(const SegmentName& name, const Entry& first,
                                        const Entry& last, ByteView frames,
                                        const keys::Signer& signer) {
  // Behind what every disk has lost the chain goes on.
  HF_CHECK(first.number > head_.number);
  HF_CHECK(first.number > head_.number + 1 || first.previous == head_.digest);
  const Bytes bytes = encode_segment(business_, first, frames, signer);
  if (segments_.empty()) {
    HF_TRY(make_durable_directories(*member_.disk, journal_directory(business_)));
  }
  HF_TRY(ports::store(*member_.disk, segment_path(business_, name), bytes));
  const auto place = std::lower_bound(segments_.begin(), segments_.end(), name);
  if (place == segments_.end() || *place != name) segments_.insert(place, name);
  newest_ = name;
  size_ = bytes.size();
  appendable_ = name == segments_.back();
  set_head(last);
  number_max_ = std::numeric_limits<std::uint64_t>::max();
  return {};
}

// A file that has this entry and nothing else gives way to its like: whoever tries over and over
// while home cannot be written would run out of names.
Result<void> JournalCopy::write_head_anew(const Entry& entry, ByteView frame,
                                          const keys::Signer& signer) {
  HF_CHECK(entry.digest == head_.digest);
  const bool stands_alone =
      newest_ && newest_->first == entry.number && size_ == kSegmentHeaderSize + frame.size();
  head_ = before_head_;
  HF_TRY(make_durable_directories(*member_.disk, journal_directory(business_)));
  if (stands_alone) return store_segment(*newest_, entry, entry, frame, signer);
  return append_segment(entry, entry, frame, signer);
}

Result<std::vector<JournalCopy>> list_copies(const std::vector<JournalCopy::Member>& members,
                                             const BusinessId& business) {
  std::vector<JournalCopy> copies;
  for (const JournalCopy::Member& member : members) {
    auto copy = JournalCopy::list(member, business);
    if (copy) copies.push_back(std::move(*copy));
    if (!copy && copy.error().is_of_process()) return std::move(copy.error());
  }
  return copies;
}

Result<void> make_durable_directories(ports::Disk& disk, std::string_view path) {
  if (path.empty()) return {};
  const std::string_view parent = parent_of(path);
  HF_TRY(make_durable_directories(disk, parent));
  HF_TRY(disk.make_directory(path));
  return disk.sync_directory(parent);
}

}  // namespace holdfast::journal
