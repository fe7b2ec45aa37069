// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/appliance_files.h"

#include <algorithm>
#include <set>

#include "firmware/app/schedule_config.h"
#include "firmware/policy/schedule_outlook.h"
#include "firmware/vault/home_files.h"

namespace holdfast::app {

namespace {

constexpr std::string_view kBusinesses = "businesses";
constexpr std::string_view kEnding = ".toml";
constexpr std::uint64_t kFileSizeMax = 1 << 20;

std::vector<appliance::HotSource> sources_of(const source::BusinessDefinition& definition) {
  std::vector<appliance::HotSource> sources;
  for (const source::SourceDefinition& source : definition.sources) {
    sources.push_back({.name = source.name,
                       .path = source.has_folder() ? source.path : std::string(),
                       .exclude = source.exclude,
                       .cross_file_systems = source.cross_file_systems});
  }
  return sources;
}

}  // namespace

template <class Value, class Parse, class Check>
void ApplianceFiles::take(const std::string& path, File<Value>& file, const Parse& parse,
                          const Check& check) {
  const std::string text(file.bytes ? text_of(*file.bytes) : std::string_view());
  const std::string where = home_.name() + "/" + path;
  Result<Value> parsed = parse(text, where);
  if (!parsed) {
    file.complaint = std::move(parsed.error());
    return;
  }
  if (auto kept = check(text, where, *parsed); !kept) file.complaint = std::move(kept.error());
  if (file.complaint && file.was_right) return;
  file.value = std::move(*parsed);
  file.was_right = true;
}

template <class Value, class Parse, class Check>
void ApplianceFiles::look_at(const std::string& path, File<Value>& file, const Parse& parse,
                             const Check& check) {
  auto bytes = ports::load(home_, path, kFileSizeMax);
  if (!bytes && bytes.error().code != ErrorCode::not_found) {
    file.bytes.reset();  // whatever it is when it can be read again, it is looked at
    file.complaint = std::move(bytes.error());
    return;
  }
  if (bytes && file.bytes == *bytes) {
    if (file.complaint) return;
    auto kept = check(std::string(text_of(*bytes)), home_.name() + "/" + path, file.value);
    if (!kept) file.complaint = std::move(kept.error());
    return;
  }
  file.bytes.reset();
  file.complaint.reset();
  if (bytes) file.bytes = std::move(*bytes);
  take(path, file, parse, check);
}

// Those that are gone are no more; if that cannot be told, all stay.
void ApplianceFiles::look_at_businesses() {
  list_complaint_.reset();
  auto entries = home_.list(kBusinesses);
  if (!entries && entries.error().code != ErrorCode::not_found) {
    list_complaint_ = std::move(entries.error());
    return;
  }
  std::set<std::string> found;
  if (entries) {
    for (const ports::DirectoryEntry& entry : *entries) {
      if (entry.name.ends_with(kEnding)) found.insert(std::string(kBusinesses) + "/" + entry.name);
    }
  }
  std::erase_if(businesses_, [&](const auto& each) { return !found.contains(each.first); });
  for (const std::string& path : found) {
    look_at(
        path, businesses_[path],
        [&](const std::string& text, const std::string& where) -> Result<Business> {
          HF_TRY(BusinessFile file, parse_business(text, where, language_));
          return Business{file.definition.name, file.definition.schedule,
                          sources_of(file.definition)};
        },
        [&](const std::string& text, const std::string& where, const Business& business) {
          return check_schedule(text, where, language_, business.schedule, clock_.now());
        });
  }
}

appliance::Settings ApplianceFiles::look() {
  look_at(
      std::string(kApplianceFile), appliance_,
      [&](const std::string& text, const std::string& where) {
        return parse_appliance(text, where, language_);
      },
      [&](const std::string& text, const std::string& where, const ApplianceSettings& settings) {
        policy::Schedule of_box;
        of_box.jobs = settings.jobs;
        auto kept = check_schedule(text, where, language_, of_box, clock_.now());
        if (!kept) kept.error().code = ErrorCode::bad_settings;
        return kept;
      });
  look_at_businesses();
  appliance::Settings settings;
  settings.site = appliance_.value.zone;
  settings.site_name = appliance_.value.zone_name;
  settings.running_max = appliance_.value.running_max;
  if (memory_bytes_) {
    const auto jobs = static_cast<std::size_t>(*memory_bytes_ / kJobMemory);
    settings.running_max = std::clamp<std::size_t>(jobs, 1, settings.running_max);
  }
  settings.tend_arguments = {"--away-hours", std::to_string(appliance_.value.away_hours),
                             "--within-days", std::to_string(appliance_.value.scrub_days)};
  // What the box itself writes is nobody's news. If its disks are not known, no harm is done.
  if (auto disks = vault::load_disk_paths(home_)) settings.exclude_paths = std::move(*disks);
  settings.exclude_paths.push_back(home_.name());
  policy::Schedule of_box;
  of_box.jobs = appliance_.value.jobs;
  settings.duties = policy::duties_of({}, of_box);
  if (appliance_.complaint) settings.complaints.push_back(*appliance_.complaint);
  if (list_complaint_) settings.complaints.push_back(*list_complaint_);
  for (const auto& [path, file] : businesses_) {
    if (file.complaint) settings.complaints.push_back(*file.complaint);
    if (file.value.name.empty()) continue;
    const policy::Schedule& schedule = file.value.schedule;
    if (schedule.pre || schedule.post) {
      settings.commands[file.value.name] = {schedule.pre, schedule.post};
    }
    if (schedule.mode == policy::BackupMode::hot) {
      settings.hot.push_back({file.value.name, file.value.sources, schedule.window});
    }
    if (!schedule.trigger_file.empty()) {
      settings.triggers.push_back({file.value.name, schedule.trigger_file, schedule.window});
    }
    const auto duties = policy::duties_of(file.value.name, file.value.schedule);
    settings.duties.insert(settings.duties.end(), duties.begin(), duties.end());
  }
  policy::give_targets(settings.duties, clock_.now());
  return settings;
}

bool may_have_business(ports::Disk& home, const std::string& name, messages::Language language) {
  const auto entries = home.list(kBusinesses);
  if (!entries) return entries.error().code != ErrorCode::not_found;
  return std::ranges::any_of(*entries, [&](const ports::DirectoryEntry& entry) {
    if (!entry.name.ends_with(kEnding)) return false;
    const std::string path = std::string(kBusinesses) + "/" + entry.name;
    const auto bytes = ports::load(home, path, kFileSizeMax);
    if (!bytes) return bytes.error().code != ErrorCode::not_found;
    const auto file = parse_business(std::string(text_of(*bytes)), path, language);
    return !file || file->definition.name.empty() || file->definition.name == name;
  });
}

}  // namespace holdfast::app
