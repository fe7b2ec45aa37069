// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/source_looks.h"

#include <algorithm>
#include <optional>

#include "firmware/vault/checked_line.h"
#include "firmware/vault/note_words.h"
#include "hal/base/path.h"

namespace holdfast::job {

namespace {

constexpr std::uint64_t kSizeMax = kMiB;

std::string path_of(const BusinessId& business) {
  return "runs/" + business.hex() + ".sources";
}

// "NUMBER TIME NAME"; the name may have spaces.
std::optional<SourceLook> parse_line(std::string_view line) {
  const auto checked = vault::words_of_line(line);
  if (!checked || checked->size() == line.size()) return std::nullopt;
  const std::size_t first = checked->find(' ');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = checked->find(' ', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  vault::NoteWords words(
      {checked->substr(0, first), checked->substr(first + 1, second - first - 1)});
  SourceLook look;
  look.snapshot = words.number();
  const auto time = words.value<Timestamp>();
  auto name = unescape_path(checked->substr(second + 1));
  if (!words.right() || !time || !name) return std::nullopt;
  look.time = *time;
  look.source = std::move(*name);
  return look;
}

bool is_of(const Problem& problem, const source::SourceDefinition& source) {
  if (source.has_folder()) return problem.path == source.name;
  return is_within(problem.path, source.name) || problem.path == source::kRecordsFolder;
}

}  // namespace

std::vector<std::string> sources_read(const source::BusinessDefinition& definition,
                                      const Problems& problems) {
  std::vector<std::string> read;
  for (const source::SourceDefinition& source : definition.sources) {
    const bool has_failed = std::ranges::any_of(
        problems.kept, [&](const Problem& problem) { return is_of(problem, source); });
    // Which of its answers it was that did not come may be among those that were not kept.
    const bool may_have_failed = !source.has_folder() && problems.kept.size() >= Problems::kKeptMax;
    if (!has_failed && !may_have_failed) read.push_back(source.name);
  }
  return read;
}

Result<void> note_source_looks(ports::Disk& home, const BusinessId& business,
                               const source::BusinessDefinition& definition,
                               const std::vector<std::string>& read, std::uint64_t snapshot,
                               Timestamp time) {
  const std::vector<SourceLook> before = load_source_looks(home, business);
  std::string text;
  for (const source::SourceDefinition& source : definition.sources) {
    SourceLook look{source.name, snapshot, time};
    if (std::ranges::find(read, source.name) == read.end()) {
      const auto known = std::ranges::find(before, source.name, &SourceLook::source);
      if (known == before.end()) continue;
      look = *known;
    }
    text += vault::checked_line(std::to_string(look.snapshot) + " " + look.time.rfc3339() + " " +
                                escape_path(look.source));
  }
  HF_TRY(ports::make_directories(home, "runs"));
  return ports::store(home, path_of(business), view_of(text));
}

std::vector<SourceLook> load_source_looks(ports::Disk& home, const BusinessId& business) {
  std::vector<SourceLook> looks;
  const auto bytes = ports::load(home, path_of(business), kSizeMax);
  if (!bytes) return looks;
  for (const std::string_view line : vault::split(text_of(*bytes), '\n')) {
    if (auto look = parse_line(line)) looks.push_back(std::move(*look));
  }
  return looks;
}

}  // namespace holdfast::job
