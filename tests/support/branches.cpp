// SPDX-License-Identifier: Apache-2.0
#include "tests/support/branches.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <new>
#include <stdexcept>

#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include <catch2/catch.hpp>

// There in a build that counts branches (tools/coverage), and null in all others.
extern "C" [[gnu::weak]] int __llvm_profile_write_file();  // NOLINT: not ours

namespace holdfast::test {

namespace {

std::uint64_t failed_checks = 0;  // of this process, those of the one it was copied from left out

class CountFailedChecks final : public Catch::TestEventListenerBase {
 public:
  using TestEventListenerBase::TestEventListenerBase;
  bool assertionEnded(const Catch::AssertionStats& stats) override {
    if (!stats.assertionResult.isOk()) ++failed_checks;
    return true;
  }
};
CATCH_REGISTER_LISTENER(CountFailedChecks)

void flush_all() {
  std::cout.flush();
  std::cerr.flush();
  static_cast<void>(std::fflush(nullptr));
}

[[noreturn]] void end_copy(bool failed) {
  flush_all();
  if (__llvm_profile_write_file != nullptr) __llvm_profile_write_file();
  _exit(failed ? 1 : 0);
}

// Whether it ended well.
bool wait_for(pid_t copy) {
  int status = 0;
  while (waitpid(copy, &status, 0) < 0) {
    if (errno != EINTR) return false;
  }
  if (WIFSIGNALED(status)) std::cerr << "killed by signal " << WTERMSIG(status) << "\n";
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// Zeros that all copies have in common.
std::atomic<std::uint64_t>* map_shared(std::size_t count) {
  void* const shared = mmap(nullptr, count * sizeof(std::atomic<std::uint64_t>),
                            PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) throw std::bad_alloc();
  return static_cast<std::atomic<std::uint64_t>*>(shared);
}

}  // namespace

Tally::Tally() : shared_(map_shared(1)) {}

Tally::~Tally() {
  munmap(shared_, sizeof(std::atomic<std::uint64_t>));
}

void Tally::add(std::uint64_t more) {
  shared_->fetch_add(more);
}

std::uint64_t Tally::sum() const {
  return shared_->load();
}

SharedSet::SharedSet(std::size_t count_max)
    : count_max_(count_max), places_(map_shared(count_max)) {}

SharedSet::~SharedSet() {
  munmap(places_, count_max_ * sizeof(std::atomic<std::uint64_t>));
}

bool SharedSet::add(std::uint64_t number) {
  for (std::size_t step = 0; step < count_max_ / 2; ++step) {
    std::uint64_t there = 0;
    auto& place = places_[(number + step) % count_max_];
    if (place.compare_exchange_strong(there, number)) return true;
    if (there == number) return false;
  }
  throw std::length_error("too many numbers");
}

void Branches::run(const std::function<void()>& body) {
  try {
    body();
  } catch (const std::exception& failure) {
    if (!is_copy_) throw;
    std::cerr << "exception: " << failure.what() << "\n";
    end_copy(true);
  } catch (...) {  // a REQUIRE that failed, and was told
    if (!is_copy_) throw;
    end_copy(true);
  }
  if (is_copy_) end_copy(failed_checks > 0 || failed_ > 0);
  CHECK(failed_ == 0);
}

bool Branches::split(const std::string& way) {
  if (is_copy_ || failed_ >= kFailedMax) return false;
  flush_all();
  const pid_t parent = getpid();
  const pid_t copy = fork();
  if (copy < 0) throw std::bad_alloc();
  if (copy == 0) {
    is_copy_ = true;
    failed_ = 0;
    failed_checks = 0;
    // A test that is ended leaves no copies behind.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) end_copy(true);
    return true;
  }
  if (wait_for(copy)) return false;
  std::cerr << "failed in a copy: " << way << "\n";
  ++failed_;
  return false;
}

}  // namespace holdfast::test
