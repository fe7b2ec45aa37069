// SPDX-License-Identifier: Apache-2.0
#include "firmware/messages/value_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "hal/base/bytes.h"

namespace holdfast::messages {

std::string size_text(std::uint64_t bytes) {
  constexpr std::array kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < kKiB) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (value /= 1024; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string time_text(Timestamp time) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  std::string text = Timestamp{time.ns - ((time.ns % kSecond) + kSecond) % kSecond}.rfc3339();
  std::ranges::replace(text, 'T', ' ');
  return text;
}

std::string utc_text(Timestamp time) {
  std::string text = time_text(time);
  text.replace(text.size() - 1, 1, " UTC");
  return text;
}

std::string duration_text(std::int64_t duration_ns) {
  const double seconds = static_cast<double>(duration_ns) / 1e9;
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::int64_t>(seconds);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  const std::int64_t hours = whole / 3600;
  if (hours < 48) return fmt::format("{} h {} min", hours, whole / 60 % 60);
  return fmt::format("{} d {} h", hours / 24, hours % 24);
}

}  // namespace holdfast::messages
