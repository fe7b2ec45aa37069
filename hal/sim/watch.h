// SPDX-License-Identifier: Apache-2.0
// Simulated: a test says what happens to which file, by its absolute path, and every watch that has
// it is told. Nothing is told of its own accord but the first scan.
#pragma once

#include <map>
#include <vector>

#include "hal/ports/clock.h"
#include "hal/ports/watch.h"

namespace holdfast::sim {

class SimWatch;

// One thread.
class SimWatches final : public ports::Watches {
 public:
  explicit SimWatches(ports::Clock& clock) : clock_(clock) {}
  [[nodiscard]] std::unique_ptr<ports::Watch> watch(ports::WatchRequest request,
                                                    ports::Bell& bell) override;

  void happen(ports::FileEventKind kind, const std::string& path);
  // Of that folder, now and for watches to come. `events` once more: it came back, or too much
  // happened at once.
  void set(const std::string& root, ports::WatchState state);
  [[nodiscard]] std::size_t count() const { return watches_.size(); }

 private:
  friend class SimWatch;
  ports::Clock& clock_;
  std::vector<SimWatch*> watches_;
  std::map<std::string, ports::WatchState> states_;
};

class SimWatch final : public ports::Watch {
 public:
  SimWatch(SimWatches& all, ports::WatchRequest request, ports::Bell& bell);
  ~SimWatch() override;
  SimWatch(const SimWatch&) = delete;
  SimWatch& operator=(const SimWatch&) = delete;

  [[nodiscard]] std::vector<ports::FileEvent> take() override;
  [[nodiscard]] ports::WatchState state() override { return state_; }
  [[nodiscard]] std::int64_t told_until_ns() override { return all_.clock_.monotonic_ns(); }

 private:
  friend class SimWatches;
  void hear(ports::FileEventKind kind, const std::string& path);
  void set(ports::WatchState state);
  [[nodiscard]] bool is_wanted(const std::string& path) const;

  SimWatches& all_;
  ports::WatchRequest request_;
  ports::Bell& bell_;
  ports::WatchState state_ = ports::WatchState::starting;
  std::vector<ports::FileEvent> events_;
};

}  // namespace holdfast::sim
