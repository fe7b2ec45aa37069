// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "firmware/job/drill.h"
#include "firmware/job/drill_history.h"
#include "tests/sim/job_box.h"

namespace holdfast::test {

Result<void> JobBox::drill() {
  HF_TRY(const auto box, open());
  HF_TRY(const auto business, open_business(box, vault::Access::read));
  job::DrillRequest request;
  HF_TRY(request.snapshot, job::snapshot_to_drill(*business));
  request.definition = definition_with_rows();
  request.items = 8;
  HF_TRY(const auto report, job::run_drill(*business, request));
  if (report.lost.count > 0) return report.lost.kept.front().error;
  if (!report.differences.empty()) return make_error(ErrorCode::verify_failed);
  if (report.not_noted) return *report.not_noted;
  CHECK(report.items_good == request.items);
  return {};
}

void JobBox::check_drilled() {
  const auto box = open();
  REQUIRE(box);
  const auto history = job::load_drills(home, (*box)->businesses().front().id);
  REQUIRE(history);
  REQUIRE_FALSE(history->drills.empty());
  CHECK(history->drills.back().good);
}

}  // namespace holdfast::test
