// SPDX-License-Identifier: Apache-2.0
// A calendar as anybody may write it: refused with a place in its text, or one that comes, each
// time later than before. The first two bytes of the input say when it is asked.
#include <cstddef>

#include "firmware/policy/calendar.h"
#include "hal/base/check.h"

using namespace holdfast;
using namespace holdfast::policy;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const auto calendar = parse_calendar(text);
  if (!calendar) {
    HF_CHECK(calendar.error().offset + calendar.error().size <= text.size());
    return 0;
  }
  constexpr std::int64_t kHour_ns = 3'600'000'000'000;
  Timestamp moment{(data[0] * 256 + data[1]) * kHour_ns * 24};
  for (const Timestamp& next : upcoming(*calendar, moment, TimeZone(), 8)) {
    HF_CHECK(next > moment && next.ns % 1'000'000'000 == 0);
    moment = next;
  }
  return 0;
}
