// SPDX-License-Identifier: Apache-2.0
// What a run asks the query of an SQL source for, and the item that gets the answer.
//
//   run n      |------ since .......... until |        item SOURCE/2026/11/29/20261129T023000Z.csv
//   run n + 1            | since .... overlap | ........ until |
//
// The item's name says up to when the query was asked, so the items alone tell where to go on.
// Rows of the overlap that are known already are left out by whoever writes the item.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "firmware/source/definition.h"
#include "hal/base/time.h"

namespace holdfast::source {

// Seconds are whole: a run that begins within the same second asks for the same.
[[nodiscard]] std::string row_item_path(std::string_view source, Timestamp until);
// Nothing if the path is none that row_item_path() makes.
[[nodiscard]] std::optional<Timestamp> until_of(std::string_view path);

// `newest`: until when the newest item of the source was asked for; none: the first run. `rules`
// are good, as whoever reads them from a file sees to.
[[nodiscard]] ports::SqlQuery make_query(const SqlRules& rules, std::optional<Timestamp> newest,
                                         Timestamp until);

}  // namespace holdfast::source
