// SPDX-License-Identifier: Apache-2.0
// Simulated: a test says what happens to which file, by its absolute path, and every watch that has
// it is told. Nothing is told of its own accord but the first scan. What a look finds, a test says.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "hal/ports/clock.h"
#include "hal/ports/watch.h"

namespace holdfast::sim {

class SimWatch;
class SimFileLook;

// One thread.
class SimWatches final : public ports::Watches {
 public:
  explicit SimWatches(ports::Clock& clock) : clock_(clock) {}
  [[nodiscard]] std::unique_ptr<ports::Watch> watch(ports::WatchRequest request,
                                                    ports::Bell& bell) override;
  [[nodiscard]] std::unique_ptr<ports::FileLook> look_at(std::string path,
                                                         ports::Bell& bell) override;

  void happen(ports::FileEventKind kind, const std::string& path);
  // Of that folder, now and for watches to come. `events` once more: it came back, or too much
  // happened at once.
  void set(const std::string& root, ports::WatchState state);
  [[nodiscard]] std::size_t count() const { return watches_.size(); }

  // What looks at that path find from now on; not_found where nothing was said.
  void put(const std::string& path, const Result<ports::FileStatus>& found);
  // Looks at that path give no answer; those that were asked for get theirs when it ends.
  void hang(const std::string& path, bool hangs);
  // So often somebody asked for one.
  [[nodiscard]] std::size_t looks() const { return looks_; }

 private:
  friend class SimWatch;
  friend class SimFileLook;
  ports::Clock& clock_;
  std::vector<SimWatch*> watches_;
  std::map<std::string, ports::WatchState> states_;
  std::vector<SimFileLook*> file_looks_;
  std::map<std::string, Result<ports::FileStatus>> found_;
  std::set<std::string> hanging_;
  std::size_t looks_ = 0;
};

class SimFileLook final : public ports::FileLook {
 public:
  SimFileLook(SimWatches& all, std::string path, ports::Bell& bell);
  ~SimFileLook() override;
  SimFileLook(const SimFileLook&) = delete;
  SimFileLook& operator=(const SimFileLook&) = delete;

  void ask() override;
  [[nodiscard]] std::optional<Result<ports::FileStatus>> take() override;

 private:
  friend class SimWatches;
  void look();

  SimWatches& all_;
  std::string path_;
  ports::Bell& bell_;
  bool is_asked_ = false;
  std::optional<Result<ports::FileStatus>> found_;
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
