// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/config.h"

#include <algorithm>
#include <limits>
#include <set>
#include <vector>

#include "firmware/app/mapping_file.h"
#include "firmware/app/retention_config.h"
#include "firmware/app/rows_config.h"
#include "firmware/app/schedule_config.h"
#include "firmware/app/toml_table.h"
#include "firmware/records/shipped_mappings.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

constexpr std::size_t kNameSizeMax = 64;
constexpr std::uint32_t kClassMax = std::numeric_limits<std::uint32_t>::max();

const std::vector<std::string> kTopKeys = {"id",        "name",      "kind",  "source",
                                           "retention", "snapshots", "prune", "schedule"};
const std::vector<std::string> kSourceKeys = {
    "name", "type", "path", "exclude", "cross_file_systems", "compression", "class"};
const std::vector<std::string> kCsvSourceKeys = {
    "name",        "type",  "path", "exclude", "cross_file_systems",
    "compression", "class", "csv",  "mapping", "completeness"};
const std::vector<std::string> kSqlSourceKeys = {"name", "type",    "class",
                                                 "sql",  "mapping", "completeness"};

// One source's name is the first part of every path: exactly one safe name.
bool is_source_name(std::string_view name) {
  return is_safe_relative_path(name) && name.find('/') == std::string_view::npos;
}

bool is_business_name(const std::string& name) {
  const auto allowed = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  return !name.empty() && name.size() <= kNameSizeMax && name[0] != '-' && name[0] != '.' &&
         std::ranges::all_of(name, allowed) && escape_path(name) == name;
}

class Parser : private TomlReader {
 public:
  using TomlReader::TomlReader;

  Result<BusinessFile> parse(std::string_view text);

 private:
  Result<source::SourceDefinition> parse_source(const TomlTable& table);
  Result<void> parse_type(const TomlTable& table, source::SourceDefinition& out);
  Result<void> parse_folder(const TomlTable& table, source::SourceDefinition& out);
  Result<void> parse_optional_parts(const TomlTable& table, source::SourceDefinition& out);
  Result<void> parse_rows(const TomlTable& table, source::SourceDefinition& out);
  Result<records::Mapping> parse_source_mapping(const TomlTable& table);
  Result<void> check_records_name(const TomlArray& sources,
                                  const source::BusinessDefinition& definition);
  Result<void> read_escaped(const TomlTable& table, std::string_view key, std::string& out);
  Result<void> read_name(const TomlTable& root, std::string& out);
};

Result<void> Parser::read_escaped(const TomlTable& table, std::string_view key, std::string& out) {
  std::string text;
  HF_TRY(read(table, key, text));
  auto raw = unescape_path(text);
  if (!raw) return bad_value(*table.get(key), key, "\\\\, \\xHH");
  out = std::move(*raw);
  return {};
}

// Missing, or one that a business can have.
Result<void> Parser::read_name(const TomlTable& root, std::string& out) {
  const TomlNode* node = root.get("name");
  if (node == nullptr) return {};
  HF_TRY(read(root, "name", out));
  if (is_business_name(out)) return {};
  return error(node->line(), "cli.config.bad_business_name", {});
}

Result<void> Parser::parse_optional_parts(const TomlTable& table, source::SourceDefinition& out) {
  HF_TRY(read_texts(table, "exclude", out.exclude));
  HF_TRY(read(table, "cross_file_systems", out.cross_file_systems));
  std::string compression = "none";
  HF_TRY(read(table, "compression", compression));
  if (compression != "none" && compression != "zstd") {
    return bad_value(*table.get("compression"), "compression", "\"none\", \"zstd\"");
  }
  if (compression == "zstd") out.compression = codec::Compression::zstd;
  return {};
}

Result<void> Parser::parse_type(const TomlTable& table, source::SourceDefinition& out) {
  std::string type = "directory";
  HF_TRY(read(table, "type", type));
  if (type == "csv") {
    out.type = source::SourceType::csv;
    return check_keys(table, kCsvSourceKeys);
  }
  if (type == "sql") {
    out.type = source::SourceType::sql;
    return check_keys(table, kSqlSourceKeys);
  }
  if (type == "directory") return check_keys(table, kSourceKeys);
  return bad_value(*table.get("type"), "type", "\"directory\", \"csv\", \"sql\"");
}

Result<void> Parser::parse_folder(const TomlTable& table, source::SourceDefinition& out) {
  HF_TRY(read_escaped(table, "path", out.path));
  if (out.path.empty()) return error(table.line, "cli.config.no_path", {});
  if (!out.path.starts_with('/') || out.path.find('\0') != std::string::npos) {
    return bad_value(*table.get("path"), "path", "\"/…\"");
  }
  return parse_optional_parts(table, out);
}

// The name of one that is shipped, or the mapping itself.
Result<records::Mapping> Parser::parse_source_mapping(const TomlTable& table) {
  const TomlNode* node = table.get("mapping");
  if (node == nullptr) return error(table.line, "cli.config.no_key", {{"key", "mapping"}});
  if (const TomlTable* own = node->as<TomlTable>()) return read_mapping(*this, *own);
  std::string expected = "[source.mapping]";
  const auto* name = node->as<std::string>();
  for (const records::ShippedMapping& shipped : records::shipped_mappings()) {
    if (name != nullptr && *name == shipped.name) {
      return parse_mapping(shipped.text, std::string(shipped.name), language());
    }
    expected += ", \"" + std::string(shipped.name) + "\"";
  }
  return bad_value(*node, "mapping", expected);
}

