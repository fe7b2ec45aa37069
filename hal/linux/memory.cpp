// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/memory.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <exception>
#include <new>
#include <string_view>

namespace holdfast::linux {

namespace {

// A handler gets no argument, and may run when nothing else is left to be asked.
LastWords& last_words() {
  static LastWords words;
  return words;
}

constinit std::atomic_flag ended = ATOMIC_FLAG_INIT;

void write_all(int stream, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(stream, text.data(), text.size());
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

[[noreturn]] void end() {
  // One thread speaks.
  while (ended.test_and_set()) ::pause();
  write_all(STDOUT_FILENO, last_words().out);
  write_all(STDERR_FILENO, last_words().error);
  ::_exit(last_words().exit_code);
}

bool memory_is_why() {
  const std::exception_ptr thrown = std::current_exception();
  if (thrown == nullptr) return false;
  try {
    std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace

void end_without_memory(LastWords words) {
  last_words() = std::move(words);
  std::set_new_handler(end);
  // Of those who allocate otherwise, and throw what operator new would.
  std::set_terminate([] {
    if (memory_is_why()) end();
    std::abort();
  });
}

}  // namespace holdfast::linux
