// SPDX-License-Identifier: Apache-2.0
// A TOML file as plain values that know their lines, and the reading of keys from them with words
// for people. Every file that people write is read through it, so that all complain alike.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "firmware/messages/messages.h"
#include "hal/base/result.h"

namespace holdfast::app {

using TomlLine = std::uint32_t;  // from 1

class TomlNode;
struct TomlEntry;

struct TomlTable {
  TomlLine line = 1;
  std::vector<TomlEntry> entries;  // in order of their keys

  // nullptr if there is none.
  [[nodiscard]] const TomlNode* get(std::string_view key) const;
};

using TomlArray = std::vector<TomlNode>;
struct TomlOther {};  // a fraction, a date or a time: nobody asks for one

class TomlNode {
 public:
  using Value = std::variant<TomlOther, bool, std::int64_t, std::string, TomlArray, TomlTable>;

  TomlNode(TomlLine line, Value value);

  [[nodiscard]] TomlLine line() const { return line_; }
  // nullptr if it is of another type.
  template <class T>
  [[nodiscard]] const T* as() const {
    return std::get_if<T>(&value_);
  }

 private:
  TomlLine line_;
  Value value_;
};

struct TomlEntry {
  std::string key;
  TomlLine line = 1;  // of the key
  TomlNode node;
};

inline TomlNode::TomlNode(TomlLine line, Value value) : line_(line), value_(std::move(value)) {}

// Reads keys of tables. What a person wrote wrongly is an error bad_business with {line} and {what}
// in the language; `where` is the file for people. Keeps both.
class TomlReader {
 public:
  TomlReader(const std::string& where, messages::Language language)
      : where_(where), language_(language) {}

  [[nodiscard]] Result<TomlTable> parse(std::string_view text) const;

  // A key that is not among the known, with the one that was meant.
  [[nodiscard]] Result<void> check_keys(const TomlTable& table,
                                        const std::vector<std::string>& known) const;
  // bool, std::int64_t or std::string. These leave `out` as it is where the key is missing.
  template <class T>
  [[nodiscard]] Result<void> read(const TomlTable& table, std::string_view key, T& out) const;
  [[nodiscard]] Result<void> read_number(const TomlTable& table, std::string_view key,
                                         std::uint32_t number_max, std::uint32_t& out) const;
  [[nodiscard]] Result<void> read_texts(const TomlTable& table, std::string_view key,
                                        std::vector<std::string>& out) const;
  // nullptr if it is missing; an error if it is no table.
  [[nodiscard]] Result<const TomlTable*> read_table(const TomlTable& table,
                                                    std::string_view key) const;

  [[nodiscard]] Error error(TomlLine line, std::string_view key,
                            const messages::Arguments& arguments = {}) const;
  [[nodiscard]] messages::Language language() const { return language_; }

  [[nodiscard]] Error bad_value(const TomlNode& node, std::string_view key,
                                std::string_view expected) const;

 private:
  const std::string& where_;
  messages::Language language_;
};

// The text between quotes, as TOML has it on one line.
[[nodiscard]] std::string toml_quoted(std::string_view text);

}  // namespace holdfast::app
