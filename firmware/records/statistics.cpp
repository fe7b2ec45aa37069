// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/statistics.h"

#include <algorithm>
#include <functional>

namespace holdfast::records {

namespace {

constexpr std::size_t kTypesMax = 64;
constexpr std::size_t kTypeSizeMax = 8;

}  // namespace

std::string file_type_of(std::string_view path) {
  const std::string_view name = path.substr(path.find_last_of('/') + 1);
  const std::size_t dot = name.find_last_of('.');
  if (dot == std::string_view::npos || name.size() - dot - 1 > kTypeSizeMax) return {};
  std::string type(name.substr(dot + 1));
  for (char& letter : type) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    const bool is_plain = (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
    if (!is_plain) return {};
  }
  return type;
}

void DayStatistics::add_row(CallClass call_class, std::optional<std::size_t> hour) {
  ++rows;
  row_classes.add(call_class);
  if (call_class == CallClass::row_rejected || call_class == CallClass::duplicate_key) return;
  ++calls;
  if (hour) ++calls_by_hour.at(*hour);
}

void DayStatistics::add_recording(const RecordingFacts& recording, CallClass call_class) {
  ++recordings;
  recording_classes.add(call_class);
  bytes += recording.size;
  const bool can_be_read =
      recording.audio == AudioState::sound || recording.audio == AudioState::unknown;
  if (can_be_read && recording.duration_ms && *recording.duration_ms >= 0) {
    speech_ms += static_cast<std::uint64_t>(*recording.duration_ms);
  } else {
    ++unmeasured;
  }
  FileTypeCount& type = of_type(file_type_of(recording.path));
  ++type.files;
  type.bytes += recording.size;
}

FileTypeCount& DayStatistics::of_type(const std::string& type) {
  const bool is_too_many = file_types.size() >= kTypesMax - 1 && !file_types.contains(type);
  return file_types[is_too_many ? std::string() : type];
}

void DayStatistics::merge(const DayStatistics& other) {
  rows += other.rows;
  calls += other.calls;
  recordings += other.recordings;
  bytes += other.bytes;
  speech_ms += other.speech_ms;
  unmeasured += other.unmeasured;
  row_classes.add(other.row_classes);
  recording_classes.add(other.recording_classes);
  for (const auto& [type, count] : other.file_types) {
    FileTypeCount& own = of_type(type);
    own.files += count.files;
    own.bytes += count.bytes;
  }
  std::ranges::transform(calls_by_hour, other.calls_by_hour, calls_by_hour.begin(), std::plus());
}

void Statistics::merge(const Statistics& other) {
  for (const auto& [day, statistics] : other.days) days[day].merge(statistics);
}

DayStatistics Statistics::sum() const {
  DayStatistics sum;
  for (const auto& [day, statistics] : days) sum.merge(statistics);
  return sum;
}

}  // namespace holdfast::records
