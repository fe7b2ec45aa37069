// SPDX-License-Identifier: Apache-2.0
// The jobs of the product, each as something that can be cut, failed and done again: for tests that
// ask the same of all of them.
#pragma once

#include <span>

#include "tests/sim/job_box.h"

namespace holdfast::test {

struct Job {
  const char* name;
  // Makes the box one that the job is about to be done on.
  Result<void> (*prepare)(JobBox& box);
  // Ok: it is done, or was done before by a call that did not say so. What it left out is an error.
  Result<void> (*act)(JobBox& box);
  // What holds once it is done.
  void (*check_done)(JobBox& box);
};

[[nodiscard]] std::span<const Job> all_jobs();

}  // namespace holdfast::test