Result<void> Parser::parse_rows(const TomlTable& table, source::SourceDefinition& out) {
  const bool is_sql = out.type == source::SourceType::sql;
  const std::string key = is_sql ? "sql" : "csv";
  HF_TRY(const TomlTable* rules, read_table(table, key));
  if (is_sql && rules == nullptr) return error(table.line, "cli.config.no_key", {{"key", key}});
  if (is_sql) HF_TRY(read_sql_rules(*this, *rules, out.sql));
  if (!is_sql && rules != nullptr) HF_TRY(read_csv_rules(*this, *rules, out.csv));
  HF_TRY(out.mapping, parse_source_mapping(table));
  // Else a row that has changed could not be told from another one.
  if (is_sql && out.mapping.key.empty()) {
    return error(table.line, "cli.config.no_key", {{"key", "mapping.key"}});
  }
  out.rules = write_mapping(out.mapping);
  HF_TRY(const TomlTable* completeness, read_table(table, "completeness"));
  if (completeness == nullptr) return {};
  if (out.mapping.recording.folder.empty()) {
    return error(completeness->line, "cli.config.no_key", {{"key", "mapping.recording.folder"}});
  }
  return read_completeness(*this, *completeness, out);
}

Result<source::SourceDefinition> Parser::parse_source(const TomlTable& table) {
  source::SourceDefinition out;
  HF_TRY(parse_type(table, out));
  if (out.type != source::SourceType::sql) HF_TRY(parse_folder(table, out));
  HF_TRY(read_escaped(table, "name", out.name));
  if (table.get("name") == nullptr) out.name = last_name_of(out.path);
  if (!is_source_name(out.name)) return error(table.line, "cli.config.bad_source_name", {});
  HF_TRY(read_number(table, "class", kClassMax, out.retention_class));
  if (out.has_rows()) HF_TRY(parse_rows(table, out));
  return out;
}

// Beside sources with rows the box has a folder of its own.
Result<void> Parser::check_records_name(const TomlArray& sources,
                                        const source::BusinessDefinition& definition) {
  if (std::ranges::none_of(definition.sources, &source::SourceDefinition::has_rows)) return {};
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (definition.sources[i].name != source::kRecordsFolder) continue;
    return error(sources[i].line(), "cli.config.records_name");
  }
  return {};
}

Result<BusinessFile> Parser::parse(std::string_view text) {
  HF_TRY(const TomlTable root, TomlReader::parse(text));
  HF_TRY(check_keys(root, kTopKeys));
  BusinessFile file;
  if (const TomlNode* node = root.get("id")) {
    std::string hex;
    HF_TRY(read(root, "id", hex));
    auto id = BusinessId::parse(hex);
    if (!id) return bad_value(*node, "id", "0-9 a-f × 32");
    file.id = *id;
  }
  HF_TRY(read_name(root, file.definition.name));
  std::string kind = "archive";
  HF_TRY(read(root, "kind", kind));
  if (kind != "archive" && kind != "mirror") {
    return bad_value(*root.get("kind"), "kind", "\"archive\", \"mirror\"");
  }
  if (kind == "mirror") file.definition.kind = source::BusinessKind::mirror;
  const TomlNode* node = root.get("source");
  const TomlArray* sources = node == nullptr ? nullptr : node->as<TomlArray>();
  if (sources == nullptr || sources->empty()) return error(1, "cli.config.no_source", {});
  std::set<std::string> names;
  for (const TomlNode& element : *sources) {
    const TomlTable* table = element.as<TomlTable>();
    if (table == nullptr) return bad_value(element, "source", "[[source]]");
    HF_TRY(auto source, parse_source(*table));
    if (!names.insert(source.name).second) {
      return error(table->line, "cli.config.source_name_twice", {{"name", source.name}});
    }
    file.definition.sources.push_back(std::move(source));
  }
  HF_TRY(check_records_name(*sources, file.definition));
  HF_TRY(read_retention(*this, root, file.definition));
  HF_TRY(read_schedule(*this, root, file.definition.schedule));
  return file;
}

}  // namespace

Result<BusinessFile> parse_business(std::string_view text, const std::string& where,
                                    messages::Language language) {
  return Parser(where, language).parse(text);
}

std::string write_business(const BusinessId& id, const source::BusinessDefinition& definition) {
  const bool mirror = definition.kind == source::BusinessKind::mirror;
  std::string text = "id = " + toml_quoted(id.hex()) + "\nname = " + toml_quoted(definition.name) +
                     "\nkind = " + toml_quoted(mirror ? "mirror" : "archive") + "\n";
  for (const source::SourceDefinition& source : definition.sources) {
    text += "\n[[source]]\nname = " + toml_quoted(escape_path(source.name)) +
            "\ntype = \"directory\"\npath = " + toml_quoted(escape_path(source.path)) + "\n";
  }
  return text;
}

std::string complete_business(std::string_view text, const BusinessFile& parsed,
                              const BusinessId& id, const std::string& name) {
  std::string head;
  if (!parsed.id) head += "id = " + toml_quoted(id.hex()) + "\n";
  if (parsed.definition.name.empty()) head += "name = " + toml_quoted(name) + "\n";
  return head + std::string(text);
}

Result<void> check_business_name(const std::string& name, messages::Language language) {
  if (is_business_name(name)) return {};
  return make_error(ErrorCode::invalid_argument, name,
                    {{"what", messages::render(language, "cli.config.bad_business_name"), true}});
}

}  // namespace holdfast::app
