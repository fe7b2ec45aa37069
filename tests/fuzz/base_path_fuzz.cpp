// SPDX-License-Identifier: Apache-2.0
// Escaped paths: what escape_path makes comes back the same, and no text breaks unescape_path.
#include <cstddef>
#include <cstdint>

#include "hal/base/bytes.h"
#include "hal/base/path.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = holdfast::text_of({data, size});
  const auto back = holdfast::unescape_path(holdfast::escape_path(text));
  HF_CHECK(back.has_value() && *back == text);
  const auto free_text = holdfast::unescape_path(text);
  HF_CHECK(!free_text.has_value() || free_text->size() <= size);
  return 0;
}
