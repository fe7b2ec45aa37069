// SPDX-License-Identifier: Apache-2.0
#include "hal/sim/world.h"

#include <algorithm>

namespace holdfast::sim {

std::uint64_t World::operations() const {
  const std::scoped_lock lock(mutex_);
  return operations_;
}

std::uint64_t World::changes() const {
  const std::scoped_lock lock(mutex_);
  return changes_;
}

Digest World::trace() const {
  const std::scoped_lock lock(mutex_);
  return trace_;
}

void World::cut_at(std::uint64_t number) {
  const std::scoped_lock lock(mutex_);
  cut_at_ = number;
}

void World::cut_at_change(std::uint64_t number) {
  const std::scoped_lock lock(mutex_);
  cut_at_change_ = number;
}

void World::fail_at(std::uint64_t number, ErrorCode code, Repeat repeat) {
  const std::scoped_lock lock(mutex_);
  faults_.push_back({number, code, repeat});
}

void World::ask(Choose choose) {
  const std::scoped_lock lock(mutex_);
  choose_ = std::move(choose);
}

bool World::is_cut() const {
  const std::scoped_lock lock(mutex_);
  return operations_ >= cut_at_;
}

void World::crash(CrashChoice choice) {
  const std::scoped_lock lock(mutex_);
  Generator generator(seed_ ^ Generator(choice.seed).next());
  for (Crashable* member : members_) member->crash(choice.policy, generator);
  cut_at_ = kNever;
  cut_at_change_ = kNever;
  faults_.clear();
}

Step World::begin(Touch touch, std::string_view operation, std::string_view where,
                  std::span<const ByteView> bytes) {
  const std::uint64_t number = ++operations_;
  if (touch == Touch::change && ++changes_ == cut_at_change_) cut_at_ = std::min(cut_at_, number);
  if (const auto code =
          choose_ ? choose_({number, changes_, touch, operation, where}) : std::nullopt) {
    if (*code == ErrorCode::power_cut) {
      cut_at_ = std::min(cut_at_, number);
    } else {
      faults_.push_back({number, *code, Repeat::once});
    }
  }
  Sha256 hash;
  hash.update(trace_.view());
  for (const std::string_view text : {operation, where}) {
    hash.update(view_of(text));
    hash.update(view_of(std::string_view("\0", 1)));
  }
  for (const ByteView piece : bytes) hash.update(piece);
  trace_ = hash.finish();

  if (number >= cut_at_) {
    return {number == cut_at_ ? Effect::whole : Effect::none,
            make_error(ErrorCode::power_cut, std::string(where))};
  }
  const auto hits = [&](const Fault& fault) {
    return number == fault.number || (number > fault.number && fault.repeat == Repeat::forever);
  };
  const auto fault = std::find_if(faults_.begin(), faults_.end(), hits);
  if (fault == faults_.end()) return {};
  return {Effect::part,
          make_error(fault->code, std::string(where),
                     {{"operation", std::string(operation)}, {"reason", "simulated fault"}})};
}

std::uint64_t World::add(Crashable& member) {
  const std::scoped_lock lock(mutex_);
  members_.push_back(&member);
  return ++last_member_;
}

void World::remove(Crashable& member) {
  const std::scoped_lock lock(mutex_);
  std::erase(members_, &member);
}

}  // namespace holdfast::sim
