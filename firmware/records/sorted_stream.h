// SPDX-License-Identifier: Apache-2.0
// Streams that were promised in order, read with the promise checked, and taken in groups.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "firmware/records/reconcile_input.h"

namespace holdfast::records {

// By what a stream is sorted.
struct SortKey {
  std::string_view text;
  std::int64_t number = 0;
  std::uint32_t id = 0;

  auto operator<=>(const SortKey&) const = default;
};

// `key_of(T)` gives the SortKey. One that does not rise, or an id that is not below `id_end`, is
// ErrorCode::internal with the stream's name.
template <class T, auto key_of>
class SortedStream {
 public:
  SortedStream(StreamPointer<T> stream, std::string_view name, std::uint32_t id_end)
      : stream_(std::move(stream)), name_(name), id_end_(id_end) {}

  // As of Stream.
  [[nodiscard]] Result<bool> next(T& out) {
    HF_TRY(const bool is_there, stream_->next(out));
    if (!is_there) return false;
    const SortKey key = key_of(out);
    if (key.id >= id_end_ || (has_last_ && key <= SortKey{text_, number_, id_})) {
      return make_error(ErrorCode::internal, std::string(name_),
                        {{"what", "records out of order"}});
    }
    if (!has_last_ || text_ != key.text) text_.assign(key.text);
    number_ = key.number;
    id_ = key.id;
    has_last_ = true;
    return true;
  }

 private:
  StreamPointer<T> stream_;
  std::string_view name_;
  std::uint32_t id_end_;
  bool has_last_ = false;
  std::string text_;
  std::int64_t number_ = 0;
  std::uint32_t id_ = 0;
};

template <class Facts>
SortKey by_id(const Facts& facts) {
  return {{}, 0, facts.id};
}
template <class Facts>
SortKey by_call_id(const Facts& facts) {
  return {facts.call_id, 0, facts.id};
}
template <class Facts>
SortKey by_path(const Facts& facts) {
  return {facts.path, 0, facts.id};
}
inline SortKey by_key(const RowFacts& row) {
  return {row.key, 0, row.id};
}
inline SortKey by_content(const RecordingFacts& recording) {
  return {recording.content, 0, recording.id};
}
inline SortKey by_number(const NumberedCall& call) {
  return {call.number, call.start_ms, call.id};
}

// All that share one text, one group after the other; what has no text is passed over. Of a group
// of more than `members_max` the first ones are kept and all ids are told to `on_crowd`.
template <class T, auto key_of>
class Groups {
 public:
  Groups(SortedStream<T, key_of> stream, std::size_t members_max)
      : stream_(std::move(stream)), members_max_(members_max) {}

  // False at the end.
  template <class OnCrowd>
  [[nodiscard]] Result<bool> next(const OnCrowd& on_crowd) {
    if (!is_begun_) HF_TRY(advance());
    is_begun_ = true;
    count_ = 0;
    if (!has_ahead_) return false;
    text_.assign(key_of(ahead_).text);
    for (; has_ahead_ && key_of(ahead_).text == text_; ++count_) {
      if (count_ == members_max_) {
        for (const T& member : members_) on_crowd(key_of(member).id);
      }
      if (count_ >= members_max_) {
        on_crowd(key_of(ahead_).id);
      } else {
        if (members_.size() == count_) members_.emplace_back();
        std::swap(members_[count_], ahead_);
      }
      HF_TRY(advance());
    }
    return true;
  }

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool is_crowd() const { return count_ > members_max_; }
  [[nodiscard]] std::span<const T> members() const {
    return std::span(members_).first(std::min(count_, members_max_));
  }

 private:
  [[nodiscard]] Result<void> advance() {
    do {
      HF_TRY(has_ahead_, stream_.next(ahead_));
    } while (has_ahead_ && key_of(ahead_).text.empty());
    return {};
  }

  SortedStream<T, key_of> stream_;
  std::size_t members_max_;
  bool is_begun_ = false;
  bool has_ahead_ = false;
  T ahead_;
  std::string text_;
  std::vector<T> members_;  // the buffers of earlier groups are used again
  std::size_t count_ = 0;
};

}  // namespace holdfast::records
