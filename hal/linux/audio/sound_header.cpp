// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/audio/sound_header.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace holdfast::linux {

namespace {

constexpr std::size_t kChunkHead = 8;
constexpr std::uint32_t kUnknown = 0xFFFFFFFF;
// What sox writes into a pipe: as many whole blocks as there are in so many bytes.
constexpr std::uint32_t kPipeMax = 0x7FFFF000;
constexpr std::uint32_t kPipeBlockMax = 4096;

std::uint64_t little(ByteView bytes, std::size_t at) {
  std::uint64_t number = 0;
  for (std::size_t i = 4; i-- > 0;) number = number << 8 | bytes[at + i];
  return number;
}

std::uint64_t padded(std::uint64_t size) {
  return size + size % 2;
}

bool has_chunk_name(ByteView bytes) {
  return std::ranges::all_of(bytes.first(4), [](std::uint8_t c) { return c >= 0x20 && c <= 0x7E; });
}

// Whether they are parts of a file, to their end, and none of them is sound.
bool are_chunks(ByteView bytes) {
  while (bytes.size() >= kChunkHead) {
    if (!has_chunk_name(bytes) || text_of(bytes.first(4)) == "data") return false;
    const std::uint64_t size = kChunkHead + little(bytes, 4);
    if (size > bytes.size()) return false;
    bytes = bytes.subspan(std::min<std::uint64_t>(padded(size), bytes.size()));
  }
  return true;
}

std::optional<std::size_t> find_data(ByteView recording) {
  std::uint64_t at = 12;
  while (at + kChunkHead <= recording.size()) {
    if (text_of(recording.subspan(at, 4)) == "data") return at;
    at += kChunkHead + padded(little(recording, at + 4));
  }
  return std::nullopt;
}

HeaderNote read_wave(ByteView recording) {
  HeaderNote note;
  const auto data = find_data(recording);
  if (!data) return note;
  const std::uint64_t told = little(recording, *data + 4);
  const ByteView sound = recording.subspan(*data + kChunkHead);
  note.bytes_there = std::min<std::uint64_t>(told, sound.size());
  if (told == 0 && !sound.empty() && !are_chunks(sound)) {
    note.is_unfinished = true;
    note.bytes_there = sound.size();
    Patch patch{*data + 4, {}};
    for (int i = 0; i < 4; ++i) {
      patch.bytes.push_back(static_cast<std::uint8_t>(sound.size() >> (8 * i)));
    }
    note.patch = std::move(patch);
    return note;
  }
  const bool is_piped = told <= kPipeMax && told > kPipeMax - kPipeBlockMax;
  if (told > sound.size()) {
    if (told != kUnknown && !is_piped) note.bytes_missing = told - sound.size();
    return note;
  }
  // Not everybody fills up to an even place.
  const ByteView behind = sound.subspan(told);
  const bool is_good = are_chunks(behind) || are_chunks(behind.subspan(told % 2 == 0 ? 0 : 1));
  if (!behind.empty() && !is_good) note.bytes_behind = behind.size();
  return note;
}

HeaderNote read_flac(ByteView recording, std::size_t begin) {
  constexpr std::size_t kTotal = 21;  // the low half of this byte, and four more, big end first
  HeaderNote note;
  const std::size_t at = begin + kTotal;
  if (recording.size() < at + 5) return note;
  std::uint64_t frames = recording[at] & 0x0F;
  for (std::size_t i = 1; i < 5; ++i) frames = frames << 8 | recording[at + i];
  if (frames == 0) return note;
  note.frames = frames;
  note.patch = Patch{at, {static_cast<std::uint8_t>(recording[at] & 0xF0), 0, 0, 0, 0}};
  return note;
}

// Where what a player knows begins: words about it may stand before.
std::size_t behind_id3(ByteView recording) {
  if (recording.size() < 10 || text_of(recording.first(3)) != "ID3") return 0;
  std::size_t size = 0;
  for (std::size_t i = 6; i < 10; ++i) size = size << 7 | (recording[i] & 0x7FU);
  return std::min(size + 10, recording.size());
}

}  // namespace

HeaderNote read_header(ByteView recording) {
  const std::string_view text = text_of(recording);
  if (text.size() >= 12 && text.starts_with("RIFF") && text.substr(8, 4) == "WAVE") {
    return read_wave(recording);
  }
  const std::size_t begin = behind_id3(recording);
  return text.substr(begin).starts_with("fLaC") ? read_flac(recording, begin) : HeaderNote{};
}

std::optional<Patch> without_tag(ByteView recording) {
  constexpr std::size_t kFirstFrame = 2048;  // none is longer
  const std::size_t begin = behind_id3(recording);
  const std::string_view text = text_of(recording).substr(begin, kFirstFrame);
  for (const std::string_view name : {"Xing", "Info", "VBRI"}) {
    const std::size_t at = text.find(name);
    if (at != text.npos) return Patch{begin + at, Bytes(4)};
  }
  return std::nullopt;
}

}  // namespace holdfast::linux
