// SPDX-License-Identifier: Apache-2.0
#include "tests/worlds/checks.h"

#include <algorithm>

namespace holdfast::worlds {

namespace {

// An error is a broken promise only as long as the pool bears what is hurt.
template <class Answer>
std::string refused(Life& life, const std::string& what, const Answer& answer) {
  std::string text = what + ": " + debug_text(answer.error());
  if (life.site().is_bearable() && !life.site().may_have_lost) return text;
  life.tell("beyond what is borne, " + text);
  life.mark("beyond: " + std::string(name_of(answer.error().code)));
  return "";
}

std::string differences(const ItemDigests& restored, const ItemDigests& kept,
                        const std::set<std::string>& may_be_gone) {
  std::size_t gone = 0;
  for (const auto& [path, digest] : kept) {
    const auto found = restored.find(path);
    if (found == restored.end() && may_be_gone.contains(path)) {
      ++gone;
      continue;
    }
    if (found == restored.end()) return "lacks " + path;
    if (found->second != digest) return "has other bytes in " + path;
  }
  return restored.size() + gone == kept.size() ? "" : "has more than was there";
}

std::string check_snapshot(Life& life, Reader& reader, const KeptSnapshot& kept) {
  const std::string name = "snapshot " + std::to_string(kept.head.number);
  Site& site = life.site();
  const auto restored = reader.restore(kept.head.number);
  const bool is_gone = !restored && restored.error().code == ErrorCode::snapshot_pruned;
  if (is_gone && site.may_be_gone.snapshots.contains(kept.head.number)) return "";
  if (!restored) return refused(life, name, restored);
  const auto again = std::ranges::find_if(
      *restored, [&](const auto& item) { return site.gone.paths.contains(item.first); });
  if (again != restored->end()) return name + " has again what was pruned: " + again->first;
  const std::string difference = differences(*restored, kept.items, site.may_be_gone.paths);
  return difference.empty() ? "" : name + " " + difference;
}

std::string check_lists(Life& life, Reader& reader) {
  const auto heads = reader.snapshots();
  if (!heads) return refused(life, "list of snapshots", heads);
  const auto holds = reader.holds();
  if (!holds) return refused(life, "list of holds", holds);
  if (!life.site().is_bearable() || life.site().may_have_lost) return "";
  for (const KeptSnapshot& kept : life.site().kept_snapshots) {
    const bool is_there = std::ranges::find(*heads, kept.head) != heads->end();
    if (is_there && life.site().gone.snapshots.contains(kept.head.number)) {
      return "snapshot " + std::to_string(kept.head.number) + " is there again";
    }
    if (is_there || life.site().may_be_gone.snapshots.contains(kept.head.number)) continue;
    return "snapshot " + std::to_string(kept.head.number) + " is not listed";
  }
  for (const auto& [number, path] : life.site().kept_holds) {
    const auto found = holds->find(number);
    if (found == holds->end() || found->second != path) {
      return "hold " + std::to_string(number) + " does not stand";
    }
  }
  return "";
}

}  // namespace

std::string check_now(Life& life) {
  const auto reader = life.site().read();
  if (!reader) return refused(life, "opening", reader);
  if (std::string broken = check_lists(life, **reader); !broken.empty()) return broken;
  const auto& kept = life.site().kept_snapshots;
  if (kept.empty()) return "";
  const std::size_t any = life.generator().below(kept.size());
  return check_snapshot(life, **reader, life.generator().coin() ? kept.back() : kept[any]);
}

std::string check_newest(Life& life) {
  const auto reader = life.site().read();
  if (!reader) return "opening: " + debug_text(reader.error());
  const KeptSnapshot& kept = life.site().kept_snapshots.back();
  const auto restored = (*reader)->restore(kept.head.number);
  if (!restored) return "the newest snapshot: " + debug_text(restored.error());
  const std::string difference = differences(*restored, kept.items, {});
  return difference.empty() ? "" : "the newest snapshot " + difference;
}

std::string check_all(Life& life) {
  const auto reader = life.site().read();
  if (!reader) return refused(life, "opening", reader);
  if (std::string broken = check_lists(life, **reader); !broken.empty()) return broken;
  for (const KeptSnapshot& kept : life.site().kept_snapshots) {
    if (std::string broken = check_snapshot(life, **reader, kept); !broken.empty()) return broken;
  }
  return "";
}

}  // namespace holdfast::worlds
