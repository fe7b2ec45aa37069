// SPDX-License-Identifier: Apache-2.0
// holdfast-audio: decodes one recording for a player, and can do nothing else.
#include "hal/linux/audio/audio_child.h"
#include "hal/linux/audio/sandbox.h"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  holdfast::linux::end_sandboxed(holdfast::linux::run_audio_child(arguments));
}
