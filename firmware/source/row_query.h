// SPDX-License-Identifier: Apache-2.0
// What a run asks the query of an SQL source for, and the items that get the answers.
//
//   run 1      | first ... | ......... | .... until |     slices: an item for each that has rows
//   run 2                     | since .... overlap | ..... until |
//
//   SOURCE/2026/11/29/20261129T023000Z.csv
//
// An item's name says up to when the query was asked, so the items alone tell where to go on: after
// a run that came no further than its second slice, from there. Rows of the overlap that are known
// already are left out by whoever writes the item.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/source/definition.h"
#include "hal/base/time.h"

namespace holdfast::source {

// Of whole seconds. `number`: from 1, where there are several items of one moment: a run within the
// same second, or a clock that was set back. The second one's name ends in -2.
[[nodiscard]] std::string row_item_path(std::string_view source, Timestamp until,
                                        std::uint32_t number = 1);
// Nothing if the path is none that row_item_path() makes.
[[nodiscard]] std::optional<Timestamp> until_of(std::string_view path);

// The time that a query is asked for: from `since` on, and before `until`.
struct RowWindow {
  Timestamp since;
  Timestamp until;
  bool operator==(const RowWindow&) const = default;
};

// `rules` are good from here on, as whoever reads them from a file sees to.
//
// The moment of `first`; nothing if that is no time, or one that the zone's clocks left out.
[[nodiscard]] std::optional<Timestamp> first_of(const SqlRules& rules);
// What came up to `until`, after an item that was asked for up to `newest`; none: there is no item.
[[nodiscard]] RowWindow window_after(const SqlRules& rules, std::optional<Timestamp> newest,
                                     Timestamp until);
// One after the other, each of slice_days but for the last, which may have a day more; the window
// itself if the query does not use both :since and :until.
[[nodiscard]] std::vector<RowWindow> slices_of(const SqlRules& rules, const RowWindow& window);
[[nodiscard]] ports::SqlQuery make_query(const SqlRules& rules, const RowWindow& window);

}  // namespace holdfast::source
