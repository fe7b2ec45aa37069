// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/retention_config.h"

#include <algorithm>
#include <array>
#include <limits>

#include "firmware/app/suggestion.h"
#include "firmware/records/time_zone.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

constexpr std::uint32_t kNumberMax = std::numeric_limits<std::uint32_t>::max();
// A hundred years: more is a slip of the pen, and no lock is ever shortened.
constexpr std::uint32_t kDaysMax = 36'525;

const std::vector<std::string> kClassKeys = {"class", "lock_days", "keep_days", "date"};
const std::vector<std::string> kPathKeys = {"path", "keep_days"};
const std::vector<std::string> kSnapshotKeys = {
    "keep_last", "keep_daily", "keep_weekly", "keep_monthly", "keep_yearly", "keep_tags", "zone"};
const std::vector<std::string> kPruneKeys = {"repack_below"};

class RetentionReader {
 public:
  RetentionReader(const TomlReader& reader, source::BusinessDefinition& out)
      : reader_(reader), out_(out) {}

  Result<void> read_parts(const TomlNode& node);
  Result<void> read_snapshots(const TomlTable& table);
  Result<void> read_prune(const TomlTable& table);

 private:
  Result<void> require(const TomlTable& table, std::string_view key) const;
  Result<void> read_class(const TomlTable& table);
  Result<void> read_date(const TomlTable& table, policy::ItemDate& out) const;
  Result<void> read_path(const TomlTable& table);
  Result<void> read_source_of(const TomlNode& node, const std::string& path,
                              std::uint32_t& retention_class) const;
  Result<std::uint32_t> read_keep_days(const TomlTable& table, std::uint32_t lock_days,
                                       std::uint32_t retention_class) const;

  const TomlReader& reader_;
  source::BusinessDefinition& out_;
};

Result<void> RetentionReader::require(const TomlTable& table, std::string_view key) const {
  if (table.get(key) != nullptr) return {};
  return reader_.error(table.line, "cli.config.no_key", {{"key", std::string(key)}});
}

// Classes first, whatever their place: a path's days are measured by its class's lock.
Result<void> RetentionReader::read_parts(const TomlNode& node) {
  const TomlArray* parts = node.as<TomlArray>();
  if (parts == nullptr) return reader_.bad_value(node, "retention", "[[retention]]");
  std::vector<const TomlTable*> paths;
  for (const TomlNode& element : *parts) {
    const TomlTable* table = element.as<TomlTable>();
    if (table == nullptr) return reader_.bad_value(element, "retention", "[[retention]]");
    if (table->get("path") != nullptr) {
      paths.push_back(table);
    } else {
      HF_TRY(read_class(*table));
    }
  }
  for (const TomlTable* table : paths) HF_TRY(read_path(*table));
  return {};
}

// Each class once, and its lock said: what is meant must stand there.
Result<void> RetentionReader::read_class(const TomlTable& table) {
  HF_TRY(reader_.check_keys(table, kClassKeys));
  HF_TRY(require(table, "class"));
  HF_TRY(require(table, "lock_days"));
  std::uint32_t retention_class = 0;
  std::uint32_t lock_days = 0;
  HF_TRY(reader_.read_number(table, "class", kNumberMax, retention_class));
  HF_TRY(reader_.read_number(table, "lock_days", kDaysMax, lock_days));
  if (!out_.lock_days.emplace(retention_class, lock_days).second) {
    return reader_.error(table.line, "cli.config.class_twice",
                         {{"class", std::to_string(retention_class)}});
  }
  policy::ClassRetention retention;
  HF_TRY(read_date(table, retention.date));
  if (table.get("keep_days") != nullptr) {
    HF_TRY(retention.keep_days, read_keep_days(table, lock_days, retention_class));
  }
  out_.retention.classes.emplace(retention_class, retention);
  return {};
}

Result<void> RetentionReader::read_date(const TomlTable& table, policy::ItemDate& out) const {
  std::string word = "call";
  HF_TRY(reader_.read(table, "date", word));
  if (word != "call" && word != "change") {
    return reader_.bad_value(*table.get("date"), "date", "\"call\", \"change\"");
  }
  if (word == "change") out = policy::ItemDate::change;
  return {};
}

