// SPDX-License-Identifier: Apache-2.0
// What ties a row to its recording, and on which evidence.
//
//   rung  evidence
//   1     the same call id
//   2     the row names the recording's path; or its template fits this one alone, and that one
//         no other row
//   3     the same numbers, start and duration within tolerance, and neither has another candidate
//   4     less than that: suggested to people, never bound
//
// What an earlier run bound stays, whatever the rules are now; a recording or row that comes late
// is bound by the same rungs, to rows and recordings that were bound before only by rungs 1 and 2.
//
// Rungs 1 and 2 tie each row to every recording they hold for, and the reverse (two legs, two
// files). Rung 3 looks only at what 1 and 2 left over. Evidence that other facts contradict does
// not bind: it is suggested, and the row says so.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "firmware/records/facts.h"

namespace holdfast::records {

enum class Rung : std::uint8_t { call_id = 1, path = 2, numbers = 3, suggestion = 4 };

struct Binding {
  RowId row = 0;
  RecordingId recording = 0;
  Rung rung = Rung::call_id;  // never suggestion

  bool operator==(const Binding&) const = default;
};

// Why evidence does not count, or why it is in doubt.
#define HOLDFAST_CONTRADICTIONS(X)                                                             \
  X(none)                                                                                      \
  X(call_ids)  /* the row names the path of a recording with another call id */                \
  X(numbers)   /* both have numbers, and none in common */                                     \
  X(starts)    /* they start further apart than clocks and time zones explain */               \
  X(outranked) /* bound by numbers before; since then call id or path have said another one */ \
  X(ambiguous) /* its template fits several recordings, or that recording other rows too */

enum class Contradiction : std::uint8_t {
#define HOLDFAST_ENUMERATOR(name) name,
  HOLDFAST_CONTRADICTIONS(HOLDFAST_ENUMERATOR)
#undef HOLDFAST_ENUMERATOR
};

// Why a pair is suggested and not bound.
#define HOLDFAST_HINTS(X)                                                                       \
  X(contradiction) /* call id or path say so, other facts say otherwise */                      \
  X(several) /* all is within tolerance, or the template fits, but one has another candidate */ \
  X(call_id_alike) /* the call ids differ only in how they are written */                       \
  X(start)         /* a number is the same, the start is off */                                 \
  X(duration)      /* number and start agree, the duration is off */                            \
  X(other_number)  /* one number is the same, and each has another that the other lacks */      \
  X(time)          /* start and duration agree, and of no other one of both; no number does */

enum class Hint : std::uint8_t {
#define HOLDFAST_ENUMERATOR(name) name,
  HOLDFAST_HINTS(HOLDFAST_ENUMERATOR)
#undef HOLDFAST_ENUMERATOR
};

// The names as written above, for reports.
[[nodiscard]] std::string_view name_of(Rung rung);
[[nodiscard]] std::string_view name_of(Contradiction contradiction);
[[nodiscard]] std::string_view name_of(Hint hint);

struct Suggestion {
  RowId row = 0;
  RecordingId recording = 0;
  Hint hint = Hint::start;
  std::optional<std::int64_t> start_ms = {};  // of the row
};

struct BindingRules {
  std::uint64_t start_tolerance_ms = 5'000;
  std::uint64_t duration_tolerance_ms = 3'000;
  // Call ids are used again after a restart of the recorder, and clocks stand in wrong zones:
  // starts further apart than this contradict call id and path.
  std::uint64_t contradiction_ms = 86'400'000;
  // A call id or path of more rows or recordings than this is none.
  std::uint32_t legs_max = 64;
  // Recordings of one number within one row's tolerance that are looked at; where there are more,
  // nothing is unique.
  std::uint32_t window_max = 4'096;
  // Suggestions: how far starts may be apart (clocks that were moved by an hour), and how many a
  // row may get, at most 255. Contradicted evidence goes first, then the nearest starts.
  std::uint64_t suggestion_ms = 3'660'000;
  std::uint32_t suggestions_max = 5;
  // A shorter call may have no recording: nothing is suggested for it.
  std::uint64_t minimum_ms = 0;
};

// |left - right|, whatever they are.
[[nodiscard]] constexpr std::uint64_t apart(std::int64_t left, std::int64_t right) {
  const auto a = static_cast<std::uint64_t>(left);
  const auto b = static_cast<std::uint64_t>(right);
  return left > right ? a - b : b - a;
}

// What speaks against these two being one call, though call id or path say so.
[[nodiscard]] Contradiction contradiction_of(const RowFacts& row, const RecordingFacts& recording,
                                             const BindingRules& rules);

}  // namespace holdfast::records
