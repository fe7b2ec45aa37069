// SPDX-License-Identifier: Apache-2.0
#include "firmware/erasure/crc32c.h"

#include <catch2/catch.hpp>

using namespace holdfast;
using namespace holdfast::erasure;

TEST_CASE("CRC-32C gives the published values") {
  CHECK(crc32c({}) == 0);
  CHECK(crc32c(view_of("123456789")) == 0xe3069283);
  CHECK(crc32c(Bytes(32)) == 0x8a9136aa);        // RFC 3720, B.4
  CHECK(crc32c(Bytes(32, 0xff)) == 0x62a8ab43);  // RFC 3720, B.4
}

TEST_CASE("CRC-32C may be taken piece by piece") {
  Bytes data;
  for (int i = 0; i < 300; ++i) data.push_back(static_cast<std::uint8_t>(i * 7));
  const ByteView view = data;
  for (std::size_t cut = 0; cut <= data.size(); ++cut) {
    REQUIRE(crc32c(view.subspan(cut), crc32c(view.first(cut))) == crc32c(view));
  }
}