Result<std::uint32_t> RetentionReader::read_keep_days(const TomlTable& table,
                                                      std::uint32_t lock_days,
                                                      std::uint32_t retention_class) const {
  std::uint32_t keep_days = 0;
  HF_TRY(reader_.read_number(table, "keep_days", kDaysMax, keep_days));
  const TomlLine line = table.get("keep_days")->line();
  if (out_.kind == source::BusinessKind::mirror) {
    return reader_.error(line, "cli.config.keep_in_mirror");
  }
  if (keep_days >= lock_days) return keep_days;
  return reader_.error(line, "cli.config.keep_below_lock",
                       {{"days", std::to_string(keep_days)},
                        {"class", std::to_string(retention_class)},
                        {"lock", std::to_string(lock_days)}});
}

Result<void> RetentionReader::read_path(const TomlTable& table) {
  HF_TRY(reader_.check_keys(table, kPathKeys));
  HF_TRY(require(table, "keep_days"));
  std::string text;
  HF_TRY(reader_.read(table, "path", text));
  const TomlNode& node = *table.get("path");
  auto path = unescape_path(text);
  if (!path || !is_safe_relative_path(*path)) {
    return reader_.bad_value(node, "path", "\"SOURCE/…\"");
  }
  std::uint32_t retention_class = 0;
  HF_TRY(read_source_of(node, *path, retention_class));
  HF_TRY(const std::uint32_t keep_days,
         read_keep_days(table, lock_days_of(out_, retention_class), retention_class));
  auto& paths = out_.retention.paths;
  if (std::ranges::find(paths, *path, &policy::PathRetention::path) != paths.end()) {
    return reader_.error(node.line(), "cli.config.path_twice", {{"path", text}});
  }
  paths.push_back({std::move(*path), keep_days});
  return {};
}

Result<void> RetentionReader::read_source_of(const TomlNode& node, const std::string& path,
                                             std::uint32_t& retention_class) const {
  const std::string first = path.substr(0, path.find('/'));
  std::vector<std::string> names;
  for (const source::SourceDefinition& source : out_.sources) {
    names.push_back(source.name);
    if (source.name != first) continue;
    retention_class = source.retention_class;
    return {};
  }
  const std::string nearest = nearest_word(first, names);
  return reader_.error(
      node.line(),
      nearest.empty() ? "cli.config.path_of_no_source" : "cli.config.path_of_no_source_meant",
      {{"name", escape_path(first)}, {"nearest", escape_path(nearest)}});
}

Result<void> RetentionReader::read_prune(const TomlTable& table) {
  HF_TRY(reader_.check_keys(table, kPruneKeys));
  return reader_.read_number(table, "repack_below", policy::kRepackBelowPercentMax,
                             out_.repack_below_percent);
}

// At least one number: rules that keep nothing are a slip of the pen.
Result<void> RetentionReader::read_snapshots(const TomlTable& table) {
  HF_TRY(reader_.check_keys(table, kSnapshotKeys));
  policy::SnapshotRetention rules;
  const std::array<std::pair<const char*, std::uint32_t*>, 5> numbers{
      {{"keep_last", &rules.last},
       {"keep_daily", &rules.daily},
       {"keep_weekly", &rules.weekly},
       {"keep_monthly", &rules.monthly},
       {"keep_yearly", &rules.yearly}}};
  std::uint32_t longest = 0;
  for (const auto& [key, number] : numbers) {
    HF_TRY(reader_.read_number(table, key, kDaysMax, *number));
    longest = std::max(longest, *number);
  }
  if (longest == 0) return reader_.error(table.line, "cli.config.snapshots_keep_none");
  HF_TRY(reader_.read_texts(table, "keep_tags", rules.tags));
  HF_TRY(reader_.read(table, "zone", rules.zone));
  if (!records::TimeZone::find(rules.zone)) {
    return reader_.bad_value(*table.get("zone"), "zone", "\"Asia/Shanghai\", \"UTC\", \"+08:00\"");
  }
  out_.retention.snapshots = std::move(rules);
  return {};
}

}  // namespace

Result<void> read_retention(const TomlReader& reader, const TomlTable& root,
                            source::BusinessDefinition& out) {
  RetentionReader parts(reader, out);
  if (const TomlNode* node = root.get("retention")) HF_TRY(parts.read_parts(*node));
  HF_TRY(const TomlTable* snapshots, reader.read_table(root, "snapshots"));
  if (snapshots != nullptr) HF_TRY(parts.read_snapshots(*snapshots));
  HF_TRY(const TomlTable* prune, reader.read_table(root, "prune"));
  if (prune != nullptr) HF_TRY(parts.read_prune(*prune));
  return {};
}

}  // namespace holdfast::app
