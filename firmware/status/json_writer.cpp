// SPDX-License-Identifier: Apache-2.0
#include "firmware/status/json_writer.h"

#include <Poco/JSON/PrintHandler.h>

#include <vector>

#include "hal/base/path.h"
#include "hal/base/result.h"

namespace holdfast::status {

struct JsonWriter::State {
  explicit State(std::ostream& out) : printer(out) {}
  Poco::JSON::PrintHandler printer;
  std::vector<char> open;  // '{' or '[', outermost first
};

JsonWriter::JsonWriter(std::ostream& out) : state_(std::make_unique<State>(out)) {
  out << std::boolalpha;  // PrintHandler writes truth values as the stream has them
}

JsonWriter::~JsonWriter() = default;

void JsonWriter::begin_object() {
  state_->printer.startObject();
  state_->open.push_back('{');
}

void JsonWriter::begin_object(const std::string& key) {
  state_->printer.key(key);
  begin_object();
}

void JsonWriter::begin_array() {
  state_->printer.startArray();
  state_->open.push_back('[');
}

void JsonWriter::begin_array(const std::string& key) {
  state_->printer.key(key);
  begin_array();
}

void JsonWriter::end() {
  HF_CHECK(!state_->open.empty());
  if (state_->open.back() == '{') {
    state_->printer.endObject();
  } else {
    state_->printer.endArray();
  }
  state_->open.pop_back();
}

void JsonWriter::end_inner() {
  while (state_->open.size() > 1) end();
}

void JsonWriter::field(const std::string& key, const std::string& text) {
  state_->printer.key(key);
  state_->printer.value(text);
}

void JsonWriter::field(const std::string& key, std::uint64_t number) {
  state_->printer.key(key);
  state_->printer.value(static_cast<Poco::UInt64>(number));
}

void JsonWriter::field(const std::string& key, std::int64_t number) {
  state_->printer.key(key);
  state_->printer.value(static_cast<Poco::Int64>(number));
}

void JsonWriter::field(const std::string& key, int number) {
  state_->printer.key(key);
  state_->printer.value(number);
}

void JsonWriter::field(const std::string& key, bool value) {
  state_->printer.key(key);
  state_->printer.value(value);
}

void JsonWriter::field(const std::string& key, double value) {
  state_->printer.key(key);
  state_->printer.value(value);
}

void JsonWriter::field(const std::string& key, Timestamp time) {
  field(key, time.rfc3339());
}

void JsonWriter::field(const std::string& key, std::optional<std::uint64_t> number) {
  if (!number) return null(key);
  field(key, *number);
}

void JsonWriter::path(const std::string& key, std::string_view raw) {
  field(key, escape_path(raw));
}

void JsonWriter::null(const std::string& key) {
  state_->printer.key(key);
  state_->printer.null();
}

void JsonWriter::element(const std::string& text) {
  state_->printer.value(text);
}

void JsonWriter::element(int number) {
  state_->printer.value(number);
}

void JsonWriter::path_element(std::string_view raw) {
  state_->printer.value(escape_path(raw));
}

void write_time(JsonWriter& json, const std::string& key, const std::optional<Timestamp>& time) {
  if (!time) return json.null(key);
  json.field(key, *time);
}

void write_geometry(JsonWriter& json, int k, int m) {
  json.begin_object("geometry");
  json.field("k", k);
  json.field("m", m);
  json.end();
}

}  // namespace holdfast::status
