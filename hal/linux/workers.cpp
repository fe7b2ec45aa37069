// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/workers.h"

#include <algorithm>
#include <system_error>
#include <thread>
#include <vector>

#include "hal/linux/errno.h"

namespace holdfast::linux {

namespace {

Result<void> start_threads(std::vector<std::jthread>& threads, std::vector<Result<void>>& results,
                           const std::function<Result<void>(std::size_t)>& task) {
  try {
    for (std::size_t worker = 1; worker < results.size(); ++worker) {
      threads.emplace_back([&task, &results, worker] { results[worker] = task(worker); });
    }
    return {};
  } catch (const std::system_error& error) {
    return error_of(error.code().value(), "start thread", {});
  }
}

}  // namespace

ThreadWorkers::ThreadWorkers()
    : ThreadWorkers(std::max<std::size_t>(1, std::thread::hardware_concurrency())) {}

ThreadWorkers::ThreadWorkers(std::size_t count) : count_(count) {
  HF_CHECK(count >= 1);
}

Result<void> ThreadWorkers::run(const std::function<Result<void>(std::size_t)>& task) {
  std::vector<Result<void>> results(count_);
  {
    std::vector<std::jthread> threads;  // joins all of them where this block ends
    threads.reserve(count_ - 1);
    HF_TRY(start_threads(threads, results, task));
    results.front() = task(0);
  }
  for (Result<void>& result : results) HF_TRY(std::move(result));
  return {};
}

}  // namespace holdfast::linux
