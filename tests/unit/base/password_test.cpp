// SPDX-License-Identifier: Apache-2.0
// scrypt against the published vector that has r = 8 and p = 1 (RFC 7914, section 12).
#include "hal/base/password.h"

#include <catch2/catch.hpp>

namespace holdfast {

TEST_CASE("scrypt gives the published bytes, of which ours are the first") {
  const auto key = scrypt(view_of("pleaseletmein"), view_of("SodiumChloride"), 14);
  REQUIRE(key);
  CHECK(to_hex(key->view()) == "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2");
}

}  // namespace holdfast
