// SPDX-License-Identifier: Apache-2.0
// The command line of holdfastd.
#pragma once

#include <string>
#include <vector>

#include "firmware/messages/messages.h"
#include "hal/base/result.h"

namespace holdfast::app {

struct DaemonOptions {
  std::string home;         // empty: not given
  bool only_check = false;  // say what would run, and end
  std::string text;         // to print instead: help, version
};

// `arguments` without the program's name. invalid_argument: one line that says which word is wrong.
[[nodiscard]] Result<DaemonOptions> parse_daemon_options(const std::vector<std::string>& arguments,
                                                         messages::Language language);

}  // namespace holdfast::app
