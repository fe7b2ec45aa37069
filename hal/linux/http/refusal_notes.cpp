// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/http/refusal_notes.h"

#include "hal/linux/http/handler_threads.h"

namespace holdfast::linux {

namespace {

constexpr std::size_t kCountsMax = 256;

}  // namespace

Result<void> RefusalNotes::start() {
  HF_TRY(thread_, start_deaf_thread([this] { run(); }));
  return {};
}

void RefusalNotes::add(const std::string& peer, int status) {
  {
    const std::lock_guard lock(mutex_);
    std::pair<std::string, int> key(peer, status);
    if (counts_.size() >= kCountsMax && !counts_.contains(key)) key.first.clear();
    ++counts_[key];
  }
  changed_.notify_one();
}

void RefusalNotes::join() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void RefusalNotes::run() {
  for (;;) {
    Counts counts;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return is_over_ || !counts_.empty(); });
      if (counts_.empty()) return;
      counts.swap(counts_);
    }
    for (const auto& [key, count] : counts) {
      // Memory that does not suffice for a note must not end the process.
      try {
        handler_.refused(key.first, key.second, count);
      } catch (...) {
        continue;
      }
    }
  }
}

}  // namespace holdfast::linux
