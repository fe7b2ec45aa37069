// SPDX-License-Identifier: Apache-2.0
// A business file as anybody may write it: taken or refused with words, and what is taken can be
// written and read again.
#include <cstddef>

#include "firmware/app/config.h"

using namespace holdfast;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto parsed = app::parse_business(text, "business.toml", messages::Language::english);
  if (!parsed) {
    HF_CHECK(parsed.error().code == ErrorCode::bad_business);
    return 0;
  }
  if (parsed->definition.name.empty()) parsed->definition.name = "desk";  // as whoever adds it says
  const std::string again = app::write_business(BusinessId{{1}}, parsed->definition);
  const auto reread = app::parse_business(again, "business.toml", messages::Language::english);
  HF_CHECK(reread.has_value());
  HF_CHECK(reread->definition.name == parsed->definition.name);
  HF_CHECK(reread->definition.sources.size() == parsed->definition.sources.size());
  for (std::size_t i = 0; i < reread->definition.sources.size(); ++i) {
    HF_CHECK(reread->definition.sources[i].path == parsed->definition.sources[i].path);
    HF_CHECK(reread->definition.sources[i].name == parsed->definition.sources[i].name);
  }
  return 0;
}
