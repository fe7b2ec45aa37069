// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/new_rows.h"

#include <algorithm>

#include "firmware/vault/loss.h"
#include "hal/base/path.h"

namespace holdfast::job {

namespace {

bool may_have_rows(const source::BusinessDefinition& definition, std::string_view path) {
  if (is_within(path, source::kRecordsFolder)) return false;
  const auto found = std::ranges::find_if(
      definition.sources, [&](const auto& source) { return is_within(path, source.name); });
  return found == definition.sources.end() || found->has_rows();
}

}  // namespace

Result<bool> has_new_rows(const source::BusinessDefinition& definition, vault::NodeSource& nodes,
                          const vault::Tree& before, const vault::Tree& after) {
  vault::TreeCursor left(nodes, before);
  vault::TreeCursor right(nodes, after);
  bool has_some = false;
  const auto compared = vault::compare_trees(
      left, right, [&](const vault::Item* old_item, const vault::Item* new_item) -> Result<void> {
        if (new_item == nullptr || !new_item->has_content()) return {};
        const bool is_same = old_item != nullptr && old_item->digest == new_item->digest;
        has_some = has_some || (!is_same && may_have_rows(definition, new_item->path));
        return {};
      });
  if (!compared && !vault::is_loss(compared.error())) return compared.error();
  return has_some || !compared;
}

}  // namespace holdfast::job
