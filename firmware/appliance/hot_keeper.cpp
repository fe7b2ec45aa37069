// SPDX-License-Identifier: Apache-2.0
#include "firmware/appliance/hot_keeper.h"

#include <algorithm>
#include <limits>

namespace holdfast::appliance {

void HotKeeper::follow(const Settings& settings) {
  const bool is_same = exclude_paths_ == settings.exclude_paths;
  exclude_paths_ = settings.exclude_paths;
  std::map<std::string, std::unique_ptr<HotRuns>> followed;
  for (const HotBusiness& business : settings.hot) {
    auto& runs = followed[business.name];
    const auto known = businesses_.find(business.name);
    if (is_same && known != businesses_.end() && known->second->follow(business)) {
      runs = std::move(known->second);
    } else {
      runs = std::make_unique<HotRuns>(business, exclude_paths_, watches_, bell_);
    }
  }
  businesses_ = std::move(followed);
}

bool HotKeeper::look(std::int64_t now_ns) {
  bool is_another = false;
  for (const auto& [name, runs] : businesses_) {
    if (runs->look(now_ns)) is_another = true;
  }
  return is_another;
}

void HotKeeper::ask(const Moment& now, const policy::TimeZone& site,
                    const std::function<bool(const std::string& business)>& was_backed_up,
                    const std::function<Result<JobId>(const JobRequest& request)>& ask) {
  for (const auto& [name, runs] : businesses_) {
    const auto request = runs->due(now, site, was_backed_up(name));
    if (!request) continue;
    const auto job = ask(*request);
    runs->note_asked(*request, job ? std::optional(*job) : std::nullopt, now);
  }
}

void HotKeeper::note_start(const Job& job, const Moment& now) {
  const auto found = businesses_.find(job.request.business);
  if (found != businesses_.end()) found->second->note_start(job, now);
}

void HotKeeper::note_progress(JobId job, std::int64_t now_ns) {
  for (const auto& [name, runs] : businesses_) runs->note_progress(job, now_ns);
}

void HotKeeper::note_end(const Job& job, const Moment& now) {
  const auto found = businesses_.find(job.request.business);
  if (found != businesses_.end()) found->second->note_end(job, now);
}

void HotKeeper::drop_cancelled(const std::function<bool(JobId job)>& is_there, const Moment& now) {
  for (const auto& [name, runs] : businesses_) runs->drop_cancelled(is_there, now);
}

std::vector<JobId> HotKeeper::take_late(std::int64_t now_ns) {
  std::vector<JobId> late;
  for (const auto& [name, runs] : businesses_) {
    if (const auto job = runs->take_late(now_ns)) late.push_back(*job);
  }
  return late;
}

std::int64_t HotKeeper::next_ns() const {
  std::int64_t next_ns = std::numeric_limits<std::int64_t>::max();
  for (const auto& [name, runs] : businesses_) next_ns = std::min(next_ns, runs->next_ns());
  return next_ns;
}

void HotKeeper::keep_note(const Moment& now) {
  if (!has_note_) has_note_ = !vault::load_hot_notes(home_).empty();
  if (businesses_.empty() && !*has_note_) return;
  std::vector<vault::HotNote> notes;
  for (const auto& [name, runs] : businesses_) runs->add_notes(now, notes);
  const bool is_kept = vault::store_hot_notes(home_, notes).has_value();
  has_note_ = !notes.empty() || !is_kept;
}

}  // namespace holdfast::appliance
