// SPDX-License-Identifier: Apache-2.0
// JSON from outside: what is taken, and what is refused.
#include "firmware/status/json_reader.h"

#include <catch2/catch.hpp>
#include <string>

namespace holdfast::status {

TEST_CASE("Values of all types are read, in order and whole") {
  const auto json = read_json(
      R"({"b":true,"n":null,"i":-9007199254740991,"d":1.5,"s":"é\n\u5f20","a":[1,[],{"x":{}}]})");
  REQUIRE(json);
  CHECK(*json->get<bool>("b"));
  CHECK(json->get<JsonValue::Null>("n") != nullptr);
  CHECK(*json->get<std::int64_t>("i") == -9007199254740991);
  CHECK(*json->get<double>("d") == 1.5);
  CHECK(*json->get<std::string>("s") == "é\n张");
  const auto* array = json->get<JsonArray>("a");
  REQUIRE(array != nullptr);
  REQUIRE(array->size() == 3);
  CHECK(*(*array)[0].as<std::int64_t>() == 1);
  CHECK((*array)[2].get<JsonObject>("x")->empty());
  CHECK(json->get("none") == nullptr);
  CHECK(json->get<bool>("s") == nullptr);
  CHECK(json->as<JsonObject>()->front().first == "b");
}

TEST_CASE("What is no JSON is refused") {
  for (const char* text : {"",
                           " ",
                           "{",
                           "}",
                           "[1,]",
                           "{\"a\":1,}",
                           "{\"a\" 1}",
                           "{a:1}",
                           "{'a':1}",
                           "tru",
                           "01",
                           "1 2",
                           "{} {}",
                           "[1] x",
                           "\"\\x\"",
                           "\"\\ud800\"",
                           "{\"a\":1 /* c */}",
                           "NaN",
                           "+1",
                           ".5",
                           "1.",
                           "\"a",
                           "[\"a\tb\"]",
                           "{\"a\":\"\xFF\"}",
                           "{\"a\":\"\xC0\x80\"}"}) {
    CAPTURE(text);
    const auto json = read_json(text);
    REQUIRE_FALSE(json);
    CHECK(json.error().code == ErrorCode::damaged);
  }
  CHECK_FALSE(read_json(std::string("{\"a\":\"\0\"}", 9)));
}

TEST_CASE("A key that stands twice is refused, in whatever depth") {
  CHECK_FALSE(read_json(R"({"a":1,"a":2})"));
  CHECK_FALSE(read_json(R"([{"x":{"a":1,"b":1,"a":1}}])"));
  CHECK(read_json(R"({"a":{"a":1}})"));
}

TEST_CASE("No more depth than asked for") {
  const auto nested = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '[') +
           std::string(static_cast<std::size_t>(depth), ']');
  };
  CHECK(read_json(nested(16)));
  const auto deep = read_json(nested(17));
  REQUIRE_FALSE(deep);
  CHECK(deep.error().code == ErrorCode::limit_exceeded);
  CHECK_FALSE(read_json(nested(1'000'000)));
}

TEST_CASE("A number that is too large for 64 bits stays a number") {
  const auto json = read_json(R"({"u":18446744073709551615,"h":1e400})");
  if (json) CHECK(json->get<double>("u") != nullptr);
}

TEST_CASE("No more values are kept than asked for, and many keys take no long time") {
  CHECK(read_json(R"({"a":[1,2],"b":{}})", 16, 5));
  const auto many = read_json(R"({"a":[1,2],"b":{}})", 16, 4);
  REQUIRE_FALSE(many);
  CHECK(many.error().code == ErrorCode::limit_exceeded);
  std::string keys = "{\"first\":0";
  for (int i = 0; i < 200'000; ++i) keys += ",\"" + std::to_string(i) + "\":0";
  // With each key looked for among all before it, this takes a minute.
  CHECK(read_json(keys + "}"));
  CHECK_FALSE(read_json(keys + ",\"first\":0}"));
}

}  // namespace holdfast::status
