// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/config.h"

#include <toml++/toml.h>

#include <algorithm>
#include <limits>
#include <set>
#include <vector>

#include "firmware/app/suggestion.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

constexpr std::size_t kNameSizeMax = 64;
constexpr std::uint32_t kClassMax = std::numeric_limits<std::uint32_t>::max();

const std::vector<std::string> kTopKeys = {"id", "name", "kind", "source", "retention"};
const std::vector<std::string> kSourceKeys = {
    "name", "type", "path", "exclude", "cross_file_systems", "compression", "class"};

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

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

const std::vector<std::string> kRetentionKeys = {"class", "lock_days"};
// A hundred years: more is a slip of the pen, and no lock is ever shortened.
constexpr std::uint32_t kLockDaysMax = 36'525;

class Parser {
 public:
  Parser(const std::string& where, messages::Language language)
      : where_(where), language_(language) {}

  Result<BusinessFile> parse(const toml::table& root);
  Error error(toml::source_index line, std::string_view key, const messages::Arguments& arguments);

 private:
  Result<void> check_keys(const toml::table& table, const std::vector<std::string>& known);
  Result<source::SourceDefinition> parse_source(const toml::table& table);
  Result<void> parse_optional_parts(const toml::table& table, source::SourceDefinition& out);
  // Leaves `out` as it is where the key is missing.
  template <class T>
  Result<void> read(const toml::table& table, std::string_view key, T& out);
  Result<void> read_escaped(const toml::table& table, std::string_view key, std::string& out);
  Result<void> read_name(const toml::table& root, std::string& out);
  Result<void> read_texts(const toml::table& table, std::string_view key,
                          std::vector<std::string>& out);
  Result<void> read_number(const toml::table& table, std::string_view key, std::uint32_t number_max,
                           std::uint32_t& out);
  Result<void> parse_retention(const toml::table& root, source::BusinessDefinition& out);
  Error bad_value(const toml::node& node, std::string_view key, std::string_view expected);

  const std::string& where_;
  messages::Language language_;
};

Error Parser::error(toml::source_index line, std::string_view key,
                    const messages::Arguments& arguments) {
  return make_error(ErrorCode::bad_business, where_,
                    {{"line", std::to_string(line)},
                     {"what", messages::render(language_, key, arguments), true}});
}

Error Parser::bad_value(const toml::node& node, std::string_view key, std::string_view expected) {
  return error(node.source().begin.line, "cli.config.bad_value",
               {{"key", std::string(key)}, {"expected", std::string(expected)}});
}

Result<void> Parser::check_keys(const toml::table& table, const std::vector<std::string>& known) {
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    if (std::ranges::find(known, name) != known.end()) continue;
    const std::string nearest = nearest_word(name, known);
    if (nearest.empty()) {
      return error(key.source().begin.line, "cli.config.unknown_key", {{"key", name}});
    }
    return error(key.source().begin.line, "cli.config.unknown_key_meant",
                 {{"key", name}, {"nearest", nearest}});
  }
  return {};
}

template <class T>
std::string_view type_words() {
  if constexpr (std::is_same_v<T, bool>) return "true, false";
  if constexpr (std::is_same_v<T, std::string>) return "\"…\"";
  return "0, 1, 2 …";
}

template <class T>
Result<void> Parser::read(const toml::table& table, std::string_view key, T& out) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return {};
  const auto value = node->value_exact<T>();
  if (!value) return bad_value(*node, key, type_words<T>());
  out = *value;
  return {};
}

Result<void> Parser::read_escaped(const toml::table& table, std::string_view key,
                                  std::string& out) {
  std::string text;
  HF_TRY(read(table, key, text));
  auto raw = unescape_path(text);
  if (!raw) return bad_value(*table.get(key), key, "\\\\, \\xHH");
  out = std::move(*raw);
  return {};
}

// Missing, or one that a business can have.
Result<void> Parser::read_name(const toml::table& root, std::string& out) {
  const toml::node* node = root.get("name");
  if (node == nullptr) return {};
  HF_TRY(read(root, "name", out));
  if (is_business_name(out)) return {};
  return error(node->source().begin.line, "cli.config.bad_business_name", {});
}

Result<void> Parser::read_texts(const toml::table& table, std::string_view key,
                                std::vector<std::string>& out) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return {};
  const toml::array* array = node->as_array();
  if (array == nullptr) return bad_value(*node, key, "[\"…\", \"…\"]");
  for (const toml::node& element : *array) {
    const auto text = element.value_exact<std::string>();
    if (!text) return bad_value(element, key, "[\"…\", \"…\"]");
    out.push_back(*text);
  }
  return {};
}

Result<void> Parser::read_number(const toml::table& table, std::string_view key,
                                 std::uint32_t number_max, std::uint32_t& out) {
  std::int64_t number = out;
  HF_TRY(read(table, key, number));
  if (number < 0 || number > number_max) {
    std::string expected(type_words<std::int64_t>());
    if (number > number_max) expected += " " + std::to_string(number_max);
    return bad_value(*table.get(key), key, expected);
  }
  out = static_cast<std::uint32_t>(number);
  return {};
}

