// SPDX-License-Identifier: Apache-2.0
// holdfast-audio: the recording stands on standard input, a file in memory; what it answers goes to
// standard output.
//
//   holdfast-audio peaks ENDING COUNT
//   holdfast-audio wave ENDING FIRST COUNT
//
// ENDING is that of the recording's name, or "-". The answer begins with one line:
//
//   RATE CHANNELS FRAMES PLAIN CUT MORE FORM
//
// PLAIN is 1 if browsers play the recording as it is; CUT is 1 if its header states more than there
// is; MORE is 1 if bytes are left that are not decoded. FORM is the rest of the line. Then come the
// peaks, a signed byte each, as peaks_of() has them, or COUNT bytes from FIRST on of the WAV file.
#pragma once

#include <string>
#include <vector>

namespace holdfast::linux {

// 0; 2 usage; 3 there is no sandbox; 4 it holds no sound that can be decoded; 5 it is too long; 6
// its header promises sound, and there is none; 7 there is not enough memory. Too much time:
// SIGXCPU.
[[nodiscard]] int run_audio_child(const std::vector<std::string>& arguments);

}  // namespace holdfast::linux
