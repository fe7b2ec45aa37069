// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/held_keys.h"

#include <algorithm>
#include <optional>

#include "firmware/job/prune_holds.h"
#include "firmware/job/record_index_file.h"

namespace holdfast::job {

namespace {

using catalog::KeyFound;

constexpr std::size_t kLengthSizeMax = 5;  // of a path, as it is written

class HeldKeys {
 public:
  HeldKeys(vault::Business& business, const RebuildIndex& rebuild)
      : business_(business), rebuild_(rebuild) {}

  Result<void> run();

 private:
  Result<void> look_at_index();
  Result<void> make_index();
  Result<void> open_index();
  Result<void> keep(const catalog::HoldRow& hold);
  Result<void> write(const catalog::HoldRow& hold, const std::set<std::string, PathLess>& paths,
                     bool is_all);

  vault::Business& business_;
  const RebuildIndex& rebuild_;
  std::optional<catalog::RecordIndex> index_;
  bool is_known_ = false;  // what there is to be known
};

Result<void> HeldKeys::run() {
  HF_TRY(auto holds, business_.holds());
  std::erase_if(holds, [](const catalog::HoldRow& hold) {
    return hold.body.scope != journal::HoldScope::key;
  });
  if (holds.empty()) return {};
  HF_TRY(look_at_index());
  if (!is_known_ && !rebuild_) return {};
  for (const catalog::HoldRow& hold : holds) HF_TRY(keep(hold));
  return {};
}

Result<void> HeldKeys::open_index() {
  auto index = open_record_index(business_);
  if (!index && index.error().code != ErrorCode::records_not_indexed) {
    return std::move(index.error());
  }
  is_known_ = index.has_value();
  if (index) index_ = std::move(*index);
  return {};
}

Result<void> HeldKeys::look_at_index() {
  HF_TRY(const auto newest, newest_with_records(business_));
  is_known_ = !newest;  // no rows were ever looked at
  if (is_known_) return {};
  HF_TRY(open_index());
  return is_known_ || !rebuild_ ? Result<void>() : make_index();
}

Result<void> HeldKeys::make_index() {
  const auto made = rebuild_(business_);
  if (!made) {
    const bool ends = made.error().is_of_process() || made.error().code == ErrorCode::interrupted;
    return ends ? Result<void>(made.error()) : Result<void>();
  }
  is_known_ = !*made;
  return is_known_ ? Result<void>() : open_index();
}

Result<void> HeldKeys::keep(const catalog::HoldRow& hold) {
  std::set<std::string, PathLess> paths;
  bool is_all = is_known_;
  if (index_) {
    HF_TRY(const bool has_all, find_by_key(hold, *index_, paths));
    is_all = is_all && has_all;
  }
  HF_TRY(const auto known, business_.with_catalog([&](catalog::Catalog& catalog) {
    return catalog.held_paths(hold.number);
  }));
  for (const std::string& path : known) paths.erase(path);
  const KeyFound found = std::max(hold.found, is_all ? KeyFound::all : KeyFound::partly);
  if (paths.empty() && found == hold.found) return {};
  return write(hold, paths, is_all);
}

// As many entries as it takes.
Result<void> HeldKeys::write(const catalog::HoldRow& hold,
                             const std::set<std::string, PathLess>& paths, bool is_all) {
  auto path = paths.begin();
  do {
    journal::HeldByKey found{is_all, {}};
    std::size_t size = 1;
    for (; path != paths.end(); ++path) {
      size += path->size() + kLengthSizeMax;
      if (size > journal::HeldByKey::kPathsSizeMax && !found.paths.empty()) break;
      found.paths.push_back(*path);
    }
    HF_TRY(business_.add_to_hold(hold, std::move(found)));
  } while (path != paths.end());
  return {};
}

}  // namespace

Result<void> keep_held_paths(vault::Business& business, const RebuildIndex& rebuild) {
  return HeldKeys(business, rebuild).run();
}

}  // namespace holdfast::job
