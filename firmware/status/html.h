// SPDX-License-Identifier: Apache-2.0
// Text that is put into a page.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::status {

// So that it is text there, also what looks like HTML; in an attribute within double quotes, too.
[[nodiscard]] std::string escape_html(std::string_view text);

}  // namespace holdfast::status
