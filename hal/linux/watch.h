// SPDX-License-Identifier: Apache-2.0
// inotify. One thread a watch; it reads what the system kept for it ten times a second. Another one
// for each path that is looked at.
#pragma once

#include "hal/ports/watch.h"

namespace holdfast::linux {

struct WatchLimits {
  // Each folder takes about a kilobyte of the system's memory and some hundred bytes of ours.
  std::size_t folders_max = 200'000;
  std::size_t events_max = 100'000;         // that are kept for who takes them
  std::int64_t look_ns = 5'000'000'000;     // so often at least: is it the folder that is watched?
  std::int64_t retry_ns = 600'000'000'000;  // until what cannot be watched is tried once more
};

class LookThread;
class WatchThread;

class InotifyWatches final : public ports::Watches {
 public:
  explicit InotifyWatches(const WatchLimits& limits = {}) : limits_(limits) {}
  ~InotifyWatches() override;
  InotifyWatches(const InotifyWatches&) = delete;
  InotifyWatches& operator=(const InotifyWatches&) = delete;
  [[nodiscard]] std::unique_ptr<ports::Watch> watch(ports::WatchRequest request,
                                                    ports::Bell& bell) override;
  [[nodiscard]] std::unique_ptr<ports::FileLook> look_at(std::string path,
                                                         ports::Bell& bell) override;

 private:
  WatchLimits limits_;
  std::vector<std::shared_ptr<WatchThread>> threads_;  // of watches that are gone too, a while
  std::vector<std::shared_ptr<LookThread>> looks_;     // likewise
};

// A file system, by its number (statfs(2)), whose files others change without this system's
// knowing: nfs, cifs, fuse and their like.
[[nodiscard]] bool is_silent(std::uint64_t file_system);

}  // namespace holdfast::linux
