// SPDX-License-Identifier: Apache-2.0
#include "hal/ports/sql.h"

#include <catch2/catch.hpp>

#include "hal/base/bytes.h"

namespace holdfast::ports {

TEST_CASE("a server's words lose every trace of the secret", "[sql]") {
  CHECK(sql_words("user bk with hunter2: hunter2hunter2!", view_of("hunter2")) ==
        "user bk with ***: ******!");
  CHECK(sql_words("*****", view_of("*")) == std::string(15, '*'));
  CHECK(sql_words("nothing to hide", {}) == "nothing to hide");
}

TEST_CASE("a server's words are one line without an end", "[sql]") {
  CHECK(sql_words("ERROR:  a\nLINE 1:\tb\r\n\n", {}) == "ERROR:  a LINE 1: b");
}

TEST_CASE("a server's words are cut between characters", "[sql]") {
  CHECK(sql_words(std::string(5000, 'x'), {}) == std::string(1024, 'x'));
  const std::string words = sql_words("x" + std::string(2000, '\xE9'), {});
  CHECK(words.size() == 1024);
  std::string chinese = "ab";
  while (chinese.size() < 2000) chinese += "错";
  CHECK(sql_words(chinese, {}).size() == 1022);
}

}  // namespace holdfast::ports
