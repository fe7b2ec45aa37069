// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/exit_code.h"

#include <catch2/catch.hpp>
#include <set>

namespace holdfast::app {
namespace {

constexpr ErrorCode kAllCodes[] = {
#define HOLDFAST_LIST_CODE(name) ErrorCode::name,
    HOLDFAST_ERROR_CODES(HOLDFAST_LIST_CODE)
#undef HOLDFAST_LIST_CODE
};

TEST_CASE("every error ends the program with a code of the contract, never with success") {
  const std::set<int> contract = {1, 2, 4, 5, 10, 11, 12, 13, 14, 15, 130};
  for (const ErrorCode code : kAllCodes) {
    INFO(name_of(code));
    CHECK(contract.contains(static_cast<int>(exit_code_of(code))));
  }
}

TEST_CASE("scripts can tell the situations apart") {
  CHECK(exit_code_of(ErrorCode::invalid_argument) == ExitCode::usage);
  CHECK(exit_code_of(ErrorCode::no_home) == ExitCode::not_found);
  CHECK(exit_code_of(ErrorCode::no_business) == ExitCode::not_found);
  CHECK(exit_code_of(ErrorCode::not_held) == ExitCode::not_found);
  CHECK(exit_code_of(ErrorCode::source_missing) == ExitCode::failed);
  CHECK(exit_code_of(ErrorCode::no_space) == ExitCode::failed);
  CHECK(exit_code_of(ErrorCode::locked) == ExitCode::locked);
  CHECK(exit_code_of(ErrorCode::wrong_passphrase) == ExitCode::key);
  CHECK(exit_code_of(ErrorCode::no_passphrase) == ExitCode::key);
  CHECK(exit_code_of(ErrorCode::keyring_missing) == ExitCode::key);
  CHECK(exit_code_of(ErrorCode::keyring_damaged) == ExitCode::key);
  CHECK(exit_code_of(ErrorCode::no_definition) == ExitCode::not_found);
  CHECK(exit_code_of(ErrorCode::home_not_newest) == ExitCode::disks);
  CHECK(exit_code_of(ErrorCode::target_in_store) == ExitCode::failed);
  CHECK(exit_code_of(ErrorCode::not_newest) == ExitCode::disks);
  CHECK(exit_code_of(ErrorCode::medium_full) == ExitCode::medium);
  CHECK(exit_code_of(ErrorCode::pool_full) == ExitCode::medium);
  CHECK(exit_code_of(ErrorCode::denied) == ExitCode::denied);
  CHECK(exit_code_of(ErrorCode::interrupted) == ExitCode::interrupted);
}

TEST_CASE("lost data count more than the way in which that showed") {
  Error error = make_error(ErrorCode::damaged);
  CHECK(exit_code_of(error) == ExitCode::failed);
  error.data_loss = true;
  CHECK(exit_code_of(error) == ExitCode::lost);
}

TEST_CASE("of several outcomes the worst is told") {
  CHECK(worst_of({}) == ExitCode::done);
  CHECK(worst_of({ExitCode::done, ExitCode::unreadable}) == ExitCode::unreadable);
  CHECK(worst_of({ExitCode::unreadable, ExitCode::differences}) == ExitCode::differences);
  CHECK(worst_of({ExitCode::lost, ExitCode::differences}) == ExitCode::lost);
  CHECK(worst_of({ExitCode::lost, ExitCode::failed}) == ExitCode::failed);
}

}  // namespace
}  // namespace holdfast::app
