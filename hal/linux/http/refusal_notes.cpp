// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/http/refusal_notes.h"

#include <chrono>

#include "hal/linux/http/handler_threads.h"

namespace holdfast::linux {

namespace {

constexpr std::size_t kCountsMax = 256;
constexpr std::chrono::seconds kRestTime(5);

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

void RefusalNotes::begin_stop() {
  const std::lock_guard lock(mutex_);
  is_stopping_ = true;
}

void RefusalNotes::begin_end() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    is_ending_ = true;
  }
  changed_.notify_one();
}

void RefusalNotes::join() {
  begin_end();
  if (thread_.joinable()) thread_.join();
}

void RefusalNotes::run() {
  bool is_told = true;  // what was at work when the stop came
  while (!is_over_) {
    Counts counts;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, kRestTime,
                        [this] { return is_ending_ || (!is_stopping_ && !counts_.empty()); });
      if (is_ending_ || !is_stopping_) counts.swap(counts_);
    }
    if (is_ending_) {
      if (is_told) static_cast<void>(tell_rest(true, counts));
      is_over_ = true;
    } else if (!is_stopping_) {
      is_told = tell_all(counts) && (is_stopping_ || tell_rest(false, {}));
      const std::lock_guard lock(mutex_);
      for (const auto& [key, count] : counts) counts_[key] += count;
      if (!is_stopping_) is_told = true;  // an earlier failure says nothing of the next note
    }
  }
}

// Until a stop. What was told is taken out.
bool RefusalNotes::tell_all(Counts& counts) {
  bool is_told = true;
  while (!counts.empty() && !is_stopping_) {
    const auto first = counts.begin();
    // Memory that does not suffice for a note must not end the process.
    try {
      is_told = handler_.refused(first->first.first, first->first.second, first->second);
    } catch (...) {
      is_told = false;
    }
    counts.erase(first);
  }
  return is_told;
}

bool RefusalNotes::tell_rest(bool is_last, const Counts& counts) {
  std::uint64_t more = 0;
  for (const auto& [key, count] : counts) more += count;
  try {
    return handler_.tell_refused(more, is_last);
  } catch (...) {
    return false;
  }
}

}  // namespace holdfast::linux
