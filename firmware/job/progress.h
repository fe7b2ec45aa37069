// SPDX-License-Identifier: Apache-2.0
// How long work tells where it is, and how it is told to stop.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hal/base/result.h"

namespace holdfast::job {

// `phase` is a message key suffix ("listing", "reading", "writing", …). A total of 0 is unknown.
struct ProgressState {
  std::string_view phase;
  std::uint64_t items_done = 0;
  std::uint64_t items_total = 0;
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;
};

// Called often and from any thread, one call at a time; must return quickly.
class Progress {
 public:
  virtual ~Progress() = default;
  virtual void update(const ProgressState& state) = 0;
};

// Set by Ctrl-C; jobs look at it between items. Any thread, and a signal handler.
class StopFlag {
 public:
  constexpr StopFlag(bool is_set = false) noexcept : is_set_(is_set) {}
  // Also set while `above`, if it is not null, is: of a part of the work, which may end before the
  // rest does. It must outlive this one.
  explicit StopFlag(const StopFlag* above) : above_(above) {}

  [[nodiscard]] bool load() const {
    return is_set_.load() || (above_ != nullptr && above_->load());
  }
  StopFlag& operator=(bool is_set) {
    is_set_.store(is_set);
    return *this;
  }
  // What it was, whatever is above it.
  bool exchange(bool is_set) { return is_set_.exchange(is_set); }

  static constexpr bool is_always_lock_free = std::atomic<bool>::is_always_lock_free;

 private:
  std::atomic<bool> is_set_;
  const StopFlag* above_ = nullptr;
};

// interrupted once the flag, if there is one, is set.
[[nodiscard]] inline Result<void> check_stop(const StopFlag* stop) {
  if (stop != nullptr && stop->load()) return make_error(ErrorCode::interrupted);
  return {};
}

// Something that went wrong with one item while the job went on.
struct Problem {
  std::string path;  // raw bytes
  Error error;
};

// All are counted, the first ones are kept: a broken source must not fill the memory.
struct Problems {
  static constexpr std::size_t kKeptMax = 1000;
  std::uint64_t count = 0;
  std::vector<Problem> kept;

  void add(std::string path, Error error) {
    ++count;
    if (kept.size() < kKeptMax) kept.push_back({std::move(path), std::move(error)});
  }
  void add_all(Problems others) {
    count += others.count;
    for (Problem& each : others.kept) {
      if (kept.size() < kKeptMax) kept.push_back(std::move(each));
    }
  }
  // Items, from this path on, whose very names are lost.
  void add_lost_names(const std::string& first_path, std::uint64_t items) {
    add(first_path,
        make_error(ErrorCode::names_lost, first_path, {{"items", std::to_string(items)}}));
    count += items > 0 ? items - 1 : 0;
  }
};

// What a snapshot does not have as its sources had it.
struct Unread {
  std::uint64_t no_content = 0;  // items that never were readable: there is nothing but the name
  std::uint64_t older = 0;       // items of which an older version is all there is
  std::uint64_t folders = 0;     // could not be listed: what is in them is older, or not known
};

}  // namespace holdfast::job
