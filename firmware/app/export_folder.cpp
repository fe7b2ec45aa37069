// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/export_folder.h"

#include <algorithm>

#include "firmware/app/appliance_config.h"
#include "firmware/app/definition.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

constexpr std::uint64_t kFileSizeMax = 1 << 20;
constexpr std::size_t kSecondsSize = 19;  // "2026-01-31T11:41:29"

Error refused(messages::Language language, std::string_view key, const std::string& folder) {
  return make_error(ErrorCode::denied, folder, {{"what", messages::render(language, key), true}});
}

// A disk that is away may have been mounted behind a link that is gone too.
std::string resolved(ports::Files& files, const std::string& path) {
  const auto real = resolve_future(files, path);
  return real ? *real : path;
}

// A business that cannot be opened now says so itself.
std::vector<std::string> source_folders(Session& session, const vault::Box& box) {
  std::vector<std::string> folders;
  for (const vault::BusinessName& name : box.businesses()) {
    const auto business = session.open_business(name.name, vault::Access::read);
    if (!business) continue;
    const auto good = load_good_definition(session, **business);
    if (!good) continue;
    for (const source::SourceDefinition& source : good->definition.sources) {
      if (source.has_folder()) folders.push_back(resolved(session.ports().files, source.path));
    }
  }
  return folders;
}

// What is on the file system of `path` is on no medium of its own.
bool is_on_device_of(ports::Files& files, const std::string& path, std::uint64_t device) {
  const auto folder = files.open_source(path);
  if (!folder) return false;
  const auto status = (*folder)->status();
  return status && status->device == device;
}

}  // namespace

Result<ExportRules> read_export_rules(Session& session, const vault::Box& box) {
  HF_TRY(ports::Disk * home, session.home_disk());
  ExportRules rules;
  const auto bytes = ports::load(*home, std::string(kApplianceFile), kFileSizeMax);
  if (!bytes && bytes.error().code != ErrorCode::not_found) return bytes.error();
  HF_TRY(ApplianceSettings settings,
         parse_appliance(bytes ? text_of(*bytes) : std::string_view(),
                         home->name() + "/" + std::string(kApplianceFile), session.language()));
  rules.named = std::move(settings.export_folders);
  HF_TRY(const std::vector<std::string> disks, box.disk_paths());
  for (const std::string& disk : disks) {
    rules.stores.push_back(resolved(session.ports().files, disk));
  }
  HF_TRY(std::string own, session.home_path());
  rules.stores.push_back(std::move(own));
  rules.sources = source_folders(session, box);
  return rules;
}

std::string export_name(const std::string& business, std::uint64_t number, Timestamp now) {
  std::string time = now.rfc3339().substr(0, kSecondsSize);
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  return business + "-" + std::to_string(number) + "-" + time + "Z";
}

Result<ExportPlace> find_export_place(ports::Files& files, const ExportRules& rules,
                                      messages::Language language, const std::string& folder,
                                      const std::string& name) {
  if (std::ranges::find(rules.named, folder) == rules.named.end()) {
    return refused(language, "cli.export.not_named", folder);
  }
  const auto real = files.resolve(folder);
  if (!real && real.error().code == ErrorCode::not_found) {
    return make_error(ErrorCode::medium_missing, folder);
  }
  if (!real) return real.error();
  if (*real != folder) return refused(language, "cli.export.by_link", folder);
  for (const std::string& store : rules.stores) {
    if (!paths_overlap(folder, store)) continue;
    return make_error(ErrorCode::target_in_store, folder, {{"store", store}});
  }
  for (const std::string& source : rules.sources) {
    if (paths_overlap(folder, source)) return refused(language, "cli.export.in_source", folder);
  }
  HF_TRY(const auto opened, files.open_source(folder));
  HF_TRY(const ports::FileStatus status, opened->status());
  const auto has_it = [&](const std::string& path) {
    return is_on_device_of(files, path, status.device);
  };
  const std::string parent(parent_of(folder));
  if (has_it(parent.empty() ? "/" : parent) || has_it("/") ||
      std::ranges::any_of(rules.stores, has_it)) {
    return make_error(ErrorCode::medium_missing, folder);
  }
  return ExportPlace{folder, name, status.device};
}

Result<std::unique_ptr<ports::TargetFolder>> make_export_folder(ports::Files& files,
                                                                const ExportPlace& place) {
  HF_TRY(const auto medium, files.open_target(place.folder));
  HF_TRY(const ports::FileStatus status, medium->status());
  if (status.device != place.device) return make_error(ErrorCode::medium_missing, place.folder);
  const auto there = medium->status_of(place.name);
  if (there) {
    return make_error(ErrorCode::target_not_empty, place.path(), {{"path", place.name}});
  }
  if (there.error().code != ErrorCode::not_found) return there.error();
  return medium->make_folder(place.name);
}

}  // namespace holdfast::app
