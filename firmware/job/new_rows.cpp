// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/new_rows.h"

#include <algorithm>
#include <functional>

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
                          const vault::Tree& before, const vault::Tree& after,
                          const vault::Difference& visit) {
  vault::TreeCursor left(nodes, before);
  vault::TreeCursor right(nodes, after);
  bool has_some = false;
  const auto compared = vault::compare_trees(
      left, right, [&](const vault::Item* old_item, const vault::Item* new_item) -> Result<void> {
        if (visit) HF_TRY(visit(old_item, new_item));
        if (new_item == nullptr || !new_item->has_content()) return {};
        const bool is_same = old_item != nullptr && old_item->digest == new_item->digest;
        has_some = has_some || (!is_same && may_have_rows(definition, new_item->path));
        return {};
      });
  if (!compared && !vault::is_loss(compared.error())) return compared.error();
  return has_some || !compared;
}

void WrittenSince::add(const vault::Item* before, const vault::Item* after) {
  if (after == nullptr || !after->is_gone()) return;
  const bool is_as_it_was = before != nullptr && before->mtime_ns == after->mtime_ns &&
                            before->ctime_ns == after->ctime_ns && before->inode == after->inode;
  if (!is_as_it_was) hashes_.insert(std::hash<std::string>()(after->path));
}

bool WrittenSince::may_have(const std::string& path) const {
  return hashes_.contains(std::hash<std::string>()(path));
}

}  // namespace holdfast::job
