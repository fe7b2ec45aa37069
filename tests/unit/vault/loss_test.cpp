// SPDX-License-Identifier: Apache-2.0
// Only what says that stored data is gone or wrong is a loss: anything else may pass, and naming
// items as lost for it would be an alarm for nothing.
#include "firmware/vault/loss.h"

#include <catch2/catch.hpp>

namespace holdfast::vault {

TEST_CASE("What another try may mend is no loss") {
  for (const ErrorCode code :
       {ErrorCode::data_lost, ErrorCode::damaged, ErrorCode::bad_magic, ErrorCode::wrong_key,
        ErrorCode::truncated, ErrorCode::limit_exceeded}) {
    CHECK(is_loss(make_error(code)));
  }
  for (const ErrorCode code :
       {ErrorCode::io, ErrorCode::out_of_memory, ErrorCode::power_cut, ErrorCode::interrupted,
        ErrorCode::no_space, ErrorCode::no_key, ErrorCode::not_found, ErrorCode::too_few_disks,
        ErrorCode::unsupported_version, ErrorCode::catalog_damaged}) {
    CHECK_FALSE(is_loss(make_error(code)));
  }
}

}  // namespace holdfast::vault
