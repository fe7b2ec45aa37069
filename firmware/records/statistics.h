// SPDX-License-Identifier: Apache-2.0
// What one business has of each day. Statistics of parts merge to those of the whole.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "firmware/records/call_class.h"
#include "firmware/records/facts.h"

namespace holdfast::records {

// The ending of the file's name in lower case, without its dot; empty if it has none, or one that
// is longer than eight letters and digits, or has other characters.
[[nodiscard]] std::string file_type_of(std::string_view path);

struct FileTypeCount {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;

  bool operator==(const FileTypeCount&) const = default;
};

// Of the day on which a call started, from midnight on.
using HoursOfDay = std::array<std::uint64_t, 24>;

struct DayStatistics {
  std::uint64_t rows = 0;
  std::uint64_t calls = 0;  // rows that are not rejected and repeat no other row's key
  std::uint64_t recordings = 0;
  std::uint64_t bytes = 0;
  std::uint64_t speech_ms = 0;   // by the headers of recordings that can be read
  std::uint64_t unmeasured = 0;  // recordings that are not in speech_ms
  ClassCounts row_classes;
  ClassCounts recording_classes;
  std::map<std::string, FileTypeCount> file_types;  // 64 at most; further ones count as none
  HoursOfDay calls_by_hour{};                       // of calls whose hour is known

  // `hour`: 0 to 23, of its start; none: it has no start.
  void add_row(CallClass call_class, std::optional<std::size_t> hour);
  // Of the facts: path, size, duration, audio.
  void add_recording(const RecordingFacts& recording, CallClass call_class);
  void merge(const DayStatistics& other);

  bool operator==(const DayStatistics&) const = default;

 private:
  [[nodiscard]] FileTypeCount& of_type(const std::string& type);
};

// By day of the call in the business's own time, as a number that rises by one; without one: what
// has no start.
struct Statistics {
  std::map<std::optional<std::int64_t>, DayStatistics> days;

  void merge(const Statistics& other);
  [[nodiscard]] DayStatistics sum() const;
};

}  // namespace holdfast::records
