// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/audio/sandbox.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <vector>

namespace holdfast::linux {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kMachine = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kMachine = AUDIT_ARCH_AARCH64;
#else
#error "name this machine as seccomp does"
#endif

// A sanitizer's shadow takes more address space than there is to give away, and where a function
// does not return it asks where signals have their stack.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kHasShadow = true;
#elif defined(__has_feature)
constexpr bool kHasShadow = __has_feature(address_sanitizer);
#else
constexpr bool kHasShadow = false;
#endif

constexpr std::array kAllowed = {SYS_brk,          SYS_munmap,        SYS_mremap,
                                 SYS_madvise,      SYS_futex,         SYS_sched_yield,
                                 SYS_getrandom,    SYS_clock_gettime, SYS_gettimeofday,
                                 SYS_rt_sigreturn, SYS_exit,          SYS_exit_group};

// libsndfile looks for a resource fork beside what it does not know, and the C library how much
// memory there is before it sorts: both go on without.
constexpr std::array kRefused = {SYS_openat, SYS_sysinfo};

using Filter = std::vector<sock_filter>;

void add(Filter& filter, int code, std::uint32_t value, int jump_true = 0, int jump_false = 0) {
  filter.push_back({static_cast<std::uint16_t>(code), static_cast<std::uint8_t>(jump_true),
                    static_cast<std::uint8_t>(jump_false), value});
}

void load(Filter& filter, std::size_t offset) {
  add(filter, BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}

std::size_t argument_at(std::size_t place) {  // its low half
  return offsetof(seccomp_data, args) + place * sizeof(std::uint64_t);
}

void add_answer(Filter& filter, std::uint32_t answer) {
  add(filter, BPF_RET | BPF_K, answer);
}

void answer(Filter& filter, long call, std::uint32_t answer) {
  add(filter, BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1);
  add_answer(filter, answer);
}

// Memory that could be run is refused.
void allow_without_exec(Filter& filter, long call) {
  add(filter, BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 4);
  load(filter, argument_at(2));
  add(filter, BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1);
  add_answer(filter, SECCOMP_RET_KILL_PROCESS);
  add_answer(filter, SECCOMP_RET_ALLOW);
}

void allow_write(Filter& filter) {
  add(filter, BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 0, 5);
  load(filter, argument_at(0));
  add(filter, BPF_JMP | BPF_JEQ | BPF_K, STDOUT_FILENO, 1, 0);
  add(filter, BPF_JMP | BPF_JEQ | BPF_K, STDERR_FILENO, 0, 1);
  add_answer(filter, SECCOMP_RET_ALLOW);
  add_answer(filter, SECCOMP_RET_KILL_PROCESS);
}

Filter make_filter() {
  Filter filter;
  load(filter, offsetof(seccomp_data, arch));
  add(filter, BPF_JMP | BPF_JEQ | BPF_K, kMachine, 1, 0);
  add_answer(filter, SECCOMP_RET_KILL_PROCESS);
  load(filter, offsetof(seccomp_data, nr));
  for (const long call : kAllowed) answer(filter, call, SECCOMP_RET_ALLOW);
  if (kHasShadow) answer(filter, SYS_sigaltstack, SECCOMP_RET_ALLOW);
  for (const long call : kRefused) answer(filter, call, SECCOMP_RET_ERRNO | EACCES);
  allow_without_exec(filter, SYS_mmap);
  allow_without_exec(filter, SYS_mprotect);
  allow_write(filter);
  add_answer(filter, SECCOMP_RET_KILL_PROCESS);
  return filter;
}

bool limit(__rlimit_resource what, rlim_t value, rlim_t more = 0) {
  const rlimit both{value, value + more};
  return ::setrlimit(what, &both) == 0;
}

}  // namespace

bool enter_sandbox(const SandboxLimits& limits) {
  const bool is_limited = (kHasShadow || limit(RLIMIT_AS, limits.memory_max)) &&
                          limit(RLIMIT_CPU, limits.cpu_seconds, 1) && limit(RLIMIT_CORE, 0) &&
                          limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NOFILE, 0) &&
                          limit(RLIMIT_NPROC, 0);
  if (!is_limited || ::prctl(PR_SET_DUMPABLE, 0) != 0) return false;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  Filter filter = make_filter();
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

void end_sandboxed(int exit_code) {
  ::syscall(SYS_exit_group, exit_code);
  __builtin_unreachable();
}

}  // namespace holdfast::linux