// Each class once, and both keys said: what is meant must stand there.
Result<void> Parser::parse_retention(const toml::table& root, source::BusinessDefinition& out) {
  const toml::node* node = root.get("retention");
  if (node == nullptr) return {};
  const toml::array* parts = node->as_array();
  if (parts == nullptr) return bad_value(*node, "retention", "[[retention]]");
  for (const toml::node& element : *parts) {
    const toml::table* table = element.as_table();
    if (table == nullptr) return bad_value(element, "retention", "[[retention]]");
    const toml::source_index line = table->source().begin.line;
    HF_TRY(check_keys(*table, kRetentionKeys));
    for (const std::string& key : kRetentionKeys) {
      if (table->get(key) == nullptr) return error(line, "cli.config.no_key", {{"key", key}});
    }
    std::uint32_t retention_class = 0;
    std::uint32_t days = 0;
    HF_TRY(read_number(*table, "class", kClassMax, retention_class));
    HF_TRY(read_number(*table, "lock_days", kLockDaysMax, days));
    if (!out.lock_days.emplace(retention_class, days).second) {
      return error(line, "cli.config.class_twice", {{"class", std::to_string(retention_class)}});
    }
  }
  return {};
}

Result<void> Parser::parse_optional_parts(const toml::table& table, source::SourceDefinition& out) {
  std::string type = "directory";
  HF_TRY(read(table, "type", type));
  if (type != "directory") return bad_value(*table.get("type"), "type", "\"directory\"");
  HF_TRY(read_texts(table, "exclude", out.exclude));
  HF_TRY(read(table, "cross_file_systems", out.cross_file_systems));
  std::string compression = "none";
  HF_TRY(read(table, "compression", compression));
  if (compression != "none" && compression != "zstd") {
    return bad_value(*table.get("compression"), "compression", "\"none\", \"zstd\"");
  }
  if (compression == "zstd") out.compression = codec::Compression::zstd;
  return read_number(table, "class", kClassMax, out.retention_class);
}

Result<source::SourceDefinition> Parser::parse_source(const toml::table& table) {
  const toml::source_index line = table.source().begin.line;
  HF_TRY(check_keys(table, kSourceKeys));
  source::SourceDefinition out;
  HF_TRY(read_escaped(table, "path", out.path));
  if (out.path.empty()) return error(line, "cli.config.no_path", {});
  if (!out.path.starts_with('/') || out.path.find('\0') != std::string::npos) {
    return bad_value(*table.get("path"), "path", "\"/…\"");
  }
  HF_TRY(read_escaped(table, "name", out.name));
  if (table.get("name") == nullptr) out.name = last_name_of(out.path);
  if (!is_source_name(out.name)) return error(line, "cli.config.bad_source_name", {});
  HF_TRY(parse_optional_parts(table, out));
  return out;
}

Result<BusinessFile> Parser::parse(const toml::table& root) {
  HF_TRY(check_keys(root, kTopKeys));
  BusinessFile file;
  if (const toml::node* node = root.get("id")) {
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
  HF_TRY(parse_retention(root, file.definition));
  const toml::node* node = root.get("source");
  const toml::array* sources = node == nullptr ? nullptr : node->as_array();
  if (sources == nullptr || sources->empty()) return error(1, "cli.config.no_source", {});
  std::set<std::string> names;
  for (const toml::node& element : *sources) {
    const toml::table* table = element.as_table();
    if (table == nullptr) return bad_value(element, "source", "[[source]]");
    HF_TRY(auto source, parse_source(*table));
    if (!names.insert(source.name).second) {
      return error(table->source().begin.line, "cli.config.source_name_twice",
                   {{"name", source.name}});
    }
    file.definition.sources.push_back(std::move(source));
  }
  return file;
}

}  // namespace

Result<BusinessFile> parse_business(std::string_view text, const std::string& where,
                                    messages::Language language) {
  Parser parser(where, language);
  try {
    return parser.parse(toml::parse(text));
  } catch (const toml::parse_error& error) {
    return parser.error(error.source().begin.line, "cli.config.not_toml",
                        {{"what", std::string(error.description())}});
  }
}

std::string write_business(const BusinessId& id, const source::BusinessDefinition& definition) {
  const bool mirror = definition.kind == source::BusinessKind::mirror;
  std::string text = "id = " + quoted(id.hex()) + "\nname = " + quoted(definition.name) +
                     "\nkind = " + quoted(mirror ? "mirror" : "archive") + "\n";
  for (const source::SourceDefinition& source : definition.sources) {
    text += "\n[[source]]\nname = " + quoted(escape_path(source.name)) +
            "\ntype = \"directory\"\npath = " + quoted(escape_path(source.path)) + "\n";
  }
  return text;
}

std::string complete_business(std::string_view text, const BusinessFile& parsed,
                              const BusinessId& id, const std::string& name) {
  std::string head = "id = " + quoted(id.hex()) + "\n";
  if (parsed.definition.name.empty()) head += "name = " + quoted(name) + "\n";
  return head + std::string(text);
}

Result<void> check_business_name(const std::string& name, messages::Language language) {
  if (is_business_name(name)) return {};
  return make_error(ErrorCode::invalid_argument, name,
                    {{"what", messages::render(language, "cli.config.bad_business_name"), true}});
}

}  // namespace holdfast::app
