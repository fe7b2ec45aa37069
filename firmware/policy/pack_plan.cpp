// SPDX-License-Identifier: Apache-2.0
#include "firmware/policy/pack_plan.h"

#include <algorithm>
#include <span>
#include <tuple>

namespace holdfast::policy {

namespace {

using Packs = std::span<const PackShare>;

// How many of these packs, the smallest first, are the most that are enough for the largest of
// them, with at most so many bytes to be written.
std::size_t count_joined(Packs packs, std::uint64_t bytes_max) {
  std::size_t count = 0;
  std::uint64_t needed = 0;
  for (std::size_t i = 0; i < packs.size(); ++i) {
    needed += packs[i].needed;
    if (needed > bytes_max) break;
    if (needed >= kJoinFactor * packs[i].bytes) count = i + 1;
  }
  return count;
}

std::uint64_t sum_needed(Packs packs) {
  std::uint64_t sum = 0;
  for (const PackShare& pack : packs) sum += pack.needed;
  return sum;
}

std::uint64_t packs_for(Packs packs, const PackLimits& full) {
  std::uint64_t chunks = 0;
  for (const PackShare& pack : packs) chunks += pack.chunks;
  const auto parts = [](std::uint64_t all, std::uint64_t part) { return (all + part - 1) / part; };
  return std::max(parts(sum_needed(packs), full.bytes), parts(chunks, full.chunks));
}

}  // namespace

bool has_less_needed(const PackShare& left, const PackShare& right) {
  const std::uint64_t left_part = left.needed * right.bytes;
  const std::uint64_t right_part = right.needed * left.bytes;
  return left_part != right_part ? left_part < right_part : left.name < right.name;
}

bool is_smaller(const PackShare& left, const PackShare& right) {
  return std::tie(left.bytes, left.name) < std::tie(right.bytes, right.name);
}

std::optional<PackShare> FirstPacks::add(const PackShare& pack, std::uint64_t group) {
  auto& heap = groups_[group];
  heap.push_back(pack);
  std::ranges::push_heap(heap, before_);
  if (++count_ <= most_) return std::nullopt;
  --count_;
  auto& longest = std::ranges::max_element(groups_, {}, [](const auto& each) {
                    return each.second.size();
                  })->second;
  std::ranges::pop_heap(longest, before_);
  const PackShare last = longest.back();
  longest.pop_back();
  return last;
}

std::vector<PackShare> FirstPacks::take() {
  std::vector<PackShare> all;
  all.reserve(count_);
  for (const auto& [group, heap] : groups_) all.insert(all.end(), heap.begin(), heap.end());
  groups_.clear();
  count_ = 0;
  return all;
}

// What does not fit keeps none behind it from fitting.
RepackChoice choose_repacks(std::vector<PackShare> packs, const RepackBounds& bounds) {
  std::ranges::sort(packs, has_less_needed);
  RepackChoice choice;
  std::uint64_t written = 0;
  for (const PackShare& pack : packs) {
    const std::uint64_t with_it = written + pack.needed;
    if (with_it > bounds.bytes_max && !choice.now.empty()) {
      choice.later.push_back(pack);
    } else if (with_it > bounds.room) {
      choice.no_room.push_back(pack);
    } else {
      choice.now.push_back(pack);
      written = with_it;
    }
  }
  return choice;
}

// Those that stay for want of time or room are told as such, for the next call takes them.
JoinChoice choose_joins(std::vector<PackShare> small, const PackLimits& full,
                        const RepackBounds& bounds) {
  std::ranges::sort(small, [](const PackShare& left, const PackShare& right) {
    return left.alike != right.alike ? left.alike < right.alike : is_smaller(left, right);
  });
  JoinChoice choice;
  RepackBounds left = bounds;
  for (auto first = small.begin(); first != small.end();) {
    const auto end =
        std::ranges::upper_bound(first, small.end(), first->alike, {}, &PackShare::alike);
    const Packs alike(first, end);
    const Packs wanted = alike.first(count_joined(alike, UINT64_MAX));
    const std::size_t count = count_joined(wanted, std::min(left.bytes_max, left.room));
    const Packs now = wanted.first(count);
    const bool has_time = sum_needed(wanted) <= left.bytes_max;
    auto& waiting = has_time ? choice.no_room : choice.later;
    choice.now.insert(choice.now.end(), now.begin(), now.end());
    waiting.insert(waiting.end(), wanted.begin() + static_cast<std::ptrdiff_t>(count),
                   wanted.end());
    choice.into += packs_for(now, full);
    left.bytes_max -= sum_needed(now);
    left.room -= sum_needed(now);
    first = end;
  }
  std::ranges::sort(choice.now, {}, [](const PackShare& pack) {
    return std::tie(pack.alike, pack.entry, pack.name);
  });
  return choice;
}

}  // namespace holdfast::policy
