// SPDX-License-Identifier: Apache-2.0
// The appliance's own file as anybody may write it: taken, or refused with words.
#include <cstddef>

#include "firmware/app/appliance_config.h"
#include "hal/base/check.h"

using namespace holdfast;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto settings = app::parse_appliance(text, "appliance.toml", messages::Language::english);
  if (!settings) {
    HF_CHECK(settings.error().code == ErrorCode::bad_settings);
    HF_CHECK(!settings.error().argument("what").empty());
    return 0;
  }
  HF_CHECK(settings->running_max > 0);
  for (const app::ListenAddress& each : settings->listen) {
    HF_CHECK(each.port != 0 && !each.address.empty());
  }
  return 0;
}
