// SPDX-License-Identifier: Apache-2.0
#include "firmware/appliance/duty_book.h"

#include <catch2/catch.hpp>

namespace holdfast::appliance {

namespace {

constexpr Timestamp kSince{1000};

Job job_of(JobKind kind, const std::string& business, JobState state) {
  return {.id = 1,
          .request = {.kind = kind, .business = business},
          .state = state,
          .asked = {},
          .started = Timestamp{2000},
          .ended = {},
          .exit_code = {}};
}

}  // namespace

TEST_CASE("a duty is one from when it was first seen", "[duty]") {
  DutyBook book;
  CHECK(book.history_of(JobKind::backup, "desk", kSince).since == kSince);
  CHECK(book.revision() == 1);
  CHECK(book.history_of(JobKind::backup, "desk", Timestamp{5000}).since == kSince);
  CHECK(book.history_of(JobKind::backup, "loans", Timestamp{5000}).since == Timestamp{5000});
  CHECK(book.revision() == 2);
  DutyBook next;
  next.take_over(book.records());
  CHECK(next.history_of(JobKind::backup, "desk", Timestamp{9000}).since == kSince);
}

TEST_CASE("what became of a job is written into the book of its duty", "[duty]") {
  DutyBook book;
  const auto desk = [&] { return book.history_of(JobKind::backup, "desk", kSince); };
  const auto end = [&](JobState state, std::int64_t ns) {
    book.note_end(job_of(JobKind::backup, "desk", state), Timestamp{ns});
  };
  CHECK_FALSE(desk().last_start);
  book.note_start(job_of(JobKind::backup, "desk", JobState::running));
  CHECK(desk().last_start == Timestamp{2000});
  end(JobState::failed, 3000);
  end(JobState::cut, 3500);
  CHECK(desk().failures == 2);
  CHECK(desk().last_failure == Timestamp{3500});
  CHECK_FALSE(desk().last_good_end);
  end(JobState::done, 4000);
  CHECK(desk().failures == 0);
  CHECK(desk().last_good_end == Timestamp{4000});
  const std::uint64_t revision = book.revision();
  end(JobState::stopped, 5000);
  end(JobState::queued, 6000);  // refused by a lock
  CHECK(book.revision() == revision);
  CHECK(desk().last_good_end == Timestamp{4000});
}

TEST_CASE("a job that was cut off is to go on, until it has begun again", "[duty]") {
  DutyBook book;
  REQUIRE_FALSE(book.history_of(JobKind::backup, "desk", kSince).cut_off);
  Job job = job_of(JobKind::backup, "desk", JobState::stopped);
  job.is_cut_off = true;
  book.note_end(job, Timestamp{3000});
  CHECK(book.records()[0].history.cut_off == Timestamp{3000});
  CHECK(book.records()[0].history.failures == 0);
  book.note_start(job);
  CHECK_FALSE(book.records()[0].history.cut_off);
}

TEST_CASE("what somebody else has done is done", "[duty]") {
  DutyBook book;
  REQUIRE_FALSE(book.history_of(JobKind::backup, "desk", kSince).last_good_end);
  const auto desk = [&] { return book.records()[0].history; };
  book.note_start(job_of(JobKind::backup, "desk", JobState::running));
  book.note_end(job_of(JobKind::backup, "desk", JobState::failed), Timestamp{3000});
  book.note_good_end({JobKind::backup, "desk", Timestamp{2500}});
  CHECK(desk().last_good_end == Timestamp{2500});
  CHECK(desk().failures == 1);  // which came later
  book.note_good_end({JobKind::backup, "desk", Timestamp{4000}});
  CHECK(desk().last_good_end == Timestamp{4000});
  CHECK(desk().last_start == Timestamp{4000});
  CHECK(desk().failures == 0);
  const std::uint64_t revision = book.revision();
  book.note_good_end({JobKind::backup, "desk", Timestamp{4000}});
  book.note_good_end({JobKind::backup, "desk", Timestamp{3500}});
  book.note_good_end({JobKind::verify, "desk", Timestamp{5000}});
  CHECK(book.revision() == revision);
  CHECK(desk().last_good_end == Timestamp{4000});
}

TEST_CASE("what is no duty is not written down", "[duty]") {
  DutyBook book;
  REQUIRE(book.history_of(JobKind::backup, "desk", kSince).since == kSince);
  book.note_start(job_of(JobKind::backup, "loans", JobState::running));
  book.note_end(job_of(JobKind::verify, "desk", JobState::done), Timestamp{1});
  CHECK(book.records().size() == 1);
  CHECK(book.revision() == 1);
}

}  // namespace holdfast::appliance
