// SPDX-License-Identifier: Apache-2.0
// A process that gives up everything but reckoning: for a decoder that reads hostile bytes.
#pragma once

#include <cstdint>

namespace holdfast::linux {

struct SandboxLimits {
  std::uint64_t memory_max = 0;  // bytes of address space
  std::uint32_t cpu_seconds = 0;
};

// From now on the process may have memory, write to standard output and standard error, and end;
// opening a file fails, and any other system call ends it at once (SIGSYS); too much time does so
// by SIGXCPU.
// So nothing can be read, no connection made, no process started, no memory made to run. Nobody can
// take that back. False: the system does not offer it, and nothing hostile may be read.
[[nodiscard]] bool enter_sandbox(const SandboxLimits& limits);

// The way out of it: nothing else is done at the end, as a sanitizer would, which looks for leaks.
[[noreturn]] void end_sandboxed(int exit_code);

}  // namespace holdfast::linux
