// SPDX-License-Identifier: Apache-2.0
// holdfast-audio: decodes one recording for a player, and can do nothing else.
#include <cstdlib>

#include "hal/linux/audio/audio_child.h"

// What runs at the end of a program is left out: the sandbox has no room for it.
int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  std::_Exit(holdfast::linux::run_audio_child(arguments));
}
