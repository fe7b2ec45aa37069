// SPDX-License-Identifier: Apache-2.0
// Which rows have the key of an earlier row, which recordings have the bytes of another; and what
// is bound to one at most.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "firmware/records/sorted_stream.h"

namespace holdfast::records {

// Memory: none while no two are equal, else 4 bytes each.
class Twins {
 public:
  // The lowest id of those equal to this one.
  [[nodiscard]] std::uint32_t first_of(std::uint32_t id) const {
    return first_.empty() ? id : first_[id];
  }
  [[nodiscard]] bool has_any() const { return !first_.empty(); }

  void add(std::uint32_t first, std::uint32_t id, std::uint32_t count) {
    if (first_.empty()) {
      first_.resize(count);
      std::iota(first_.begin(), first_.end(), 0U);
    }
    first_.at(id) = first;
  }

 private:
  std::vector<std::uint32_t> first_;
};

// The one that another may be bound to. Twins count as one: the lowest of those that were noted.
class Candidate {
 public:
  void note(std::uint32_t id, const Twins& twins) {
    if (id_ == kNobody) {
      id_ = id;
    } else if (id_ != kSeveral) {
      const bool is_same = twins.first_of(id_) == twins.first_of(id);
      id_ = is_same ? std::min(id_, id) : kSeveral;
    }
  }
  // Others may be bound to it too, seen or not.
  void note_others() { id_ = kSeveral; }
  [[nodiscard]] bool has_any() const { return id_ != kNobody; }
  [[nodiscard]] std::optional<std::uint32_t> only() const {
    return id_ < kSeveral ? std::optional(id_) : std::nullopt;
  }

 private:
  static constexpr std::uint32_t kNobody = UINT32_MAX;
  static constexpr std::uint32_t kSeveral = UINT32_MAX - 1;

  std::uint32_t id_ = kNobody;
};

// What has no text has no twin.
template <class T, auto key_of>
Result<Twins> find_twins(SortedStream<T, key_of> stream, std::uint32_t count) {
  Twins twins;
  T facts;
  std::string text;
  std::uint32_t first = 0;
  for (;;) {
    HF_TRY(const bool is_there, stream.next(facts));
    if (!is_there) return twins;
    const SortKey key = key_of(facts);
    if (key.text.empty()) continue;
    if (key.text == text) {
      twins.add(first, key.id, count);
    } else {
      text.assign(key.text);
      first = key.id;
    }
  }
}

}  // namespace holdfast::records
