// SPDX-License-Identifier: Apache-2.0
// HF_CHECK(condition): a broken invariant of our own code aborts, in release builds too.
// Never for input from outside: that is an Error.
#pragma once

namespace holdfast {

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace holdfast

#define HF_CHECK(condition)                                                     \
  do {                                                                          \
    if (!(condition)) ::holdfast::check_failed(#condition, __FILE__, __LINE__); \
  } while (false)
