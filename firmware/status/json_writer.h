// SPDX-License-Identifier: Apache-2.0
// JSON documents, written as they come: those of the command line and those that a daemon serves.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "hal/base/time.h"

namespace holdfast::status {

// The version of all JSON documents.
inline constexpr int kJsonSchema = 1;

// Writes a JSON document from left to right. Every text must be valid UTF-8: paths and whatever
// else comes from outside go through path().
class JsonWriter {
 public:
  explicit JsonWriter(std::ostream& out);
  ~JsonWriter();

  void begin_object();
  void begin_object(const std::string& key);
  void begin_array();  // as an element
  void begin_array(const std::string& key);
  void end();  // the innermost object or array
  // Ends all but the outermost object.
  void end_inner();

  void field(const std::string& key, const std::string& text);
  void field(const std::string& key, const char* text) { field(key, std::string(text)); }
  void field(const std::string& key, std::uint64_t number);
  void field(const std::string& key, std::int64_t number);
  void field(const std::string& key, int number);
  void field(const std::string& key, bool value);
  void field(const std::string& key, double value);
  void field(const std::string& key, Timestamp time);  // RFC 3339
  void field(const std::string& key, std::optional<std::uint64_t> number);
  void path(const std::string& key, std::string_view raw);  // escaped
  void null(const std::string& key);
  void element(const std::string& text);
  void element(int number);
  void path_element(std::string_view raw);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// null if there is none.
void write_time(JsonWriter& json, const std::string& key, const std::optional<Timestamp>& time);
// "geometry": {"k": 3, "m": 2}.
void write_geometry(JsonWriter& json, int k, int m);

}  // namespace holdfast::status
