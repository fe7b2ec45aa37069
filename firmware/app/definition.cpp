// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/definition.h"

#include "hal/base/path.h"

namespace holdfast::app {

namespace {

Error wrong_owner(Session& session, const std::string& where, std::string_view key) {
  return make_error(ErrorCode::bad_business, where, {{"line", "1"}, {"what", session.text(key)}});
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

Result<source::BusinessDefinition> load_definition(Session& session, vault::Business& business) {
  HF_TRY(const std::string text, business.definition());
  const std::string where =
      business.box().ports().home.name() + "/" + vault::definition_path(business.id());
  HF_TRY(BusinessFile file, parse_business(text, where, session.language()));
  if (file.id != business.id()) return wrong_owner(session, where, "cli.config.wrong_id");
  if (file.definition.name != business.name()) {
    return wrong_owner(session, where, "cli.config.wrong_name");
  }
  return std::move(file.definition);
}

bool paths_overlap(std::string_view left, std::string_view right) {
  const auto folder = [](std::string_view path) { return path == "/" ? std::string_view() : path; };
  return is_within(left, folder(right)) || is_within(right, folder(left));
}

Result<void> check_sources(Session& session, const source::BusinessDefinition& definition,
                           const std::vector<std::string>& disk_paths) {
  for (const source::SourceDefinition& source : definition.sources) {
    HF_TRY(const std::string real, open_source_path(session, source.path));
    for (const std::string& disk : disk_paths) {
      if (!paths_overlap(real, disk)) continue;
      return make_error(ErrorCode::disk_inside_source, disk, {{"source", source.path}});
    }
  }
  return {};
}

}  // namespace holdfast::app
