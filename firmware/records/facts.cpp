// SPDX-License-Identifier: Apache-2.0
#include "firmware/records/facts.h"

#include <algorithm>
#include <array>

namespace holdfast::records {

namespace {

constexpr std::array kNames = {
#define HOLDFAST_NAME(name) std::string_view(#name),
    HOLDFAST_AUDIO_STATES(HOLDFAST_NAME)
#undef HOLDFAST_NAME
};

}  // namespace

std::string_view name_of(AudioState state) {
  return kNames.at(static_cast<std::size_t>(state));
}

std::optional<AudioState> audio_state_named(std::string_view name) {
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<AudioState>(found - kNames.begin());
}

}  // namespace holdfast::records
