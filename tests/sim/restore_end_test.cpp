// SPDX-License-Identifier: Apache-2.0
// How a restore ends on a medium that fills up, hangs or goes, and what others do not get.
#include <catch2/catch.hpp>

#include "firmware/job/restore.h"
#include "tests/sim/ready_box.h"

namespace holdfast::test {

namespace {

using Fault = std::optional<ErrorCode>;

struct Site : ReadyBox {
  Site() {
    for (char name = 'a'; name <= 'e'; ++name) write(std::string(1, name) + ".wav", "call");
    files.add_special("/calls/pipe", ports::FileType::fifo);
    REQUIRE(backup());
    box = *open();
    business = *box->open_business("calls", vault::Access::read);
    request.selection.snapshot = *business->find_snapshot({});
    request.target = "/medium";
  }
  job::RestoreReport restored() {
    auto report = job::run_restore(*business, files, request);
    REQUIRE(report);
    return std::move(*report);
  }
  ErrorCode end_of(const job::RestoreReport& report) {
    REQUIRE(report.ended);
    return report.ended->code;
  }

  std::unique_ptr<vault::Box> box;
  std::unique_ptr<vault::Business> business;
  job::RestoreRequest request;
};

bool is_new_file(const sim::Moment& moment) {
  return moment.name == "create file" && moment.where.starts_with("/medium");
}

}  // namespace

TEST_CASE("What is told as written is made safe, however the restore ended") {
  Site site;
  const ErrorCode code =
      GENERATE(ErrorCode::no_space, ErrorCode::read_only, ErrorCode::interrupted);
  int files = 0;
  std::string last;
  site.world.ask([&](const sim::Moment& moment) -> Fault {
    if (moment.where.starts_with("/medium")) last = moment.name;
    if (!is_new_file(moment) || ++files < 3) return {};
    return code;
  });
  const job::RestoreReport report = site.restored();
  CHECK(site.end_of(report) == code);
  CHECK(report.files == 2);
  CHECK(last == "sync files");
  CHECK_FALSE(report.is_unsure);
}

TEST_CASE("If it cannot be made safe, nothing is sure to be there") {
  Site site;
  const bool is_full = GENERATE(false, true);
  site.world.ask([&](const sim::Moment& moment) -> Fault {
    if (moment.name == "sync files") return ErrorCode::io;
    return is_full && is_new_file(moment) ? Fault(ErrorCode::no_space) : Fault();
  });
  const job::RestoreReport report = site.restored();
  CHECK(report.is_unsure);
  CHECK(site.end_of(report) == (is_full ? ErrorCode::no_space : ErrorCode::io));
}

TEST_CASE("A medium on which nothing can be made any more ends it at once") {
  Site site;
  int files = 0;
  site.world.ask([&](const sim::Moment& moment) -> Fault {
    if (!is_new_file(moment)) return {};
    return ++files > 2 ? Fault(ErrorCode::io) : Fault();
  });
  const job::RestoreReport report = site.restored();
  CHECK(site.end_of(report) == ErrorCode::io);
  CHECK(report.failed.count == 0);
  CHECK(files == 4);
}

TEST_CASE("One file that cannot be written is told, and the others are") {
  Site site;
  int files = 0;
  site.world.ask([&](const sim::Moment& moment) -> Fault {
    return is_new_file(moment) && ++files == 2 ? Fault(ErrorCode::io) : Fault();
  });
  const job::RestoreReport report = site.restored();
  CHECK_FALSE(report.ended);
  CHECK(report.failed.count == 1);
  CHECK(report.files == 4);
  CHECK(site.files.resolve("/medium/calls/e.wav"));
}

TEST_CASE("A medium that the system says is gone ends it at once") {
  Site site;
  site.request.is_target_gone = [] { return true; };
  site.world.ask([&](const sim::Moment& moment) -> Fault {
    return is_new_file(moment) ? Fault(ErrorCode::io) : Fault();
  });
  const job::RestoreReport report = site.restored();
  CHECK(site.end_of(report) == ErrorCode::medium_missing);
  CHECK(report.failed.count == 0);
}

TEST_CASE("Others get files, folders and links, and nothing else") {
  Site site;
  site.request.is_for_others = GENERATE(false, true);
  const job::RestoreReport report = site.restored();
  CHECK(report.left_out == (site.request.is_for_others ? 1 : 0));
  CHECK(report.files == 5);
  CHECK(site.files.resolve("/medium/calls/pipe").has_value() != site.request.is_for_others);
}

}  // namespace holdfast::test
