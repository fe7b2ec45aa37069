// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/export_folder.h"

#include <algorithm>
#include <array>

#include "firmware/app/appliance_config.h"
#include "firmware/app/definition.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

constexpr std::uint64_t kFileSizeMax = 1 << 20;
constexpr std::size_t kRandomSize = 4;    // bytes
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

// As appliance.toml names them.
Result<std::vector<std::string>> read_named(Session& session) {
  HF_TRY(ports::Disk * home, session.home_disk());
  const auto bytes = ports::load(*home, std::string(kApplianceFile), kFileSizeMax);
  if (!bytes && bytes.error().code != ErrorCode::not_found) return bytes.error();
  HF_TRY(ApplianceSettings settings,
         parse_appliance(bytes ? text_of(*bytes) : std::string_view(),
                         home->name() + "/" + std::string(kApplianceFile), session.language()));
  return std::move(settings.export_folders);
}

// From the root down, and through no link, so that nobody can put one in its place meanwhile.
Result<std::unique_ptr<ports::TargetFolder>> open_by_its_names(ports::Files& files,
                                                               const std::string& folder) {
  HF_TRY(auto opened, files.open_target("/"));
  for (std::string_view rest = folder; !rest.empty();) {
    rest.remove_prefix(1);
    const std::string_view name = rest.substr(0, rest.find('/'));
    rest.remove_prefix(name.size());
    auto next = opened->open_target(name);
    if (!next) {
      next.error().where = folder;
      return std::move(next.error());
    }
    opened = std::move(*next);
  }
  return opened;
}

bool is_in_memory(const ports::Mount& mount) {
  constexpr std::array<std::string_view, 4> kKinds = {"tmpfs", "ramfs", "devtmpfs", "rootfs"};
  return std::ranges::find(kKinds, mount.file_system) != kKinds.end();
}

// Another partition of a disk is as little a medium of its own as another folder.
bool is_on_disk_of_the_box(const ExportRules& rules, const std::string& folder) {
  std::vector<std::string> others = rules.stores;
  others.insert(others.end(), rules.sources.begin(), rules.sources.end());
  others.emplace_back("/");
  const std::vector<std::string> disks = rules.plugged.disks_below(folder);
  return std::ranges::any_of(others, [&](const std::string& other) {
    return share_a_disk(disks, rules.plugged.disks_below(other));
  });
}

// By what the system tells of the disks below.
Result<void> check_medium(const ExportRules& rules, messages::Language language,
                          const std::string& folder) {
  const ports::Mount* mount = ports::mount_holding(rules.plugged.all, folder);
  if (mount == nullptr || mount->path != folder) {
    return make_error(ErrorCode::medium_missing, folder);
  }
  if (is_in_memory(*mount)) return refused(language, "cli.export.in_memory", folder);
  if (is_on_disk_of_the_box(rules, folder)) {
    return refused(language, "cli.export.same_disk", folder);
  }
  return {};
}

}  // namespace

Result<ExportRules> read_export_rules(Session& session, const vault::Box& box) {
  ExportRules rules;
  HF_TRY(rules.named, read_named(session));
  HF_TRY(rules.plugged, look_at_plugged(session));
  HF_TRY(const std::vector<std::string> disks, box.disk_paths());
  for (const std::string& disk : disks) {
    rules.stores.push_back(resolved(session.ports().files, disk));
  }
  HF_TRY(std::string own, session.home_path());
  rules.stores.push_back(std::move(own));
  rules.sources = source_folders(session, box);
  return rules;
}

std::string export_name(const std::string& business, std::uint64_t number, Timestamp now,
                        ports::Random& random) {
  std::string time = now.rfc3339().substr(0, kSecondsSize);
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  return business + "-" + std::to_string(number) + "-" + time + "Z-" +
         to_hex(random.array<kRandomSize>());
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
  HF_TRY(auto opened, open_by_its_names(files, folder));
  HF_TRY(const ports::FileStatus status, opened->status());
  const auto has_it = [&](const std::string& path) {
    return is_on_device_of(files, path, status.device);
  };
  const std::string parent(parent_of(folder));
  if (has_it(parent.empty() ? "/" : parent) || has_it("/") ||
      std::ranges::any_of(rules.stores, has_it)) {
    return make_error(ErrorCode::medium_missing, folder);
  }
  HF_TRY(check_medium(rules, language, folder));
  return ExportPlace{folder, name, std::move(opened), rules.plugged.disks_below(folder)};
}

Result<std::unique_ptr<ports::TargetFolder>> make_export_folder(const ExportPlace& place) {
  const auto there = place.medium->status_of(place.name);
  if (there) {
    return make_error(ErrorCode::target_not_empty, place.path(), {{"path", place.name}});
  }
  if (there.error().code != ErrorCode::not_found) return there.error();
  return place.medium->make_folder(place.name);
}

bool is_medium_gone(ports::Mounts& mounts, const ExportPlace& place) {
  const auto all = mounts.all_mounts();
  if (!all) return false;
  const ports::Mount* mount = ports::mount_holding(*all, place.folder);
  return mount == nullptr || mount->path != place.folder || mount->disks != place.disks;
}

Result<void> check_none_for_exports(Session& session, const Plugged& plugged,
                                    const std::vector<std::string>& disks) {
  HF_TRY(const std::vector<std::string> named, read_named(session));
  for (const std::string& folder : named) {
    // As it is written: what it leads to is asked of nobody, for it may be another machine's.
    const ports::Mount* mount = ports::mount_holding(plugged.all, folder);
    const bool is_plugged = mount != nullptr && mount->path == folder;
    for (const std::string& disk : disks) {
      const bool is_its_own = paths_overlap(disk, folder) ||
                              (is_plugged && share_a_disk(mount->disks, plugged.disks_below(disk)));
      if (is_its_own) return refused(session.language(), "cli.export.no_pool_disk", disk);
    }
  }
  return {};
}

}  // namespace holdfast::app
