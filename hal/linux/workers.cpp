// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/workers.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "hal/linux/errno.h"

namespace holdfast::linux {

namespace {

// Two of them are six parts of ten for the others: enough for them to be seen to go first.
constexpr int kPriorityLess = 2;
constexpr int kLowestPriority = 19;

// Where the system shares processors out by session first, what a thread gives up counts within its
// own alone; a session that is this process's own gives it up too.
void give_way_as_session() {
  if (::getsid(0) != ::getpid()) return;
  std::string name;
  std::string word;
  int priority = 0;
  if (!(std::ifstream("/proc/self/autogroup") >> name >> word >> priority)) return;
  std::ofstream("/proc/self/autogroup") << std::min(priority + kPriorityLess, kLowestPriority);
}

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

// What is given up twice would be twice as much.
void ThreadWorkers::give_way() {
  if (gives_way_) return;
  gives_way_ = true;
  give_way_as_session();
  static_cast<void>(::nice(kPriorityLess) != -1);
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
