// SPDX-License-Identifier: Apache-2.0
// What a recording's own bytes say of its sound: how long it is, and whether the header can be
// true. Looks at the beginning and the end of a file, in bounded time, and decodes nothing.
//
//   WAV (RIFF, RF64, BW64)   PCM, A-law, mu-law, GSM 6.10, IMA and MS ADPCM, and others by their
//                            bytes a second; a size that a writer to a pipe could not know
//   au, FLAC, AMR, MP3 (CBR, Xing, Info, VBRI, ID3v2), Ogg (Opus, Vorbis, Speex, FLAC)
//   without any header       GSM, A-law, mu-law, 16-bit and G.729 by the name: at 8000 Hz, mono
//
// A name that says one of these and bytes that are another are believed by the bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "firmware/records/facts.h"
#include "hal/base/bytes.h"

namespace holdfast::records {

inline constexpr std::size_t kAudioHeadSize = 64 * kKiB;
inline constexpr std::size_t kAudioTailSize = 64 * kKiB;  // the longest page of Ogg has 65307

struct AudioFacts {
  AudioState state = AudioState::unknown;
  std::string_view form = {};  // "wav/pcm", "ogg/opus"; empty: not known. Lives for ever
  std::uint32_t channels = 0;  // 0: not known
  std::uint32_t rate = 0;      // samples of each channel in a second; 0: not known
  // As the header promises; of a form that promises nothing, by the bytes that are there. Nothing
  // if it could only be guessed.
  std::optional<std::int64_t> duration_ms = {};
};

// How many of a file's last bytes probe_audio() needs, by its beginning: most forms need none.
[[nodiscard]] std::size_t audio_tail_size(ByteView head);

// `head` has the first kAudioHeadSize bytes of the file or all of them, `tail` the last
// audio_tail_size() or all. The name is the item's, for its ending. With fewer bytes than that
// less is known, never something else.
[[nodiscard]] AudioFacts probe_audio(std::string_view name, ByteView head, ByteView tail,
                                     std::uint64_t size);

}  // namespace holdfast::records
