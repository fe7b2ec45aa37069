// SPDX-License-Identifier: Apache-2.0
#include "hal/sim/watch.h"

#include <algorithm>
#include <utility>

#include "hal/base/path.h"

namespace holdfast::sim {

using ports::FileEventKind;
using ports::WatchState;

std::unique_ptr<ports::Watch> SimWatches::watch(ports::WatchRequest request, ports::Bell& bell) {
  const auto known = states_.find(request.root);
  const WatchState state = known == states_.end() ? WatchState::events : known->second;
  auto made = std::make_unique<SimWatch>(*this, std::move(request), bell);
  made->set(state);
  return made;
}

void SimWatches::happen(FileEventKind kind, const std::string& path) {
  for (SimWatch* watch : watches_) watch->hear(kind, path);
}

void SimWatches::set(const std::string& root, WatchState state) {
  states_[root] = state;
  for (SimWatch* watch : watches_) {
    if (watch->request_.root == root) watch->set(state);
  }
}

std::unique_ptr<ports::FileLook> SimWatches::look_at(std::string path, ports::Bell& bell) {
  return std::make_unique<SimFileLook>(*this, std::move(path), bell);
}

void SimWatches::put(const std::string& path, const Result<ports::FileStatus>& found) {
  found_.insert_or_assign(path, found);
}

void SimWatches::hang(const std::string& path, bool hangs) {
  if (hangs) {
    hanging_.insert(path);
    return;
  }
  hanging_.erase(path);
  for (SimFileLook* look : file_looks_) look->look();
}

SimFileLook::SimFileLook(SimWatches& all, std::string path, ports::Bell& bell)
    : all_(all), path_(std::move(path)), bell_(bell) {
  all_.file_looks_.push_back(this);
}

SimFileLook::~SimFileLook() {
  std::erase(all_.file_looks_, this);
}

void SimFileLook::ask() {
  ++all_.looks_;
  is_asked_ = true;
  look();
}

void SimFileLook::look() {
  if (!is_asked_ || all_.hanging_.contains(path_)) return;
  is_asked_ = false;
  const auto found = all_.found_.find(path_);
  found_ = found != all_.found_.end() ? found->second : make_error(ErrorCode::not_found, path_);
  bell_.ring();
}

std::optional<Result<ports::FileStatus>> SimFileLook::take() {
  return std::exchange(found_, std::nullopt);
}

SimWatch::SimWatch(SimWatches& all, ports::WatchRequest request, ports::Bell& bell)
    : all_(all), request_(std::move(request)), bell_(bell) {
  all_.watches_.push_back(this);
}

SimWatch::~SimWatch() {
  std::erase(all_.watches_, this);
}

std::vector<ports::FileEvent> SimWatch::take() {
  return std::exchange(events_, {});
}

void SimWatch::set(WatchState state) {
  state_ = state;
  if (state == WatchState::events) events_.assign(1, {FileEventKind::scan, {}});
  bell_.ring();
}

// By each name on the way: what is below a folder that is not entered is not told of.
bool SimWatch::is_wanted(const std::string& path) const {
  const std::string below = path.substr(request_.root.size() + 1);
  for (std::size_t end = 0; end != std::string::npos;) {
    end = below.find('/', end == 0 ? 0 : end + 1);
    const std::string_view part = std::string_view(below).substr(0, end);
    if (request_.is_wanted && !request_.is_wanted(parent_of(part), last_name_of(part))) {
      return false;
    }
  }
  return std::ranges::none_of(request_.exclude_paths, [&](const std::string& excluded) {
    return is_within(path, excluded);
  });
}

void SimWatch::hear(FileEventKind kind, const std::string& path) {
  const bool is_below = path != request_.root && is_within(path, request_.root);
  if (state_ != WatchState::events || !is_below || !is_wanted(path)) return;
  events_.push_back({kind, path.substr(request_.root.size() + 1)});
  bell_.ring();
}

}  // namespace holdfast::sim
