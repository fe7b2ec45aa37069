// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/definition.h"

#include <algorithm>

#include "firmware/app/arguments.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

Error wrong_owner(Session& session, const std::string& where, std::string_view key) {
  return make_error(ErrorCode::bad_business, where,
                    {{"line", "1"}, {"what", session.text(key), true}});
}

// The locks that a policy entry has put in force.
struct Locks {
  source::BusinessDefinition definition;
  source::LockDays days;

  [[nodiscard]] std::uint32_t of(std::uint32_t retention_class) const {
    const auto found = days.find(retention_class);
    return found != days.end() ? found->second : lock_days_of(definition, retention_class);
  }
};

Error lock_shortened(Session& session, const std::string& where, std::string_view key,
                     const messages::Arguments& arguments) {
  return make_error(ErrorCode::denied, where, {{"what", session.text(key, arguments), true}});
}

// A lock is never shortened: not by a smaller number, not by leaving it out, nor by turning an
// archive into a mirror. Classes that no source has any more still lock what they have.
Result<void> check_classes(Session& session, const std::string& where, const Locks& in_force,
                           const source::BusinessDefinition& now) {
  source::LockDays before = locks_of(in_force.definition, in_force.days);
  before.merge(locks_of(now));
  for (const auto& [retention_class, unused] : before) {
    const std::uint32_t days = in_force.of(retention_class);
    const std::uint32_t after = lock_days_of(now, retention_class);
    if (after >= days) continue;
    return lock_shortened(session, where, "cli.config.lock_shortened",
                          {{"class", std::to_string(retention_class)},
                           {"before", std::to_string(days)},
                           {"after", std::to_string(after)}});
  }
  return {};
}

// Nor by moving a source to a class with fewer days: what it has would be stored in that one.
Result<void> check_moves(Session& session, const std::string& where, const Locks& in_force,
                         const source::BusinessDefinition& now) {
  for (const auto& source : now.sources) {
    const std::uint32_t after = lock_days_of(now, source.retention_class);
    for (const auto& former : in_force.definition.sources) {
      const bool same =
          former.name == source.name || (source.has_folder() && former.path == source.path);
      const std::uint32_t before = in_force.of(former.retention_class);
      if (!same || after >= before) continue;
      return lock_shortened(session, where, "cli.config.lock_left",
                            {{"source", source.name},
                             {"from", std::to_string(former.retention_class)},
                             {"before", std::to_string(before)},
                             {"class", std::to_string(source.retention_class)},
                             {"after", std::to_string(after)}});
    }
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

// A file that is not there yet is nobody's.
Result<void> check_files(Session& session, const source::SqlRules& rules, const std::string& home,
                         const std::vector<std::string>& disk_paths) {
  std::vector<std::string> files;
  if (rules.kind == ports::SqlKind::sqlite) files.push_back(rules.server);
  if (!rules.ca_file.empty()) files.push_back(rules.ca_file);
  for (const std::string& file : files) {
    const auto real = session.ports().files.resolve(file);
    if (!real && real.error().code == ErrorCode::not_found) continue;
    if (!real) return real.error();
    for (const std::string& disk : disk_paths) {
      if (!is_within(*real, disk)) continue;
      return make_error(ErrorCode::disk_inside_source, disk, {{"source", file}});
    }
    if (is_within(*real, home))
      return make_error(ErrorCode::source_in_home, file, {{"home", home}});
  }
  return {};
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

Result<source::BusinessDefinition> check_definition(Session& session, vault::Business& business,
                                                    const BusinessFile& file,
                                                    const std::string& where) {
  if (file.id && file.id != business.id()) {
    return wrong_owner(session, where, "cli.config.wrong_id");
  }
  if (!file.definition.name.empty() && file.definition.name != business.name()) {
    return wrong_owner(session, where, "cli.config.wrong_name");
  }
  HF_TRY(const auto policy, business.policy_in_force());
  if (policy) {
    HF_TRY(BusinessFile before, parse_business(policy->definition, where, session.language()));
    const Locks in_force{std::move(before.definition), policy->lock_days};
    HF_TRY(check_classes(session, where, in_force, file.definition));
    HF_TRY(check_moves(session, where, in_force, file.definition));
  }
  source::BusinessDefinition definition = file.definition;
  definition.name = business.name();
  return definition;
}

Result<source::BusinessDefinition> load_definition(Session& session, vault::Business& business) {
  HF_TRY(const std::string text, business.definition());
  const std::string where =
      business.box().ports().home.name() + "/" + vault::definition_path(business.id());
  HF_TRY(const BusinessFile file, parse_business(text, where, session.language()));
  if (!file.id) return wrong_owner(session, where, "cli.config.wrong_id");
  if (file.definition.name.empty()) return wrong_owner(session, where, "cli.config.wrong_name");
  return check_definition(session, business, file, where);
}

Result<GoodDefinition> load_good_definition(Session& session, vault::Business& business) {
  auto definition = load_definition(session, business);
  if (definition) return GoodDefinition{std::move(*definition)};
  const ErrorCode code = definition.error().code;
  if (code != ErrorCode::bad_business && code != ErrorCode::denied) return definition.error();
  HF_TRY(const auto policy, business.policy_in_force());
  if (!policy) return definition.error();
  auto file = parse_business(policy->definition, business.name(), session.language());
  if (!file) return definition.error();
  file->definition.name = business.name();
  return GoodDefinition{std::move(file->definition), std::move(definition.error())};
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

Result<void> check_source(Session& session, const source::SourceDefinition& source,
                          const std::vector<std::string>& disk_paths) {
  HF_TRY(const std::string home, session.home_path());
  if (!source.has_folder()) return check_files(session, source.sql, home, disk_paths);
  HF_TRY(const std::string real, open_source_path(session, source.path));
  for (const std::string& disk : disk_paths) {
    if (!paths_overlap(real, disk)) continue;
    return make_error(ErrorCode::disk_inside_source, disk, {{"source", source.path}});
  }
  if (!is_within(real, home)) return {};
  return make_error(ErrorCode::source_in_home, source.path, {{"home", home}});
}

Result<void> check_sources(Session& session, const source::BusinessDefinition& definition,
                           const std::vector<std::string>& disk_paths) {
  for (const source::SourceDefinition& source : definition.sources) {
    HF_TRY(check_source(session, source, disk_paths));
  }
  return {};
}

// A business that cannot be opened now says so itself.
Result<void> check_kinds_apart(Session& session, const vault::Box& box,
                               const source::BusinessDefinition& definition) {
  ports::Files& files = session.ports().files;
  for (const vault::BusinessName& name : box.businesses()) {
    if (name.name == definition.name) continue;  // it is added once more
    const auto business = session.open_business(name.name, vault::Access::read);
    if (!business) continue;
    const auto other = load_definition(session, **business);
    if (!other || other->kind == definition.kind) continue;
    for (const source::SourceDefinition& source : definition.sources) {
      if (!source.has_folder()) continue;
      HF_TRY(const std::string real, resolve_future(files, source.path));
      for (const source::SourceDefinition& theirs : other->sources) {
        if (!theirs.has_folder()) continue;
        HF_TRY(const std::string real_theirs, resolve_future(files, theirs.path));
        if (!paths_overlap(real, real_theirs)) continue;
        return usage_error(session.language(), "cli.usage.both_kinds",
                           {{"path", source.path}, {"other", theirs.path}, {"name", name.name}});
      }
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
