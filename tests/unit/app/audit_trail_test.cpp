// SPDX-License-Identifier: Apache-2.0
// What of a command's words stands in the audit log.
#include "firmware/app/audit_trail.h"

#include <catch2/catch.hpp>

namespace holdfast::app {

TEST_CASE("A dry run is one by its options, not by a pattern of that name") {
  CHECK(is_dry_run({"prune", "desk", "--dry-run"}));
  CHECK(is_dry_run({"prune", "--dry-run", "--", "desk"}));
  CHECK_FALSE(is_dry_run({"find", "--", "desk", "--dry-run"}));
  CHECK_FALSE(is_dry_run({"prune", "--dry-run", "--dry-run=false", "desk"}));
  CHECK_FALSE(is_dry_run({"prune", "desk"}));
}

TEST_CASE("Words are told apart, and none hides those behind it") {
  CHECK(audit_subject({"--json", "cat", "--quiet", "desk", "a b"}) == "cat desk 'a b'");
  CHECK(audit_subject({"find", "--", "desk", "--json", ""}) == "find -- desk --json ''");
  CHECK(audit_subject({"cat", "it's"}) == "cat 'it'\\''s'");
  const std::string subject = audit_subject({"find", std::string(10'000, 'x'), "behind"});
  CHECK(subject.size() < 1200);
  CHECK(subject.ends_with(" behind"));
  // As long as a reason may be.
  const std::string reason = "--reason=" + std::string(1024, 'x');
  CHECK(audit_subject({"cat", reason}) == "cat " + reason);
}

}  // namespace holdfast::app
