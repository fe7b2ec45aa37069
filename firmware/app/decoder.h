// SPDX-License-Identifier: Apache-2.0
// The child that decodes a recording for a player (holdfast-audio; docs/decisions/0035). What it
// says is as little trusted as the recording.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/job/progress.h"
#include "hal/ports/clock.h"
#include "hal/ports/process.h"

namespace holdfast::app {

struct HeardSound {
  std::uint64_t rate = 0;  // frames a second
  std::uint64_t channels = 0;
  std::uint64_t frames = 0;
  bool is_plain = false;  // browsers play the recording as it is
  bool is_cut = false;    // its header states more than there is
  bool is_more = false;   // bytes are left that are not decoded
  std::string form;       // "GSM 6.10"

  // Bytes of the WAV file.
  [[nodiscard]] std::uint64_t wave_size() const { return 44 + frames * channels * 2; }
};

// What is asked of the child, as it takes it, without the program.
struct DecoderRequest {
  std::vector<std::string> words;
  Bytes recording;
};

struct DecoderPorts {
  ports::Processes& processes;
  ports::Clock& clock;
  const std::string& program;  // absolute
};

// The ending of its name as the child takes it: lower case; "-" if there is none that a decoder
// could know.
[[nodiscard]] std::string ending_of(std::string_view path);

// Gives `take` the bytes behind the first line as they come, and what that line says; returns that.
// no_sound {what "sound_form"|"sound_length"|"sound_hollow"|"sound_time"|"sound_memory"|
// "sound_decoder"}; interrupted; what Processes::start() and `take` say. A child that says nothing
// for 100 seconds is stopped; the time that `take` needs does not count. `where` is the
// recording, for errors.
using TakeBytes = std::function<Result<void>(const HeardSound& sound, ByteView bytes)>;
[[nodiscard]] Result<HeardSound> decode(const DecoderPorts& ports, DecoderRequest request,
                                        const std::string& where, const job::StopFlag& stop,
                                        const TakeBytes& take);

}  // namespace holdfast::app
