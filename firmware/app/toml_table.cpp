// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/toml_table.h"

#include <toml++/toml.h>

#include <algorithm>

#include "firmware/app/suggestion.h"

namespace holdfast::app {

namespace {

TomlNode node_of(const toml::node& node);

TomlTable table_of(const toml::table& table) {
  TomlTable out{table.source().begin.line, {}};
  for (const auto& [key, node] : table) {
    out.entries.push_back({std::string(key.str()), key.source().begin.line, node_of(node)});
  }
  return out;
}

TomlArray array_of(const toml::array& array) {
  TomlArray out;
  for (const toml::node& element : array) out.push_back(node_of(element));
  return out;
}

TomlNode node_of(const toml::node& node) {
  const TomlLine line = node.source().begin.line;
  if (const auto* table = node.as_table()) return {line, table_of(*table)};
  if (const auto* array = node.as_array()) return {line, array_of(*array)};
  if (const auto text = node.value_exact<std::string>()) return {line, *text};
  if (const auto number = node.value_exact<std::int64_t>()) return {line, *number};
  if (const auto choice = node.value_exact<bool>()) return {line, *choice};
  return {line, TomlOther{}};
}

template <class T>
std::string_view type_words() {
  if constexpr (std::is_same_v<T, bool>) return "true, false";
  if constexpr (std::is_same_v<T, std::string>) return "\"…\"";
  return "0, 1, 2 …";
}

}  // namespace

const TomlNode* TomlTable::get(std::string_view key) const {
  const auto found = std::ranges::find(entries, key, &TomlEntry::key);
  return found == entries.end() ? nullptr : &found->node;
}

Result<TomlTable> TomlReader::parse(std::string_view text) const {
  try {
    return table_of(toml::parse(text));
  } catch (const toml::parse_error& failure) {
    return error(failure.source().begin.line, "cli.config.not_toml",
                 {{"what", std::string(failure.description())}});
  }
}

Error TomlReader::error(TomlLine line, std::string_view key,
                        const messages::Arguments& arguments) const {
  return make_error(ErrorCode::bad_business, where_,
                    {{"line", std::to_string(line)},
                     {"what", messages::render(language_, key, arguments), true}});
}

Error TomlReader::bad_value(const TomlNode& node, std::string_view key,
                            std::string_view expected) const {
  return error(node.line(), "cli.config.bad_value",
               {{"key", std::string(key)}, {"expected", std::string(expected)}});
}

Result<void> TomlReader::check_keys(const TomlTable& table,
                                    const std::vector<std::string>& known) const {
  for (const TomlEntry& entry : table.entries) {
    if (std::ranges::find(known, entry.key) != known.end()) continue;
    const std::string nearest = nearest_word(entry.key, known);
    if (nearest.empty()) return error(entry.line, "cli.config.unknown_key", {{"key", entry.key}});
    return error(entry.line, "cli.config.unknown_key_meant",
                 {{"key", entry.key}, {"nearest", nearest}});
  }
  return {};
}

template <class T>
Result<void> TomlReader::read(const TomlTable& table, std::string_view key, T& out) const {
  const TomlNode* node = table.get(key);
  if (node == nullptr) return {};
  const T* value = node->as<T>();
  if (value == nullptr) return bad_value(*node, key, type_words<T>());
  out = *value;
  return {};
}
template Result<void> TomlReader::read(const TomlTable&, std::string_view, bool&) const;
template Result<void> TomlReader::read(const TomlTable&, std::string_view, std::int64_t&) const;
template Result<void> TomlReader::read(const TomlTable&, std::string_view, std::string&) const;

Result<void> TomlReader::read_number(const TomlTable& table, std::string_view key,
                                     std::uint32_t number_max, std::uint32_t& out) const {
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

Result<void> TomlReader::read_texts(const TomlTable& table, std::string_view key,
                                    std::vector<std::string>& out) const {
  const TomlNode* node = table.get(key);
  if (node == nullptr) return {};
  const TomlArray* array = node->as<TomlArray>();
  if (array == nullptr) return bad_value(*node, key, "[\"…\", \"…\"]");
  for (const TomlNode& element : *array) {
    const std::string* text = element.as<std::string>();
    if (text == nullptr) return bad_value(element, key, "[\"…\", \"…\"]");
    out.push_back(*text);
  }
  return {};
}

Result<const TomlTable*> TomlReader::read_table(const TomlTable& table,
                                                std::string_view key) const {
  const TomlNode* node = table.get(key);
  if (node == nullptr) return nullptr;
  const TomlTable* inner = node->as<TomlTable>();
  if (inner == nullptr) return bad_value(*node, key, "[" + std::string(key) + "]");
  return inner;
}

std::string toml_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      constexpr std::string_view kDigits = "0123456789ABCDEF";
      out += "\\u00";
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 0xfU];
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace holdfast::app
