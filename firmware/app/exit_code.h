// SPDX-License-Identifier: Apache-2.0
// How a verb tells scripts what came of it.
//
//    0 done                                10 no such pool, business, snapshot or file
//    1 failed, nothing committed           11 locked
//    2 usage                               12 key or passphrase
//    3 done, but items were unreadable     13 too few disks, or not the newest ones
//    4 verification found differences      14 removable medium missing or full
//    5 data lost beyond repair             15 denied or held
//                                         130 interrupted; state kept, resumable
//
// A full pool disk and a source that is not there are 1: nothing was committed, and what is named
// exists as far as the box is concerned.
#pragma once

#include <initializer_list>

#include "hal/base/error.h"

namespace holdfast::app {

enum class ExitCode : int {
  done = 0,
  failed = 1,
  usage = 2,
  unreadable = 3,
  differences = 4,
  lost = 5,
  not_found = 10,
  locked = 11,
  key = 12,
  disks = 13,
  medium = 14,
  denied = 15,
  interrupted = 130,
};

[[nodiscard]] ExitCode exit_code_of(ErrorCode code);
// Data that are lost count more than how that showed.
[[nodiscard]] ExitCode exit_code_of(const Error& error);

// Of several that apply to one finished run: 1 > 5 > 4 > 3 > 0.
[[nodiscard]] ExitCode worst_of(std::initializer_list<ExitCode> codes);

}  // namespace holdfast::app
