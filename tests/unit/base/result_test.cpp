// SPDX-License-Identifier: Apache-2.0
#include "hal/base/result.h"

#include <catch2/catch.hpp>
#include <memory>

namespace holdfast {

namespace {

Result<int> number(int value) {
  if (value < 0) return make_error(ErrorCode::invalid_argument, "number", {{"what", "sign"}});
  return value;
}

Result<void> check(int value) {
  HF_TRY(number(value));
  return {};
}

Result<std::unique_ptr<int>> sum(int left, int right) {
  HF_TRY(check(left));
  HF_TRY(const int first, number(left));
  HF_TRY(const int second, number(right));
  return std::make_unique<int>(first + second);
}

}  // namespace

TEST_CASE("HF_TRY hands on the value, or leaves with the error") {
  CHECK(**sum(1, 2) == 3);
  for (const auto& [left, right] : {std::pair(-1, 2), std::pair(1, -2)}) {
    const auto result = sum(left, right);
    REQUIRE_FALSE(result);
    CHECK(result.error().code == ErrorCode::invalid_argument);
    CHECK(result.error().where == "number");
    CHECK(result.error().argument("what") == "sign");
    CHECK(result.error().argument("other").empty());
  }
}

TEST_CASE("a result gives up what it owns") {
  std::unique_ptr<int> owned = *sum(3, 4);
  CHECK(*owned == 7);
}

TEST_CASE("an error's text has all that it says") {
  CHECK(debug_text(number(-1).error()) == "invalid_argument at number what=sign");
  CHECK(name_of(ErrorCode::internal) == "internal");
  CHECK(name_of(ErrorCode::verify_failed) == "verify_failed");
}

}  // namespace holdfast
