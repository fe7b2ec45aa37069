// SPDX-License-Identifier: Apache-2.0
// The end of a process that has no memory left.
#pragma once

#include <string>

namespace holdfast::linux {

// Made before, since there is no memory for it when it is needed.
struct LastWords {
  std::string out;    // to standard output
  std::string error;  // to standard error
  int exit_code = 1;
};

// From now on an allocation that fails, on whatever thread, writes the words and ends the process
// there: nothing is unwound and nothing written, as if the power had gone, which everything stored
// is made for. To be called once, at the start.
void end_without_memory(LastWords words);

}  // namespace holdfast::linux
