// SPDX-License-Identifier: Apache-2.0
// A recording as sound, by libsndfile: PCM of 16 bits, and peaks to draw. The bytes may be
// anything: whoever calls this does so in a process that can do nothing else (sandbox.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hal/base/bytes.h"

namespace holdfast::linux {

struct SoundFacts {
  std::uint32_t rate = 0;  // frames a second, above 0
  std::uint32_t channels = 0;
  std::uint64_t frames = 0;  // of one sample for each channel: so many can be decoded
  bool is_plain = false;     // browsers play the recording as it is
  bool is_cut = false;       // its header states at least a second more
  bool is_more = false;      // bytes, of a second or more, are not decoded: they may be sound
  std::string form;          // "GSM 6.10"
};

// More than a browser plays, or than is reasonable to decode.
inline constexpr std::uint32_t kChannelsMax = 8;
inline constexpr std::uint64_t kWaveMax = 2'000'000'000;  // bytes of PCM
inline constexpr std::size_t kWaveHeaderSize = 44;

enum class SoundFault : std::uint8_t {
  form,
  large,
  hollow,  // a header that promises sound, and none behind it
};

// One thread. What is decoded depends on the bytes alone, so that a part of it fits to the others,
// wherever reading began.
class Sound {
 public:
  // `ending` of the recording's name, lower case: of forms that have no header. The bytes must
  // outlive the Sound. Returns why not if it holds none. How long it is is never taken from the
  // header alone: of forms whose blocks may hold any number of samples, all is decoded to count.
  [[nodiscard]] static std::optional<SoundFault> open(ByteView recording, std::string_view ending,
                                                      std::unique_ptr<Sound>& out);
  ~Sound();

  [[nodiscard]] const SoundFacts& facts() const { return facts_; }
  // The next frames, interleaved, as many as there is room for; fewer at the end. What a damaged
  // block does not give is silence, so that the length is the one that was told.
  [[nodiscard]] std::size_t read(std::span<std::int16_t> samples);
  // Reading goes on there, which must not be behind; at the end if there is no such frame. Takes
  // the same time for any place, if the form lets anybody begin inside.
  void skip_to(std::uint64_t frame);

 private:
  struct File;
  enum class Reach : std::uint8_t { beginning, segments, anywhere };
  explicit Sound(std::unique_ptr<File> file);

  [[nodiscard]] std::optional<SoundFault> count_frames();
  [[nodiscard]] std::uint64_t count_decoded();
  void compare_bytes();
  void load(std::uint64_t piece);
  void enter_segment(std::uint64_t piece);
  void read_piece();

  std::unique_ptr<File> file_;
  SoundFacts facts_;
  Reach reach_;
  std::uint64_t at_ = 0;          // frames read
  std::uint64_t next_piece_ = 0;  // that the decoder gives
  std::uint64_t segment_ = 0;     // in which the decoder is
  std::vector<float> piece_;      // the one before it
};

// A WAV file of PCM of 16 bits has so many bytes, of which the first are this header.
[[nodiscard]] std::uint64_t wave_size(const SoundFacts& facts);
[[nodiscard]] Bytes wave_header(const SoundFacts& facts);

// For each of `count` equal parts, or fewer if there are fewer frames: the lowest and the highest
// sample of each channel, in 1/128: channel by channel, part by part. Reads all of it.
[[nodiscard]] std::vector<std::int8_t> peaks_of(Sound& sound, std::uint32_t count);

}  // namespace holdfast::linux
