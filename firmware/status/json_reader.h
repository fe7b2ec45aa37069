// SPDX-License-Identifier: Apache-2.0
// JSON from outside as plain values: requests of pages, lines of children, files of accounts.
//
// It takes what RFC 8259 allows and no more: valid UTF-8, no key twice in one object, nothing
// behind the document, and no more depth than asked for. Whole numbers up to 2^53 are exact.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "hal/base/result.h"

namespace holdfast::status {

class JsonValue;
using JsonArray = std::vector<JsonValue>;
using JsonObject = std::vector<std::pair<std::string, JsonValue>>;  // as written

class JsonValue {
 public:
  struct Null {};
  using Value = std::variant<Null, bool, std::int64_t, double, std::string, JsonArray, JsonObject>;

  JsonValue() = default;
  explicit JsonValue(Value value) : value_(std::move(value)) {}

  // nullptr if it is of another type.
  template <class T>
  [[nodiscard]] const T* as() const {
    return std::get_if<T>(&value_);
  }
  template <class T>
  [[nodiscard]] T* as() {
    return std::get_if<T>(&value_);
  }
  // The value of a key; nullptr if there is none, or this is no object.
  [[nodiscard]] const JsonValue* get(std::string_view key) const;
  // The same of one type; nullptr also if it is of another.
  template <class T>
  [[nodiscard]] const T* get(std::string_view key) const {
    const JsonValue* value = get(key);
    return value == nullptr ? nullptr : value->as<T>();
  }

 private:
  Value value_;
};

// damaged {what}: no JSON, or a key twice; limit_exceeded {what "depth"|"nodes"}: more values than
// `nodes_max`, containers included, for texts of strangers. Throws nothing.
[[nodiscard]] Result<JsonValue> read_json(std::string_view text, std::size_t depth_max = 16,
                                          std::size_t nodes_max = SIZE_MAX);

}  // namespace holdfast::status
