// SPDX-License-Identifier: Apache-2.0
// Values of the tables.
#include <algorithm>
#include <utility>

#include "firmware/catalog/record_index_state.h"

namespace holdfast::catalog {

namespace {

bool is_control(char c) {
  return static_cast<std::uint8_t>(c) < 0x20;
}

}  // namespace

records::AudioState read_audio(Query& row) {
  const std::uint8_t value = row.u8();
  if (value > std::to_underlying(records::AudioState::unreadable)) row.fail();
  return static_cast<records::AudioState>(value);
}

records::RowFault read_fault(Query& row) {
  const std::uint8_t value = row.u8();
  if (value >= records::kRowFaults) row.fail();
  return static_cast<records::RowFault>(value);
}

std::vector<std::string> read_columns(Query& row) {
  std::vector<std::optional<std::string>> columns;
  if (!decode_fields(row.blob(), columns)) row.fail();
  std::vector<std::string> names;
  for (std::optional<std::string>& column : columns) {
    if (!column) row.fail();
    names.push_back(std::move(column).value_or(""));
  }
  return names;
}

records::Rung read_rung(Query& row) {
  const std::uint8_t value = row.u8();
  const bool is_known = value >= std::to_underlying(records::Rung::call_id) &&
                        value <= std::to_underlying(records::Rung::numbers);
  if (!is_known) row.fail();
  return is_known ? static_cast<records::Rung>(value) : records::Rung::call_id;
}

Bytes encode_fields(const std::vector<std::optional<std::string>>& fields) {
  Bytes bytes;
  ByteWriter writer(bytes);
  for (const std::optional<std::string>& field : fields) {
    writer.varint(field ? field->size() + 1 : 0);
    if (field) writer.raw(view_of(*field));
  }
  return bytes;
}

bool decode_fields(ByteView bytes, std::vector<std::optional<std::string>>& out) {
  out.clear();
  ByteReader reader(bytes);
  while (!reader.at_end()) {
    const std::uint64_t size = reader.varint();
    out.emplace_back();
    if (size > 0) out.back() = std::string(text_of(reader.raw(size - 1)));
  }
  return reader.ok();
}

std::string encode_numbers(const std::vector<std::string>& numbers) {
  std::string json = "[";
  for (auto number = numbers.begin(); number != numbers.end(); ++number) {
    const bool is_double = std::find(numbers.begin(), number, *number) != number;
    if (number->empty() || is_double || std::ranges::any_of(*number, is_control)) continue;
    if (json.size() > 1) json += ',';
    json += '"';
    for (const char c : *number) {
      if (c == '"' || c == '\\') json += '\\';
      json += c;
    }
    json += '"';
  }
  return json + ']';
}

bool decode_numbers(std::string_view json, std::vector<std::string>& out) {
  out.clear();
  if (json.size() < 2 || json.front() != '[' || json.back() != ']') return false;
  json = json.substr(1, json.size() - 2);
  while (!json.empty()) {
    if (json.front() != '"') return false;
    std::string number;
    std::size_t at = 1;
    for (; at < json.size() && json[at] != '"'; ++at) {
      if (json[at] == '\\' && ++at == json.size()) return false;
      number += json[at];
    }
    if (at >= json.size()) return false;
    out.push_back(std::move(number));
    json.remove_prefix(at + 1);
    if (json.empty()) return true;
    if (json.front() != ',' || json.size() == 1) return false;
    json.remove_prefix(1);
  }
  return true;
}

}  // namespace holdfast::catalog
