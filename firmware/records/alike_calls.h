// SPDX-License-Identifier: Apache-2.0
// Rung 4, for rows and recordings that have no number in common: those whose call ids differ only
// in how they are written, and those that alone agree in start and duration.
//
// Looked at are those that were added last, kLookedMax of rows and of recordings each: where more
// are left over it is the mapping that is wrong, and no single call.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/records/binding.h"
#include "firmware/records/facts.h"
#include "hal/base/result.h"

namespace holdfast::records {

// What is compared of a call id: ASCII letters made small, one dot for what stands between letters
// and digits, no zeros in front. Bytes beyond ASCII stay.
[[nodiscard]] std::string folded_call_id(std::string_view call_id);

// Memory: 48 bytes for each that is looked at. One thread at a time.
class AlikeCalls {
 public:
  static constexpr std::size_t kLookedMax = 500'000;

  // `rows`, `recordings`: how many will be added.
  AlikeCalls(const BindingRules& rules, std::size_t rows, std::size_t recordings)
      : rules_(rules), rows_(rows), recordings_(recordings) {}

  // Those that are bound to nothing and may be suggested, by id.
  void add(const RowFacts& row) { rows_.add(row); }
  void add(const RecordingFacts& recording) { recordings_.add(recording); }

  // Each pair once. Ids that more than legs_max have are passed over, and so are starts too far
  // apart.
  using Visit = std::function<Result<void>(const Suggestion& suggestion)>;
  [[nodiscard]] Result<void> for_each_call_id(const Visit& visit);
  // A pair is alone if neither has another one that agrees. A row within whose tolerance more than
  // 64 recordings start is passed over.
  [[nodiscard]] Result<void> for_each_time(const Visit& visit);

 private:
  struct Call {
    std::uint64_t call_id = 0;  // a hash; 0: none
    std::optional<std::int64_t> start_ms;
    std::optional<std::int64_t> duration_ms;
    std::uint32_t id = 0;
  };
  class Side {
   public:
    explicit Side(std::size_t count) : skipped_(count > kLookedMax ? count - kLookedMax : 0) {
      calls.reserve(count - skipped_);
    }

    template <class Facts>
    void add(const Facts& facts) {
      if (skipped_ > 0) {
        --skipped_;
      } else {
        put(facts.call_id, {0, facts.start_ms, facts.duration_ms, facts.id});
      }
    }
    std::vector<Call> calls;

   private:
    void put(const std::string& call_id, Call call);
    std::size_t skipped_;
  };

  [[nodiscard]] Result<void> pair_up(std::span<const Call> rows, std::span<const Call> recordings,
                                     const Visit& visit) const;

  const BindingRules& rules_;
  Side rows_;
  Side recordings_;
};

}  // namespace holdfast::records
