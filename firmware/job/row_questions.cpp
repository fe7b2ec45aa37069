// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/row_questions.h"

#include <algorithm>

namespace holdfast::job {

namespace {

// Under a name that no item has.
std::string free_path(const std::string& source, Timestamp until,
                      const std::vector<AskedItem>& items) {
  std::string path;
  std::uint32_t number = 0;
  do {
    path = source::row_item_path(source, until, ++number);
  } while (std::ranges::find(items, path, &AskedItem::path) != items.end());
  return path;
}

}  // namespace

std::vector<RowQuestion> questions_of(const source::SourceDefinition& source,
                                      std::vector<AskedItem> items, Timestamp now) {
  std::ranges::sort(items, {}, &AskedItem::until);
  std::vector<RowQuestion> questions;
  std::optional<Timestamp> newest;  // of those before, and of their moment another one
  std::optional<Timestamp> before;
  for (const AskedItem& item : items) {
    if (newest && *newest < item.until) before = newest;
    if (item.is_lost) {
      questions.push_back({window_after(source.sql, before, item.until), item.path, true});
    }
    if (item.until <= now) newest = item.until;
  }
  for (const source::RowWindow& slice :
       slices_of(source.sql, window_after(source.sql, newest, now))) {
    questions.push_back({slice, free_path(source.name, slice.until, items), false});
  }
  return questions;
}

}  // namespace holdfast::job
