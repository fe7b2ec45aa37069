// SPDX-License-Identifier: Apache-2.0
// What binding and reconciliation need to know of a row and of a recording, whatever system they
// came from. A mapping makes the first from a row's fields, and may make parts of the second from
// a file's name; the probe of a file's header makes the rest.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/records/row_fault.h"

namespace holdfast::records {

// Rows and recordings of one reconciliation are numbered from 0 without gaps, each by itself.
using RowId = std::uint32_t;
using RecordingId = std::uint32_t;

struct RowFacts {
  RowId id = 0;
  RowFault fault = RowFault::none;       // not none: rejected; nothing else of it is used
  std::string key;                       // what makes it one row of its source; empty: has none
  std::string call_id;                   // empty: none
  std::vector<std::string> numbers;      // normalised, without empty ones and doubles
  std::optional<std::int64_t> start_ms;  // milliseconds since 1970 in UTC
  std::optional<std::int64_t> duration_ms;
  // Of the recording's item, where the row tells it; where its template has a star, what paths fit:
  // PathPattern::text().
  std::string path;
  bool expects_recording = true;      // by the mapping's rule, before any minimum of duration
  bool had_recording = false;         // that it was bound to, and that a prune took
  std::optional<std::uint64_t> size;  // bytes of the recording, where the row tells them
};

// What the header of a recording says against its size. The names stand in reports.
#define HOLDFAST_AUDIO_STATES(X)                                                    \
  X(unknown)    /* not looked at, or a form that nobody here reads: no judgement */ \
  X(sound)      /* the header agrees with the size */                               \
  X(empty)      /* no bytes, or a header with no sound behind it */                 \
  X(truncated)  /* the header promises more bytes than there are */                 \
  X(lying)      /* the header contradicts itself or what follows it */              \
  X(unreadable) /* the name or the first bytes promise audio, and it is none */

enum class AudioState : std::uint8_t {
#define HOLDFAST_ENUMERATOR(name) name,
  HOLDFAST_AUDIO_STATES(HOLDFAST_ENUMERATOR)
#undef HOLDFAST_ENUMERATOR
};
[[nodiscard]] std::string_view name_of(AudioState state);
[[nodiscard]] std::optional<AudioState> audio_state_named(std::string_view name);

struct RecordingFacts {
  RecordingId id = 0;
  std::string path;  // the item's
  std::uint64_t size = 0;
  std::string content;                      // digest of the bytes; empty: not known
  std::string call_id;                      // by its name; empty: none
  std::vector<std::string> numbers;         // by its name, normalised
  std::optional<std::int64_t> start_ms;     // by its name
  std::optional<std::int64_t> duration_ms;  // by its header
  AudioState audio = AudioState::unknown;
  std::int64_t first_seen_ms = 0;  // when the box first had it
};

}  // namespace holdfast::records
