// SPDX-License-Identifier: Apache-2.0
#include "firmware/appliance/job_queue.h"

#include <catch2/catch.hpp>

namespace holdfast::appliance {

namespace {

constexpr std::int64_t kSecond_ns = 1'000'000'000;
constexpr Moment kNow{Timestamp{1'800'000'000 * kSecond_ns}, 1000 * kSecond_ns};

Moment later(std::int64_t seconds) {
  return {Timestamp{kNow.time.ns + seconds * kSecond_ns}, kNow.monotonic_ns + seconds * kSecond_ns};
}

JobRequest backup(const std::string& business, std::uint32_t priority = 10,
                  const std::string& asked_by = {}) {
  return {
      .kind = JobKind::backup, .business = business, .priority = priority, .asked_by = asked_by};
}

JobRequest of_pool(JobKind kind, std::uint32_t priority = 10) {
  return {.kind = kind, .priority = priority};
}

using Ids = std::vector<JobId>;

// Ids of all that start now.
Ids started(JobQueue& queue, const Moment& now = kNow) {
  Ids ids;
  while (const Job* job = queue.start_next(now)) ids.push_back(job->id);
  return ids;
}

JobState state_of(const JobQueue& queue, JobId id) {
  const Job* job = queue.find(id);
  HF_CHECK(job != nullptr);
  return job->state;
}

}  // namespace

TEST_CASE("what the command line gets for a job", "[job]") {
  using Words = std::vector<std::string>;
  CHECK(words_of({.kind = JobKind::backup, .business = "desk", .arguments = {"--tag", "a b"}}) ==
        Words{"backup", "--definition-in-force", "--tag", "a b", "--", "desk"});
  CHECK(words_of(of_pool(JobKind::tend)) == Words{"pool", "tend"});
  CHECK(words_of({.kind = JobKind::reconcile, .business = "desk"}) ==
        Words{"record", "reconcile", "--", "desk"});
  CHECK(words_of({.kind = JobKind::prune, .business = "--yes"}) == Words{"prune", "--", "--yes"});
  CHECK(words_of({.kind = JobKind::packs, .business = "desk"}) ==
        Words{"prune", "--packs-only", "--", "desk"});
}

TEST_CASE("a business has one writer, and others run beside it up to the limit", "[queue]") {
  JobQueue queue({.running_max = 2});
  CHECK(*queue.ask(backup("desk"), kNow) == 1);
  CHECK(*queue.ask({.kind = JobKind::prune, .business = "desk"}, kNow) == 2);
  CHECK(*queue.ask(backup("loans"), kNow) == 3);
  CHECK(*queue.ask(backup("cards"), kNow) == 4);
  CHECK(started(queue) == Ids{2, 3});  // the prune has priority 0
  queue.note_end(3, {}, later(1));
  CHECK(started(queue) == Ids{4});
  queue.note_end(2, {}, later(2));
  CHECK(started(queue) == Ids{1});
  CHECK(queue.find(3)->ended == later(1).time);
  CHECK(queue.find(3)->started == kNow.time);
}

TEST_CASE("a reader runs beside the writer of its business", "[queue]") {
  JobQueue queue({.running_max = 3});
  CHECK(*queue.ask(backup("desk"), kNow) == 1);
  CHECK(*queue.ask({.kind = JobKind::restore, .business = "desk", .priority = 10}, kNow) == 2);
  CHECK(*queue.ask({.kind = JobKind::drill, .business = "desk", .priority = 10}, kNow) == 3);
  CHECK(started(queue) == Ids{1, 2, 3});
}

TEST_CASE("one job works on the pool, beside those of businesses", "[queue]") {
  JobQueue queue({.running_max = 4});
  CHECK(*queue.ask(of_pool(JobKind::tend), kNow) == 1);
  CHECK(*queue.ask(of_pool(JobKind::heal), kNow) == 2);
  CHECK(*queue.ask(backup("desk"), kNow) == 3);
  CHECK(started(queue) == Ids{1, 3});
  queue.note_end(1, {}, kNow);
  CHECK(started(queue) == Ids{2});
}

TEST_CASE("a backup of what is new that was told to stop and hangs holds no place", "[queue]") {
  JobQueue queue({.running_max = 1});
  const auto hot = [](const std::string& business) {
    return JobRequest{.kind = JobKind::hot, .business = business};
  };
  CHECK(*queue.ask(hot("desk"), kNow) == 1);
  CHECK(*queue.ask(hot("loans"), kNow) == 2);
  CHECK(started(queue) == Ids{1});
  CHECK(queue.cancel(1, kNow) == Cancelled::must_stop);
  CHECK(started(queue) == Ids{2});
  // But its business has no second writer.
  CHECK(*queue.ask(backup("desk"), kNow) == 3);
  CHECK(started(queue).empty());
}

TEST_CASE("what lasts for days leaves a place for others", "[queue]") {
  JobQueue queue({.running_max = 2});
  CHECK(*queue.ask({.kind = JobKind::verify, .business = "desk"}, kNow) == 1);
  CHECK(*queue.ask({.kind = JobKind::verify, .business = "loans"}, kNow) == 2);
  CHECK(*queue.ask(backup("desk"), kNow) == 3);
  CHECK(started(queue) == Ids{1, 3});
  queue.set_running_max(1);
  queue.note_end(1, {}, kNow);
  CHECK(started(queue).empty());
  queue.note_end(3, {}, kNow);
  CHECK(started(queue) == Ids{2});  // with one place for all, it is theirs too
}

TEST_CASE("the smallest priority goes first, then who asked first", "[queue]") {
  JobQueue queue({.running_max = 1});
  for (const auto& [business, priority] :
       {std::pair("a", 10U), std::pair("b", 5U), std::pair("c", 10U), std::pair("d", 5U)}) {
    REQUIRE(queue.ask(backup(business, priority), kNow));
  }
  Ids order;
  for (int i = 0; i < 4; ++i) {
    const Ids next = started(queue);
    REQUIRE(next.size() == 1);
    order.push_back(next.front());
    queue.note_end(next.front(), {}, kNow);
  }
  CHECK(order == Ids{2, 4, 1, 3});
}

TEST_CASE("the same work waits once, as the one who is most in a hurry has it", "[queue]") {
  JobQueue queue({});
  CHECK(*queue.ask(backup("desk"), kNow) == 1);
  CHECK(*queue.ask(backup("desk"), kNow) == 1);
  CHECK(*queue.ask(backup("desk", 0, "ann"), kNow) == 1);
  CHECK(queue.find(1)->request.priority == 0);
  CHECK(queue.find(1)->request.asked_by == "ann");
  CHECK(*queue.ask(backup("desk", 5), kNow) == 1);
  CHECK(queue.find(1)->request.priority == 0);
  JobRequest tagged = backup("desk");
  tagged.arguments = {"--tag", "x"};
  CHECK(*queue.ask(tagged, kNow) == 2);
}

TEST_CASE("of what runs already a person gets more, the schedule does not", "[queue]") {
  JobQueue queue({});
  CHECK(*queue.ask(backup("desk"), kNow) == 1);
  CHECK(started(queue) == Ids{1});
  CHECK(*queue.ask(backup("desk"), kNow) == 1);
  CHECK(*queue.ask(backup("desk", 0, "ann"), kNow) == 2);
  CHECK(*queue.ask(backup("desk", 0, "bob"), kNow) == 2);
  CHECK(started(queue).empty());
  queue.note_end(1, {}, kNow);
  CHECK(started(queue) == Ids{2});
}

TEST_CASE("what a program asks for comes five minutes after what it had asked for", "[queue]") {
  JobQueue queue({});
  CHECK(*queue.ask(backup("desk", 0, "hook"), kNow) == 1);
  CHECK(started(queue) == Ids{1});
  CHECK(*queue.ask(backup("desk", 0, "hook"), later(10)) == 2);
  CHECK(*queue.ask(backup("desk", 0, "hook"), later(20)) == 2);
  queue.note_end(1, {}, later(60));
  CHECK(started(queue, later(359)).empty());
  CHECK(queue.next_try_ns(later(61)) == later(360).monotonic_ns);
  CHECK(*queue.ask(backup("loans", 0, "hook"), later(61)) == 3);
  CHECK(started(queue, later(61)) == Ids{3});  // another business
  CHECK(started(queue, later(360)) == Ids{2});
  queue.note_end(2, {.exit_code = 8}, later(400));
  CHECK(*queue.ask(backup("desk", 0, "hook"), later(401)) == 4);  // none waits
  CHECK(started(queue, later(699)).empty());
  CHECK(started(queue, later(700)) == Ids{4});
}

TEST_CASE("nobody waits for the pace of programs but they", "[queue]") {
  JobQueue queue({});
  const auto run_hook = [&](JobId id, std::int64_t second) {
    CHECK(*queue.ask(backup("desk", 0, "hook"), later(second)) == id);
    CHECK(started(queue, later(second)) == Ids{id});
    queue.note_end(id, {}, later(second));
  };
  run_hook(1, 0);
  CHECK(*queue.ask(backup("desk", 0, "hook"), later(1)) == 2);
  CHECK(started(queue, later(1)).empty());
  CHECK(*queue.ask(backup("desk", 0, "ann"), later(2)) == 2);
  CHECK(queue.find(2)->request.asked_by == "ann");
  CHECK(started(queue, later(2)) == Ids{2});
  queue.note_end(2, {}, later(3));
  // The schedule, in no hurry, takes over what a program waits for.
  CHECK(*queue.ask(backup("desk", 0, "hook"), later(4)) == 3);
  CHECK(*queue.ask(backup("desk", 10), later(4)) == 3);
  CHECK(started(queue, later(4)) == Ids{3});
  queue.note_end(3, {}, later(5));
  // What the schedule waits for is no program's, however hurried that is.
  CHECK(*queue.ask(backup("desk", 10), later(6)) == 4);
  CHECK(*queue.ask(backup("desk", 0, "hook"), later(6)) == 4);
  CHECK(queue.find(4)->request.asked_by.empty());
  CHECK(queue.find(4)->request.priority == 0);
  CHECK(started(queue, later(6)) == Ids{4});
  queue.note_end(4, {}, later(7));
  run_hook(5, 400);
}

TEST_CASE("a queue has an end", "[queue]") {
  JobQueue queue({.waiting_max = 2});
  REQUIRE(queue.ask(backup("a"), kNow));
  REQUIRE(queue.ask(backup("b"), kNow));
  const auto refused = queue.ask(backup("c"), kNow);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::limit_exceeded);
  CHECK(*queue.ask(backup("b"), kNow) == 2);
}

TEST_CASE("how a job ended says what it was", "[queue]") {
  struct Case {
    JobEnd end;
    JobState state;
  };
  for (const Case& each :
       {Case{{.exit_code = 0}, JobState::done}, Case{{.exit_code = 1}, JobState::failed},
        Case{{.exit_code = 2}, JobState::failed}, Case{{.exit_code = 3}, JobState::done},
        Case{{.exit_code = 5}, JobState::done}, Case{{.exit_code = 10}, JobState::failed},
        Case{{.exit_code = 130}, JobState::stopped}, Case{{.signal = 9}, JobState::failed}}) {
    JobQueue queue({});
    REQUIRE(queue.ask(backup("desk"), kNow));
    REQUIRE(started(queue).size() == 1);
    queue.note_end(1, each.end, later(5));
    INFO(each.end.exit_code << " " << each.end.signal);
    CHECK(state_of(queue, 1) == each.state);
    CHECK(queue.find(1)->exit_code.has_value() == (each.end.signal == 0));
    queue.note_end(1, {.exit_code = 1}, later(6));  // it does not run any more
    CHECK(queue.find(1)->ended == later(5).time);
  }
}

TEST_CASE("who finds a lock held tries again, and waits longer each time", "[queue]") {
  JobQueue queue({});
  REQUIRE(queue.ask(backup("desk"), kNow));
  std::int64_t waited_s = 0;
  for (const std::int64_t patience_s : {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300}) {
    REQUIRE(started(queue, later(waited_s)) == Ids{1});
    CHECK_FALSE(queue.next_try_ns(later(waited_s)));
    queue.note_end(1, {.exit_code = 11}, later(waited_s));
    CHECK(state_of(queue, 1) == JobState::queued);
    CHECK_FALSE(queue.find(1)->ended);
    CHECK(started(queue, later(waited_s + patience_s - 1)).empty());
    waited_s += patience_s;
    CHECK(queue.next_try_ns(kNow) == later(waited_s).monotonic_ns);
  }
}

TEST_CASE("a job can be taken back, waiting or running", "[queue]") {
  JobQueue queue({.running_max = 1});
  REQUIRE(queue.ask(backup("a"), kNow));
  REQUIRE(queue.ask(backup("b"), kNow));
  CHECK(started(queue) == Ids{1});
  CHECK(queue.cancel(2, later(1)) == Cancelled::waiting);
  CHECK(state_of(queue, 2) == JobState::stopped);
  CHECK(queue.find(2)->ended == later(1).time);
  CHECK(queue.cancel(2, later(1)) == Cancelled::no);
  CHECK(queue.cancel(7, later(1)) == Cancelled::no);
  CHECK(queue.cancel(1, later(2)) == Cancelled::must_stop);
  CHECK(state_of(queue, 1) == JobState::running);
  CHECK(started(queue).empty());
  SECTION("it stops as asked") {
    queue.note_end(1, {.exit_code = 130}, later(3));
    CHECK(state_of(queue, 1) == JobState::stopped);
  }
  SECTION("it had to be killed") {
    queue.note_end(1, {.signal = 9}, later(3));
    CHECK(state_of(queue, 1) == JobState::stopped);
  }
  SECTION("it waited for a lock") {
    queue.note_end(1, {.exit_code = 11}, later(3));
    CHECK(state_of(queue, 1) == JobState::stopped);
  }
}

TEST_CASE("what is old is forgotten: first what it printed, then the job", "[queue]") {
  JobQueue queue({.running_max = 1, .kept_max = 4, .documents_max = 2});
  for (JobId id = 1; id <= 6; ++id) {
    REQUIRE(*queue.ask(backup("desk"), kNow) == id);
    REQUIRE(started(queue) == Ids{id});
    queue.note_line(id, "line");
    queue.note_end(id, {.document = "{}"}, kNow);
  }
  Ids ids;
  Ids with_document;
  for (const Job& job : queue.jobs()) {
    ids.push_back(job.id);
    if (!job.document.empty()) with_document.push_back(job.id);
    CHECK(job.document.empty() == job.log.empty());
  }
  CHECK(ids == Ids{3, 4, 5, 6});
  CHECK(with_document == Ids{5, 6});
}

TEST_CASE("a job that took long is not forgotten when it has ended", "[queue]") {
  JobQueue queue({.running_max = 2, .kept_max = 2, .documents_max = 1});
  REQUIRE(queue.ask({.kind = JobKind::tend}, kNow));
  REQUIRE(started(queue) == Ids{1});
  for (JobId id = 2; id <= 5; ++id) {
    REQUIRE(*queue.ask(backup("desk"), kNow) == id);
    REQUIRE(started(queue) == Ids{id});
    queue.note_end(id, {}, later(static_cast<std::int64_t>(id)));
  }
  queue.note_end(1, {.document = "{}"}, later(10));
  Ids ids;
  for (const Job& job : queue.jobs()) ids.push_back(job.id);
  CHECK(ids == Ids{1, 5});
  CHECK(queue.find(1)->document == "{}");
}

TEST_CASE("a job keeps its newest lines and progress, and no endless document", "[queue]") {
  JobQueue queue({});
  REQUIRE(queue.ask(backup("desk"), kNow));
  queue.note_progress(1, {.phase = "reading"});
  CHECK_FALSE(queue.find(1)->progress);
  CHECK(started(queue) == Ids{1});
  queue.note_progress(1, {.phase = "reading", .items_done = 1});
  queue.note_progress(1, {.phase = "reading", .items_done = 2});
  CHECK(queue.find(1)->progress == JobProgress{.phase = "reading", .items_done = 2});
  for (int i = 0; i < 60; ++i) queue.note_line(1, std::to_string(i));
  CHECK(queue.find(1)->log.size() == 50);
  CHECK(queue.find(1)->log.front() == "10");
  queue.note_end(1, {.document = std::string(70'000, 'x')}, kNow);
  CHECK(queue.find(1)->document.empty());
}

TEST_CASE("what ran when the power went was cut, and waits once more", "[queue]") {
  JobQueue before({});
  REQUIRE(before.ask(backup("desk"), kNow));
  REQUIRE(before.ask({.kind = JobKind::restore, .business = "desk", .priority = 20}, kNow));
  REQUIRE(before.ask(backup("loans", 30), kNow));
  CHECK(started(before) == Ids{1, 2});

  JobQueue queue({});
  queue.take_over(before.jobs(), later(100));
  CHECK(state_of(queue, 1) == JobState::cut);
  CHECK(state_of(queue, 2) == JobState::cut);
  CHECK_FALSE(queue.find(1)->ended);
  CHECK(started(queue, later(100)) == Ids{4, 3});
  CHECK(queue.find(4)->request.business == "desk");
  CHECK(queue.find(4)->asked == later(100).time);
}

TEST_CASE("what a person had asked for whatever its window is repeated within it", "[queue]") {
  JobQueue before({});
  JobRequest now = backup("desk", 0, "ann");
  now.arguments = {"--tag=a", std::string(kIgnoreWindow)};
  REQUIRE(before.ask(now, kNow));
  CHECK(started(before) == Ids{1});
  JobQueue queue({});
  queue.take_over(before.jobs(), later(1));
  CHECK(started(queue, later(1)) == Ids{2});
  CHECK(queue.find(2)->request.arguments == std::vector<std::string>{"--tag=a"});
  CHECK(queue.find(2)->request.asked_by == "ann");
}

TEST_CASE("an export that waited when the power went does not begin by itself", "[queue]") {
  JobQueue before({});
  REQUIRE(before.ask(backup("desk"), kNow));
  REQUIRE(before.ask({.kind = JobKind::restore, .business = "desk", .asked_by = "ann"}, kNow));
  JobQueue queue({});
  queue.take_over(before.jobs(), later(100));
  CHECK(state_of(queue, 2) == JobState::cut);
  CHECK(started(queue, later(100)) == Ids{1});
  CHECK(queue.jobs().size() == 2);
}

TEST_CASE("what is cut again and again is left alone in the end", "[queue]") {
  JobQueue first({});
  REQUIRE(first.ask(backup("desk"), kNow));
  std::vector<Job> left;
  CHECK(started(first) == Ids{1});
  left = first.jobs();
  for (JobId again = 2; again <= 4; ++again) {
    JobQueue queue({});
    queue.take_over(left, kNow);
    CHECK(started(queue) == Ids{again});
    left = queue.jobs();
  }
  JobQueue last({});
  last.take_over(left, kNow);
  CHECK(started(last).empty());
  CHECK(*last.ask(backup("desk"), kNow) == 5);  // whoever asks gets it
}

TEST_CASE("what was cut and waits already waits once", "[queue]") {
  JobQueue before({});
  REQUIRE(before.ask(backup("desk"), kNow));
  CHECK(started(before) == Ids{1});
  REQUIRE(*before.ask(backup("desk", 0, "ann"), kNow) == 2);
  JobQueue queue({});
  queue.take_over(before.jobs(), later(1));
  CHECK(queue.jobs().size() == 2);
  CHECK(queue.find(2)->cuts == 1);
  CHECK(started(queue, later(1)) == Ids{2});
}

TEST_CASE("each change that a restart must know of is counted", "[queue]") {
  JobQueue queue({});
  std::uint64_t last = queue.revision();
  const auto has_grown = [&] { return std::exchange(last, queue.revision()) != queue.revision(); };
  REQUIRE(queue.ask(backup("desk"), kNow));
  CHECK(has_grown());
  REQUIRE(queue.ask(backup("desk"), kNow));
  CHECK_FALSE(has_grown());
  CHECK(started(queue) == Ids{1});
  CHECK(has_grown());
  queue.note_progress(1, {.phase = "reading"});
  queue.note_line(1, "line");
  CHECK_FALSE(has_grown());
  queue.note_end(1, {}, kNow);
  CHECK(has_grown());
  REQUIRE(queue.ask(backup("loans"), kNow));
  CHECK(has_grown());
  CHECK(queue.cancel(2, kNow) == Cancelled::waiting);
  CHECK(has_grown());
}

}  // namespace holdfast::appliance
