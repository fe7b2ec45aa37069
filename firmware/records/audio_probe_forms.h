// SPDX-License-Identifier: Apache-2.0
// The forms of audio that probe_audio() knows, each by itself. The bytes begin as the form does, or
// the answer is AudioState::unreadable.
#pragma once

#include "firmware/records/audio_probe.h"

namespace holdfast::records {

struct AudioBytes {
  ByteView head;
  ByteView tail;
  std::uint64_t size = 0;  // of the file

  [[nodiscard]] bool is_whole() const { return head.size() == size; }
};

[[nodiscard]] AudioFacts probe_wav(const AudioBytes& bytes);
[[nodiscard]] AudioFacts probe_ogg(const AudioBytes& bytes);
// Frames are looked for behind an ID3v2 tag; if `is_named` behind other bytes too.
[[nodiscard]] AudioFacts probe_mp3(const AudioBytes& bytes, bool is_named);

// Rounded down. Nothing if it is no length that sound can have.
[[nodiscard]] inline std::optional<std::int64_t> milliseconds_of(std::uint64_t samples,
                                                                 std::uint64_t rate) {
  constexpr std::uint64_t kSecondsMax = std::uint64_t{1} << 32U;
  if (rate == 0 || samples / rate > kSecondsMax) return std::nullopt;
  return static_cast<std::int64_t>(samples / rate * 1000 + samples % rate * 1000 / rate);
}

[[nodiscard]] inline AudioFacts unreadable(std::string_view form) {
  AudioFacts facts;
  facts.state = AudioState::unreadable;
  facts.form = form;
  return facts;
}

}  // namespace holdfast::records
