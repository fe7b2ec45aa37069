// SPDX-License-Identifier: Apache-2.0
#include "firmware/policy/hot_paths.h"

#include <algorithm>
#include <map>
#include <set>

#include "hal/base/path.h"

namespace holdfast::policy {

namespace {

constexpr std::size_t kDatedMax = 2;
constexpr std::size_t kOthersMax = 64;

struct Choice {
  std::size_t count = 0;
  std::size_t bytes = 0;
  void add(std::string_view path) {
    ++count;
    bytes += path.size();
  }
  [[nodiscard]] bool fits(const HotLimits& limits) const {
    return count <= limits.paths_max && bytes <= limits.bytes_max;
  }
};

using Folders = std::map<std::string_view, Choice>;  // what waits directly in each

// The folders that stand for what waits in them.
std::set<std::string_view> fold(const Folders& folders, Choice all, const HotLimits& limits) {
  std::vector<Folders::const_pointer> fullest;
  for (const auto& folder : folders) {
    const bool is_in_source = !folder.first.empty();
    if (is_in_source && folder.second.count >= limits.fold_min) fullest.push_back(&folder);
  }
  std::ranges::sort(fullest, [](const auto* left, const auto* right) {
    return left->second.count > right->second.count;
  });
  std::set<std::string_view> folded;
  for (const auto* folder : fullest) {
    if (all.fits(limits)) break;
    all.count -= folder->second.count;
    all.bytes -= folder->second.bytes;
    all.add(folder->first);
    folded.insert(folder->first);
  }
  return folded;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// As people count: 9 before 10.
bool is_before(std::string_view left, std::string_view right) {
  std::size_t l = 0;
  std::size_t r = 0;
  const auto digits = [](std::string_view text, std::size_t& at) {
    while (at + 1 < text.size() && text[at] == '0' && is_digit(text[at + 1])) ++at;
    const std::size_t begin = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return text.substr(begin, at - begin);
  };
  while (l < left.size() && r < right.size()) {
    if (!is_digit(left[l]) || !is_digit(right[r])) {
      if (left[l] != right[r]) return left[l] < right[r];
      ++l;
      ++r;
      continue;
    }
    const std::string_view a = digits(left, l);
    const std::string_view b = digits(right, r);
    if (a.size() != b.size()) return a.size() < b.size();
    if (a != b) return a < b;
  }
  return left.size() - l < right.size() - r;
}

// The last `count` of them in that order.
template <class Before>
void take_last(std::vector<std::size_t>& numbers, std::size_t count, const Before& before,
               std::set<std::size_t>& out) {
  std::ranges::sort(numbers, before);
  const std::size_t taken = std::min(count, numbers.size());
  out.insert(numbers.end() - static_cast<std::ptrdiff_t>(taken), numbers.end());
}

}  // namespace

std::vector<std::string> choose_paths(std::span<const std::string_view> waiting,
                                      const HotLimits& limits) {
  Folders folders;
  Choice all;
  for (const std::string_view path : waiting) {
    folders[parent_of(path)].add(path);
    all.add(path);
  }
  const std::set<std::string_view> folded = fold(folders, all, limits);
  std::vector<std::string> chosen;
  std::set<std::string_view> done;
  Choice taken;
  for (const std::string_view path : waiting) {
    const std::string_view parent = parent_of(path);
    const std::string_view place = folded.contains(parent) ? parent : path;
    if (!done.insert(place).second) continue;
    Choice more = taken;
    more.add(place);
    if (!more.fits(limits)) break;
    taken = more;
    chosen.emplace_back(place);
  }
  return chosen;
}

std::vector<std::size_t> choose_newest(std::span<const SeenFolder> folders) {
  std::vector<std::size_t> dated;
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < folders.size(); ++i) {
    const std::string& name = folders[i].name;
    (!name.empty() && is_digit(name.front()) ? dated : others).push_back(i);
  }
  const auto by_time = [&](std::size_t left, std::size_t right) {
    return folders[left].mtime_ns < folders[right].mtime_ns;
  };
  const auto by_name = [&](std::size_t left, std::size_t right) {
    return is_before(folders[left].name, folders[right].name);
  };
  std::set<std::size_t> chosen;
  take_last(dated, kDatedMax, by_name, chosen);
  take_last(dated, kDatedMax, by_time, chosen);
  take_last(others, kOthersMax, by_time, chosen);
  return {chosen.begin(), chosen.end()};
}

}  // namespace holdfast::policy
