// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/due_packs.h"

#include <algorithm>
#include <functional>
#include <iterator>

namespace holdfast::job {

namespace {

constexpr std::int64_t kDay_ns = 86'400'000'000'000;

std::uint64_t bytes_of(const std::vector<PoolPack>& packs) {
  std::uint64_t bytes = 0;
  for (const PoolPack& pack : packs) bytes += pack.hint.pack_size;
  return bytes;
}

// Bytes that may still be left when the day is over.
std::uint64_t left_tonight(const DueRequest& request) {
  const std::int64_t age_ns = std::max<std::int64_t>(request.round_age_ns, 0);
  if (age_ns >= request.cycle_ns - kDay_ns) return 0;
  const double part = static_cast<double>(request.cycle_ns - kDay_ns - age_ns) /
                      static_cast<double>(request.cycle_ns);
  return static_cast<std::uint64_t>(part * static_cast<double>(request.bytes_all));
}

}  // namespace

Timestamp begun_by_its_way(const std::vector<PoolPack>& packs, Timestamp begun, Timestamp now,
                           const DueRequest& request) {
  constexpr std::int64_t kMadeUpMax_ns = 7 * kDay_ns;
  if (request.bytes_all == 0) return std::min(begun, now);
  const auto time_of = [&](std::uint64_t bytes) {
    return static_cast<std::int64_t>(static_cast<double>(bytes) /
                                     static_cast<double>(request.bytes_all) *
                                     static_cast<double>(request.cycle_ns));
  };
  const std::int64_t passed_ns = time_of(request.bytes_all - bytes_of(packs));
  const std::int64_t least_ns =
      std::max<std::int64_t>(passed_ns - time_of(request.bytes_most) - kDay_ns, 0);
  const std::int64_t most_ns = passed_ns + kMadeUpMax_ns;
  return std::clamp(begun, Timestamp{now.ns - most_ns}, Timestamp{now.ns - least_ns});
}

DuePacks keep_due(std::vector<PoolPack>& packs, const ProvedPacks& proved,
                  const DueRequest& request) {
  const auto is_new = [&](const PoolPack& pack) { return proved.disks_of(pack.name).empty(); };
  std::vector<PoolPack> rest;
  std::ranges::remove_copy_if(packs, std::back_inserter(rest), is_new);
  std::erase_if(packs, std::not_fn(is_new));
  DuePacks due{.never_proved = packs.size()};
  const std::uint64_t may_be_left = left_tonight(request);
  std::uint64_t left = bytes_of(rest);
  auto next = rest.begin();
  for (; next != rest.end() && left > may_be_left; ++next) {
    left -= next->hint.pack_size;
    packs.push_back(*next);
  }
  due.are_all = next == rest.end();
  return due;
}

}  // namespace holdfast::job
