// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/call_class.h"

#include <algorithm>
#include <numeric>

#include "hal/base/check.h"

namespace holdfast::records {

namespace {

constexpr std::array kNames = {
#define HOLDFAST_NAME(name, number) std::string_view(#name),
    HOLDFAST_CALL_CLASSES(HOLDFAST_NAME)
#undef HOLDFAST_NAME
};

std::size_t place_of(CallClass call_class) {
  const auto* place = std::ranges::find(kCallClasses, call_class);
  HF_CHECK(place != kCallClasses.end());
  return static_cast<std::size_t>(place - kCallClasses.begin());
}

}  // namespace

std::string_view name_of(CallClass call_class) {
  return kNames.at(place_of(call_class));
}

std::optional<CallClass> call_class_named(std::string_view name) {
  const auto* found =
      std::ranges::find(kCallClasses, name, [](CallClass each) { return name_of(each); });
  return found == kCallClasses.end() ? std::nullopt : std::optional(*found);
}

bool goes_before(CallClass left, CallClass right) {
  return place_of(left) < place_of(right);
}

CallClass ClassSet::first() const {
  const auto* found = std::ranges::find_if(
      kCallClasses, [&](CallClass call_class) { return (bits_ & 1U << bit_of(call_class)) != 0; });
  HF_CHECK(found != kCallClasses.end());
  return *found;
}

std::size_t ClassCounts::index_of(CallClass call_class) {
  return place_of(call_class);
}

void ClassCounts::add(const ClassCounts& other) {
  std::ranges::transform(counts_, other.counts_, counts_.begin(), std::plus());
}

std::uint64_t ClassCounts::sum() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

}  // namespace holdfast::records
