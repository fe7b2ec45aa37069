// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/definition.h"

#include <algorithm>
#include <set>

#include "firmware/app/arguments.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

Error wrong_owner(Session& session, const std::string& where, std::string_view key) {
  return make_error(ErrorCode::bad_business, where,
                    {{"line", "1"}, {"what", session.text(key), true}});
}

// A lock is never shortened: not by a smaller number, not by leaving it out, nor by turning an
// archive into a mirror. Classes that no source has any more still lock what they have.
Result<void> check_locks(Session& session, const std::string& where,
                         const source::BusinessDefinition& in_force,
                         const source::BusinessDefinition& now) {
  std::set<std::uint32_t> classes;
  for (const auto* definition : {&in_force, &now}) {
    for (const auto& [retention_class, days] : definition->lock_days) {
      classes.insert(retention_class);
    }
    for (const auto& source : definition->sources) classes.insert(source.retention_class);
  }
  for (const std::uint32_t retention_class : classes) {
    const std::uint32_t before = lock_days_of(in_force, retention_class);
    const std::uint32_t after = lock_days_of(now, retention_class);
    if (after >= before) continue;
    const std::string what =
        session.text("cli.config.lock_shortened", {{"class", std::to_string(retention_class)},
                                                   {"before", std::to_string(before)},
                                                   {"after", std::to_string(after)}});
    return make_error(ErrorCode::denied, where, {{"what", what, true}});
  }
  return {};
}

Result<std::string> open_source_path(Session& session, const std::string& path) {
  ports::Files& files = session.ports().files;
  const auto opened = files.open_source(path);
  if (!opened && opened.error().code == ErrorCode::not_found) {
    return make_error(ErrorCode::source_missing, path);
  }
  if (!opened && opened.error().code == ErrorCode::not_a_directory) {
    return make_error(ErrorCode::source_not_directory, path);
  }
  if (!opened) return opened.error();
  return files.resolve(path);
}

}  // namespace

Result<std::string> resolve_future(ports::Files& files, std::string_view path) {
  std::string real;
  if (!path.starts_with('/')) {
    HF_TRY(real, files.resolve("."));
  }
  if (real == "/") real.clear();
  while (!path.empty()) {
    const std::string_view name = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), name.size() + 1));
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      real.resize(parent_of(real).size());
      continue;
    }
    real += "/" + std::string(name);
    auto resolved = files.resolve(real);
    if (resolved) real = std::move(*resolved);
    if (!resolved && resolved.error().code != ErrorCode::not_found) return resolved.error();
    if (real == "/") real.clear();
  }
  return real;
}

Result<source::BusinessDefinition> load_definition(Session& session, vault::Business& business) {
  HF_TRY(const std::string text, business.definition());
  const std::string where =
      business.box().ports().home.name() + "/" + vault::definition_path(business.id());
  HF_TRY(BusinessFile file, parse_business(text, where, session.language()));
  if (file.id != business.id()) return wrong_owner(session, where, "cli.config.wrong_id");
  if (file.definition.name != business.name()) {
    return wrong_owner(session, where, "cli.config.wrong_name");
  }
  HF_TRY(const auto in_force, business.definition_in_force());
  if (in_force && *in_force != text) {
    HF_TRY(const BusinessFile before, parse_business(*in_force, where, session.language()));
    HF_TRY(check_locks(session, where, before.definition, file.definition));
  }
  return std::move(file.definition);
}

bool paths_overlap(std::string_view left, std::string_view right) {
  const auto folder = [](std::string_view path) { return path == "/" ? std::string_view() : path; };
  return is_within(left, folder(right)) || is_within(right, folder(left));
}

Result<void> check_disks_apart(Session& session, const std::vector<std::string>& disks) {
  HF_TRY(const std::string home, resolve_future(session.ports().files, session.home_as_given()));
  for (std::size_t i = 0; i < disks.size(); ++i) {
    if (paths_overlap(disks[i], home)) {
      return usage_error(session.language(), "cli.usage.disk_and_home", {{"disk", disks[i]}});
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (disks[i] == disks[j]) return make_error(ErrorCode::disk_given_twice, disks[i]);
      if (!paths_overlap(disks[i], disks[j])) continue;
      return usage_error(session.language(), "cli.usage.nested_disks",
                         {{"disk", disks[i]}, {"other", disks[j]}});
    }
  }
  return {};
}

Result<void> check_sources(Session& session, const source::BusinessDefinition& definition,
                           const std::vector<std::string>& disk_paths) {
  HF_TRY(const std::string home, session.home_path());
  for (const source::SourceDefinition& source : definition.sources) {
    HF_TRY(const std::string real, open_source_path(session, source.path));
    for (const std::string& disk : disk_paths) {
      if (!paths_overlap(real, disk)) continue;
      return make_error(ErrorCode::disk_inside_source, disk, {{"source", source.path}});
    }
    if (is_within(real, home)) {
      return make_error(ErrorCode::source_in_home, source.path, {{"home", home}});
    }
  }
  return {};
}

Result<void> check_target(Session& session, const std::string& target,
                          const std::vector<std::string>& disk_paths) {
  ports::Files& files = session.ports().files;
  HF_TRY(const std::string real, resolve_future(files, target));
  HF_TRY(std::string home, session.home_path());
  std::vector<std::string> stores = disk_paths;
  stores.push_back(std::move(home));
  for (const std::string& store : stores) {
    // A disk that is away may have been mounted behind a link that is gone too.
    const auto there = resolve_future(files, store);
    if (!is_within(real, there ? *there : store)) continue;
    return make_error(ErrorCode::target_in_store, target, {{"store", store}});
  }
  return {};
}

}  // namespace holdfast::app
