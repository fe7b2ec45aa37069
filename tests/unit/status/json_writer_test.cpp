// SPDX-License-Identifier: Apache-2.0
#include "firmware/status/json_writer.h"

#include <catch2/catch.hpp>
#include <sstream>

namespace holdfast::status {
namespace {

TEST_CASE("a document has its values in order, escaped where they come from outside") {
  std::ostringstream out;
  JsonWriter json(out);
  json.begin_object();
  json.field("schema", 1);
  json.field("good", true);
  json.field("bytes", std::uint64_t{18446744073709551615U});
  json.path("path", "a\xb0\"\n");
  json.field("time", Timestamp{0});
  json.field("number", std::optional<std::uint64_t>());
  json.begin_array("items");
  for (int i = 0; i < 2; ++i) {
    json.begin_object();
    json.field("i", i);
    json.end();
  }
  json.end();
  json.begin_array("paths");
  json.path_element("x");
  json.path_element("y");
  json.begin_array();
  json.element(-128);
  json.element(7);
  json.end();
  json.end_inner();
  json.begin_object("error");
  json.end_inner();
  json.end();
  CHECK(out.str() ==
        "{\"schema\":1,\"good\":true,\"bytes\":18446744073709551615,"
        "\"path\":\"a\\\\xb0\\\"\\\\x0a\",\"time\":\"1970-01-01T00:00:00Z\",\"number\":null,"
        "\"items\":[{\"i\":0},{\"i\":1}],\"paths\":[\"x\",\"y\",[-128,7]],\"error\":{}}");
}

}  // namespace
}  // namespace holdfast::status
