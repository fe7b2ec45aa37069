// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/definition_text.h"

#include "firmware/app/arguments.h"
#include "hal/base/digest.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

constexpr std::uint64_t kDefinitionSizeMax = kMiB;

}  // namespace

Result<std::string> read_definition(Session& session, const std::string& file) {
  if (file == "-") return session.ports().console.read_all(kDefinitionSizeMax);
  HF_TRY(const std::string real, session.ports().files.resolve(file));
  const std::string_view folder = parent_of(real);
  HF_TRY(const auto disk, session.ports().open_disk(folder.empty() ? "/" : std::string(folder)));
  HF_TRY(const Bytes bytes, ports::load(*disk, last_name_of(real), kDefinitionSizeMax));
  return std::string(text_of(bytes));
}

Result<void> check_new_file(Session& session, const BusinessFile& file, const std::string& name) {
  if (file.id) return usage_error(session.language(), "cli.usage.id_in_file");
  if (file.definition.name.empty() || file.definition.name == name) return {};
  return usage_error(session.language(), "cli.usage.other_name_in_file",
                     {{"name", file.definition.name}});
}

std::string definition_sha256(std::string_view text) {
  return sha256(view_of(text)).hex();
}

void write_sources(JsonWriter& json, const source::BusinessDefinition& definition,
                   const source::LockDays& locks) {
  json.field("kind", definition.kind == source::BusinessKind::mirror ? "mirror" : "archive");
  json.begin_array("sources");
  for (const source::SourceDefinition& source : definition.sources) {
    json.begin_object();
    json.path("name", source.name);
    if (source.has_rows()) json.field("type", std::string(name_of(source.type)));
    if (source.has_folder()) json.path("path", source.path);
    if (!source.has_folder()) json.field("server", source.sql.server);
    json.end();
  }
  json.end();
  json.begin_array("locks");
  for (const auto& [retention_class, days] : locks) {
    json.begin_object();
    json.field("class", std::uint64_t{retention_class});
    json.field("days", std::uint64_t{days});
    json.end();
  }
  json.end();
}

}  // namespace holdfast::app
