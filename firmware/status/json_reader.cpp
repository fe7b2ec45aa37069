// SPDX-License-Identifier: Apache-2.0
#include "firmware/status/json_reader.h"

#include <Poco/Exception.h>
#include <Poco/JSON/Handler.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>

#include "firmware/records/utf8.h"

namespace holdfast::status {

namespace {

// The library's parser calls it from left to right. What it refuses leaves by an exception, as the
// library's own complaints do.
class TreeBuilder final : public Poco::JSON::Handler {
 public:
  TreeBuilder(std::size_t depth_max, std::size_t nodes_max)
      : depth_max_(depth_max), nodes_max_(nodes_max) {}

  struct TooDeep {};
  struct TooMany {};
  struct KeyTwice {};

  void reset() override {}
  void startObject() override { open(JsonValue(JsonValue::Value(JsonObject{}))); }
  void endObject() override { close(); }
  void startArray() override { open(JsonValue(JsonValue::Value(JsonArray{}))); }
  void endArray() override { close(); }
  void key(const std::string& text) override {
    if (!seen_.back().insert(text).second) throw KeyTwice();
    keys_.back() = text;
  }
  void null() override { put(JsonValue()); }
  void value(int number) override { put_number(number); }
  void value(unsigned number) override { put_number(number); }
  void value(Poco::Int64 number) override { put_number(number); }
  void value(Poco::UInt64 number) override {
    if (number <= static_cast<Poco::UInt64>(INT64_MAX)) {
      return put_number(static_cast<std::int64_t>(number));
    }
    value(static_cast<double>(number));
  }
  void value(const std::string& text) override { put(JsonValue(JsonValue::Value(text))); }
  void value(double number) override { put(JsonValue(JsonValue::Value(number))); }
  void value(bool value) override { put(JsonValue(JsonValue::Value(value))); }

  [[nodiscard]] std::optional<JsonValue> take() { return std::move(root_); }

 private:
  void put_number(std::int64_t number) { put(JsonValue(JsonValue::Value(number))); }
  void open(JsonValue container) {
    if (open_.size() >= depth_max_) throw TooDeep();
    count();
    open_.push_back(std::move(container));
    keys_.emplace_back();
    seen_.emplace_back();
  }
  void close() {
    JsonValue value = std::move(open_.back());
    open_.pop_back();
    keys_.pop_back();
    seen_.pop_back();
    place(std::move(value));
  }
  void count() {
    if (++nodes_ > nodes_max_) throw TooMany();
  }
  void put(JsonValue value) {
    count();
    place(std::move(value));
  }
  void place(JsonValue value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (auto* array = open_.back().as<JsonArray>()) {
      array->push_back(std::move(value));
    } else {
      open_.back().as<JsonObject>()->emplace_back(std::move(keys_.back()), std::move(value));
    }
  }

  std::size_t depth_max_;
  std::size_t nodes_max_;
  std::size_t nodes_ = 0;
  std::vector<JsonValue> open_;              // containers that have begun, from the outside in
  std::vector<std::string> keys_;            // of each, the key whose value comes next
  std::vector<std::set<std::string>> seen_;  // of each, its keys so far
  std::optional<JsonValue> root_;
};

Error no_json(std::string_view what) {
  return make_error(ErrorCode::damaged, {}, {{"what", std::string(what)}});
}

}  // namespace

const JsonValue* JsonValue::get(std::string_view key) const {
  const auto* object = as<JsonObject>();
  if (object == nullptr) return nullptr;
  const auto found = std::ranges::find(*object, key, &JsonObject::value_type::first);
  return found == object->end() ? nullptr : &found->second;
}

Result<JsonValue> read_json(std::string_view text, std::size_t depth_max, std::size_t nodes_max) {
  if (records::first_invalid_utf8(view_of(text)) != text.size() ||
      text.find('\0') != std::string_view::npos)
    return no_json("json");
  Poco::SharedPtr<TreeBuilder> builder(new TreeBuilder(depth_max, nodes_max));
  try {
    Poco::JSON::Parser parser(builder);
    parser.parse(std::string(text));
  } catch (const TreeBuilder::TooDeep&) {
    return make_error(ErrorCode::limit_exceeded, {},
                      {{"what", "depth"}, {"limit", std::to_string(depth_max)}});
  } catch (const TreeBuilder::TooMany&) {
    return make_error(ErrorCode::limit_exceeded, {},
                      {{"what", "nodes"}, {"limit", std::to_string(nodes_max)}});
  } catch (const TreeBuilder::KeyTwice&) {
    return no_json("json_key_twice");
  } catch (const Poco::Exception&) {
    return no_json("json");
  } catch (const std::exception&) {
    return no_json("json");
  }
  auto root = builder->take();
  if (!root) return no_json("json");
  return std::move(*root);
}

}  // namespace holdfast::status
