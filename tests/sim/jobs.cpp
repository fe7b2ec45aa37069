// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/jobs.h"

#include <array>
#include <catch2/catch.hpp>

namespace holdfast::test {

namespace {

constexpr const char* kOld = "/disk0";
constexpr std::size_t kSlots = 3;  // of a box with snapshots

Result<void> nothing(JobBox& /*box*/) {
  return {};
}

Result<void> with_home(JobBox& box) {
  return box.make_home();
}

Result<void> with_pool(JobBox& box) {
  HF_TRY(box.make_home());
  return box.make_pool();
}

Result<void> with_business(JobBox& box) {
  HF_TRY(with_pool(box));
  return box.make_business();
}

Result<void> with_snapshots(JobBox& box) {
  return box.make_snapshots();
}

// The next backup has something to store.
Result<void> with_a_new_call(JobBox& box) {
  HF_TRY(box.make_snapshots());
  box.call("b.wav", 900);
  box.call("03/e.wav", 40);
  box.full_interval_ns = 0;
  return {};
}

// Rows of calls that are known, and of new ones.
Result<void> with_rows(JobBox& box) {
  HF_TRY(box.make_home());
  HF_TRY(box.make_pool());
  HF_TRY(box.make_business());
  box.tell_rows();
  HF_TRY(box.back_up());
  box.tell_rows();
  return {};
}

Result<void> with_little_new(JobBox& box) {
  for (int call = 0; call < 30; ++call) box.call("00/" + std::to_string(call), 40);
  HF_TRY(box.make_snapshots());
  box.call("03/e.wav", 40);
  return {};
}

Result<void> with_damage(JobBox& box) {
  HF_TRY(box.make_snapshots());
  box.damage();
  return {};
}

Result<void> with_a_disk_gone(JobBox& box) {
  HF_TRY(box.make_snapshots());
  box.missing[kOld] = true;
  return {};
}

Result<void> with_a_disk_away_for_days(JobBox& box) {
  HF_TRY(with_a_disk_gone(box));
  HF_TRY(box.tend());
  constexpr std::int64_t kTwoDays_ns = 2LL * 86'400'000'000'000;
  box.clock.advance(kTwoDays_ns);
  return {};
}

Result<void> with_home_lost(JobBox& box) {
  HF_TRY(box.make_snapshots());
  box.lose_home();
  return {};
}

Result<void> with_a_hold(JobBox& box) {
  HF_TRY(box.make_snapshots());
  return box.hold();
}

Result<void> with_a_prune_due(JobBox& box) {
  return box.make_prunable();
}

Result<void> with_small_packs(JobBox& box) {
  return box.make_small_packs();
}

Result<void> with_bytes_due(JobBox& box) {
  HF_TRY(box.make_prunable());
  HF_TRY(box.prune());
  constexpr std::int64_t kTwoDays_ns = 2LL * 86'400'000'000'000;
  box.clock.advance(kTwoDays_ns);
  CHECK(box.count_condemned_shards() > 0);
  return {};
}

void check_joined(JobBox& box) {
  CHECK(box.is_plain_member(kDrawer));
}

void check_left(JobBox& box) {
  CHECK_FALSE(box.is_plain_member(kOld));
  box.missing[kOld] = true;
}

void check_replaced(JobBox& box) {
  check_joined(box);
  check_left(box);
}

void check_held(JobBox& box) {
  const auto holds = box.holds();
  REQUIRE_FALSE(holds.empty());
  CHECK(holds.back().body.reason == "audit");
}

constexpr std::array kJobs{
    Job{"init", nothing, [](JobBox& box) { return box.make_home(); },
        [](JobBox& box) { CHECK(box.count_slots() == 1); }},
    Job{"pool create", with_home, [](JobBox& box) { return box.make_pool(); },
        [](JobBox& box) { CHECK(box.is_plain_member(kOld)); }},
    Job{"business add", with_pool, [](JobBox& box) { return box.make_business(); },
        [](JobBox& box) { CHECK(box.snapshots().empty()); }},
    Job{"first backup", with_business, [](JobBox& box) { return box.back_up(); },
        [](JobBox& box) { box.check_newest(); }},
    Job{"backup", with_a_new_call, [](JobBox& box) { return box.back_up(); },
        [](JobBox& box) { box.check_newest(); }},
    Job{"delta backup", with_little_new, [](JobBox& box) { return box.back_up(); },
        [](JobBox& box) { box.check_newest(); }},
    Job{"backup with rows", with_rows, [](JobBox& box) { return box.back_up(); },
        [](JobBox& box) {
          box.check_newest();
          box.check_rows();
        }},
    Job{"backup of a path", with_little_new,
        [](JobBox& box) { return box.back_up_path("03/e.wav"); },
        [](JobBox& box) { box.check_newest(); }},
    Job{"pool add", with_snapshots, [](JobBox& box) { return box.change_members(kDrawer, {}); },
        check_joined},
    Job{"pool replace", with_snapshots,
        [](JobBox& box) { return box.change_members(kDrawer, kOld); }, check_replaced},
    Job{"pool replace, disk gone", with_a_disk_gone,
        [](JobBox& box) { return box.change_members(kDrawer, kOld); }, check_replaced},
    Job{"pool retire", with_snapshots, [](JobBox& box) { return box.change_members({}, kOld); },
        check_left},
    Job{"pool scrub", with_damage, [](JobBox& box) { return box.scrub(); }, [](JobBox&) {}},
    Job{"pool heal", with_damage, [](JobBox& box) { return box.heal(); }, [](JobBox&) {}},
    Job{"pool tend", with_a_disk_away_for_days, [](JobBox& box) { return box.tend(); },
        [](JobBox&) {}},
    Job{"restore", with_snapshots, [](JobBox& box) { return box.restore_all(); }, [](JobBox&) {}},
    Job{"restore with rows", with_rows, [](JobBox& box) { return box.restore_rows(); },
        [](JobBox&) {}},
    Job{"verify", with_snapshots, [](JobBox& box) { return box.verify_all(); }, [](JobBox&) {}},
    Job{"drill", with_rows, [](JobBox& box) { return box.drill(); },
        [](JobBox& box) { box.check_drilled(); }},
    Job{"catalog rebuild", with_snapshots, [](JobBox& box) { return box.rebuild(); },
        [](JobBox&) {}},
    Job{"key recover", with_home_lost, [](JobBox& box) { return box.recover(); },
        [](JobBox& box) { box.check_newest(); }},
    Job{"key add", with_snapshots, [](JobBox& box) { return box.add_passphrase("another"); },
        [](JobBox& box) { CHECK(box.count_slots() > kSlots); }},
    Job{"key add, shares", with_snapshots, [](JobBox& box) { return box.add_shares(); },
        [](JobBox& box) { CHECK(box.count_slots() > kSlots); }},
    Job{"key remove", with_snapshots, [](JobBox& box) { return box.remove_key(); },
        [](JobBox& box) { CHECK(box.count_slots() < kSlots); }},
    Job{"hold", with_snapshots, [](JobBox& box) { return box.hold(); }, check_held},
    Job{"release", with_a_hold, [](JobBox& box) { return box.release(); },
        [](JobBox& box) { CHECK(box.holds().empty()); }},
    Job{"snapshot tag", with_snapshots, [](JobBox& box) { return box.tag(); },
        [](JobBox& box) { CHECK(box.snapshots().back().tags.size() == 1); }},
    Job{"prune", with_a_prune_due, [](JobBox& box) { return box.prune(); },
        [](JobBox& box) { box.check_pruned(); }},
    Job{"prune, small packs", with_small_packs, [](JobBox& box) { return box.prune(); },
        [](JobBox& box) { box.check_put_together(); }},
    Job{"prune, bytes", with_bytes_due, [](JobBox& box) { return box.prune(); },
        [](JobBox& box) {
          box.check_pruned();
          CHECK(box.count_condemned_shards() == 0);
        }},
};

}  // namespace

std::span<const Job> all_jobs() {
  return kJobs;
}

}  // namespace holdfast::test
