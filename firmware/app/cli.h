// SPDX-License-Identifier: Apache-2.0
// The command line as a whole: words in, exit code out.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "firmware/app/session.h"

namespace holdfast::app {

using Verb = std::function<Result<ExitCode>(Session&)>;

// Either a verb to run, or a text (help, version) to print instead.
struct Command {
  GlobalOptions options;
  std::string name;  // of the verb: "snapshot hold"
  Verb verb;
  std::string text;
};

// `arguments` without the program's name. Options that all verbs share may stand before and after
// the verb. invalid_argument: one line that says which word is wrong.
[[nodiscard]] Result<Command> parse_command(const std::vector<std::string>& arguments,
                                            messages::Language language);

// Parses, runs, tells errors; returns the exit code of the process.
[[nodiscard]] int run_cli(const AppPorts& ports, const Environment& environment,
                          const std::vector<std::string>& arguments, const job::StopFlag& stop);

// What run_cli() would print, and return, for out_of_memory: made while there is memory.
struct OutOfMemory {
  std::string out;
  std::string error;
  int exit_code = 0;
};
[[nodiscard]] OutOfMemory out_of_memory(const Environment& environment,
                                        const std::vector<std::string>& arguments);

}  // namespace holdfast::app
