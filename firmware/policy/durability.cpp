// SPDX-License-Identifier: Apache-2.0
#include "firmware/policy/durability.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "hal/base/check.h"

namespace holdfast::policy {

namespace {

constexpr double kNinesMax = 15;
constexpr double kBitsOfByte = 8;
constexpr double kSecondsOfDay = 86400;
constexpr double kDaysOfYear = 365;
// Time in years; nothing is done in less than a second.
constexpr double kYearsMin = 1 / kSecondsOfDay / kDaysOfYear;

// Of two things that do not depend on each other.
double either(double one, double other) {
  return one + (1 - one) * other;
}

// States are (missing, used): disks whose shards are missing, and disks' worth of spare space that
// healing has used. The last state is loss. Rates are added and divided, never subtracted, so that
// small probabilities keep their digits.
class Chain {
 public:
  Chain(const Layout& layout, const Wear& wear)
      : layout_(layout),
        wear_(wear),
        columns_(static_cast<std::size_t>(layout.parity) + 1),
        count_(columns_ * (static_cast<std::size_t>(layout.spare) + 1)),
        rates_((count_ + 1) * (count_ + 1), 0.0),
        weights_(count_, 1.0) {
    for (int used = 0; used <= layout.spare; ++used) {
      for (int missing = 0; missing <= layout.parity; ++missing) add_state(missing, used);
    }
  }

  // That it is lost before a year is over, from the present state.
  double loss_a_year() {
    const std::size_t start = state(layout_.missing, layout_.healed);
    for (std::size_t gone = count_; gone-- > 1;) {
      if (gone != start) eliminate(gone);
    }
    double lost = 0;
    if (start != 0) {
      if (layout_.missing == layout_.parity) {
        lost = has_unreadable(layout_.disks - layout_.missing - layout_.healed);
      }
      lost = either(lost, rate(start, count_) / (rate(start, 0) + rate(start, count_)));
      eliminate(start);
    }
    return either(lost, -std::expm1(-rate(0, count_) / weights_[0]));
  }

 private:
  [[nodiscard]] std::size_t state(int missing, int used) const {
    return static_cast<std::size_t>(used) * columns_ + static_cast<std::size_t>(missing);
  }
  double& rate(std::size_t from, std::size_t to) { return rates_[from * (count_ + 1) + to]; }

  // Parts of one disk.
  [[nodiscard]] double unreadable_a_year() const {
    return layout_.disk_bytes * kBitsOfByte * wear_.unreadable_bits;
  }

  // Some part of the disks that are left cannot be read when every one of them is needed.
  [[nodiscard]] double has_unreadable(int disks) const {
    const double years_unseen = wear_.scrub_days / kDaysOfYear / 2;
    return -std::expm1(-unreadable_a_year() * years_unseen * disks);
  }

  void add_state(int missing, int used) {
    const std::size_t here = state(missing, used);
    const int alive = std::max(layout_.disks - missing - used, 0);
    double dies = alive * wear_.disk_deaths_a_year * (missing + used > 0 ? wear_.later_deaths : 1);
    if (layout_.parity == 0) dies += alive * unreadable_a_year();
    if (missing == layout_.parity) {
      rate(here, count_) += dies;
    } else {
      const double lost = missing + 1 == layout_.parity ? has_unreadable(alive - 1) : 0;
      rate(here, count_) += dies * lost;
      rate(here, state(missing + 1, used)) += dies * (1 - lost);
    }
    const double heals = std::max(
        layout_.disk_bytes / wear_.heal_bytes_a_second / kSecondsOfDay / kDaysOfYear, kYearsMin);
    const double new_disk = std::max(wear_.new_disk_days / kDaysOfYear, kYearsMin);
    if (missing > 0 && used < layout_.spare) {
      rate(here, state(missing - 1, used + 1)) += 1 / heals;
    } else if (missing > 0) {
      rate(here, state(missing - 1, used)) += 1 / (new_disk + heals);
    } else if (used > 0) {
      rate(here, state(0, 0)) += 1 / new_disk;
    }
  }

  // Whoever went there goes on to where it goes from there, after the time that it stays: of each
  // state, mean time to loss * sum of its rates = weight + sum of rate * mean time of where it
  // goes.
  void eliminate(std::size_t gone) {
    double leaves = 0;
    for (std::size_t to = 0; to <= count_; ++to) {
      if (to != gone) leaves += rate(gone, to);
    }
    for (std::size_t from = 0; from < count_; ++from) {
      if (from == gone || rate(from, gone) == 0) continue;
      const double share = rate(from, gone) / leaves;
      rate(from, gone) = 0;
      weights_[from] += share * weights_[gone];
      for (std::size_t to = 0; to <= count_; ++to) {
        if (to != from && to != gone) rate(from, to) += share * rate(gone, to);
      }
    }
    for (std::size_t to = 0; to <= count_; ++to) rate(gone, to) = 0;
  }

  const Layout& layout_;
  const Wear& wear_;
  std::size_t columns_;
  std::size_t count_;
  std::vector<double> rates_;
  std::vector<double> weights_;
};

}  // namespace

double Durability::nines() const {
  if (loss_a_year <= 0) return kNinesMax;
  return std::clamp(-std::log10(loss_a_year), 0.0, kNinesMax);
}

Durability durability_of(const Layout& layout, const Wear& wear) {
  HF_CHECK(layout.healed <= layout.spare);
  if (layout.missing > layout.parity) return {.loss_a_year = 1};
  return {.loss_a_year = std::min(Chain(layout, wear).loss_a_year(), 1.0)};
}

}  // namespace holdfast::policy
