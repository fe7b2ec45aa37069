// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/alike_calls.h"

#include <algorithm>
#include <tuple>

#include "firmware/records/ascii.h"

namespace holdfast::records {

namespace {

constexpr std::size_t kWindowMax = 64;
constexpr std::uint32_t kNobody = UINT32_MAX;
constexpr std::uint32_t kSeveral = UINT32_MAX - 1;

// FNV-1a. Two ids of one hash would be suggested and are bound by nothing.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : text) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  }
  return std::max<std::uint64_t>(hash, 1);
}

void note(std::uint32_t& slot, std::size_t candidate) {
  slot = slot == kNobody ? static_cast<std::uint32_t>(candidate) : kSeveral;
}

}  // namespace

std::string folded_call_id(std::string_view call_id) {
  std::string folded;
  bool is_apart = false;
  for (const char byte : call_id) {
    const bool counts =
        is_letter(byte) || is_digit(byte) || static_cast<unsigned char>(byte) >= 0x80;
    if (!counts) {
      is_apart = !folded.empty();
      continue;
    }
    if (byte == '0' && folded.empty()) continue;
    if (is_apart) folded += '.';
    is_apart = false;
    folded += byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte;
  }
  return folded;
}

void AlikeCalls::Side::put(const std::string& call_id, Call call) {
  const std::string folded = folded_call_id(call_id);
  if (!folded.empty()) call.call_id = hash_of(folded);
  calls.push_back(call);
}

Result<void> AlikeCalls::for_each_call_id(const Visit& visit) {
  const auto by_call_id = [](const Call& call) { return std::tie(call.call_id, call.id); };
  std::ranges::sort(rows_.calls, {}, by_call_id);
  std::ranges::sort(recordings_.calls, {}, by_call_id);
  const auto end_of = [](auto from, auto end) {
    return std::find_if(from, end, [&](const Call& each) { return each.call_id != from->call_id; });
  };
  auto row = rows_.calls.begin();
  auto recording = recordings_.calls.begin();
  while (row != rows_.calls.end() && recording != recordings_.calls.end()) {
    if (row->call_id == 0 || row->call_id < recording->call_id) {
      ++row;
    } else if (recording->call_id < row->call_id) {
      ++recording;
    } else {
      const auto rows_end = end_of(row, rows_.calls.end());
      const auto recordings_end = end_of(recording, recordings_.calls.end());
      HF_TRY(pair_up({row, rows_end}, {recording, recordings_end}, visit));
      row = rows_end;
      recording = recordings_end;
    }
  }
  return {};
}

Result<void> AlikeCalls::pair_up(std::span<const Call> rows, std::span<const Call> recordings,
                                 const Visit& visit) const {
  if (std::max(rows.size(), recordings.size()) > rules_.legs_max) return {};
  for (const Call& row : rows) {
    for (const Call& recording : recordings) {
      const bool is_far = row.start_ms && recording.start_ms &&
                          apart(*row.start_ms, *recording.start_ms) > rules_.contradiction_ms;
      if (is_far) continue;
      HF_TRY(visit({row.id, recording.id, Hint::call_id_alike, row.start_ms}));
    }
  }
  return {};
}

Result<void> AlikeCalls::for_each_time(const Visit& visit) {
  for (Side* side : {&rows_, &recordings_}) {
    std::erase_if(side->calls,
                  [](const Call& call) { return !call.start_ms || !call.duration_ms; });
    std::ranges::sort(side->calls, {},
                      [](const Call& call) { return std::tie(call.start_ms, call.id); });
  }
  const std::vector<Call>& rows = rows_.calls;
  const std::vector<Call>& recordings = recordings_.calls;
  std::vector<std::uint32_t> recording_of(rows.size(), kNobody);
  std::vector<std::uint32_t> row_of(recordings.size(), kNobody);
  std::size_t begin = 0;
  std::size_t end = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::int64_t start_ms = *rows[i].start_ms;
    const auto is_near = [&](std::size_t at) {
      return apart(*recordings[at].start_ms, start_ms) <= rules_.start_tolerance_ms;
    };
    while (begin < recordings.size() && *recordings[begin].start_ms < start_ms && !is_near(begin)) {
      ++begin;
    }
    end = std::max(end, begin);
    while (end < recordings.size() && (*recordings[end].start_ms < start_ms || is_near(end))) ++end;
    if (end - begin > kWindowMax) continue;
    for (std::size_t at = begin; at < end; ++at) {
      const std::uint64_t off = apart(*rows[i].duration_ms, *recordings[at].duration_ms);
      if (off > rules_.duration_tolerance_ms) continue;
      note(recording_of[i], at);
      note(row_of[at], i);
    }
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::uint32_t at = recording_of[i];
    if (at >= kSeveral || row_of[at] != i) continue;
    HF_TRY(visit({rows[i].id, recordings[at].id, Hint::time, rows[i].start_ms}));
  }
  return {};
}

}  // namespace holdfast::records
