// SPDX-License-Identifier: Apache-2.0
// Entries that are sealed and signed by the right key, and whose body says nothing: a program with
// a defect wrote them. Nobody takes them for something else, and whoever opens the business is
// told.
#include <catch2/catch.hpp>

#include "tests/sim/ready_box.h"

namespace holdfast::test {

namespace {

using journal::EntryKind;

Bytes snapshot_body(bool with_delta, Bytes removed = {}) {
  journal::SnapshotBody body;
  if (with_delta) {
    body.delta.emplace();
    body.delta->lists.removed = std::move(removed);
  }
  return journal::encode(body);
}

struct Lie {
  const char* name;
  EntryKind kind;
  Bytes body;
};

std::vector<Lie> lies() {
  const Bytes nothing(7, 0xff);
  return {
      {"a snapshot of nothing", EntryKind::snapshot, nothing},
      {"a delta of nothing", EntryKind::delta, nothing},
      {"a whole snapshot that is a delta", EntryKind::snapshot, snapshot_body(true)},
      {"a delta that is a whole snapshot", EntryKind::delta, snapshot_body(false)},
      {"a delta whose lists are none", EntryKind::delta, snapshot_body(true, nothing)},
      {"a tag of nothing", EntryKind::tag, nothing},
      {"a hold of nothing", EntryKind::hold, nothing},
      {"a release of nothing", EntryKind::release, nothing},
  };
}

}  // namespace

TEST_CASE("An entry that says nothing is told, by whoever opens the business and for ever") {
  for (const Lie& lie : lies()) {
    CAPTURE(lie.name);
    ReadyBox site;
    site.write("a.wav", "first");
    REQUIRE(site.backup());
    const auto is_told = [](const Error& error) {
      CHECK(error.code == ErrorCode::damaged);
      CHECK(error.where.ends_with(", entry 3"));
    };
    {
      const auto box = site.open();
      const auto business = (*box)->open_business("calls", vault::Access::write);
      REQUIRE(business);
      REQUIRE((*business)->prepare_writing());
      REQUIRE((*business)->append({lie.kind, 0, {}, lie.body}));
      REQUIRE((*business)->warnings().size() == 1);
      is_told((*business)->warnings().front());
      // The catalog shows what there was before.
      CHECK((*business)->snapshots()->size() == 1);
    }
    for (const auto access : {vault::Access::read, vault::Access::write}) {
      const auto box = site.open();
      const auto business = (*box)->open_business("calls", access);
      REQUIRE_FALSE(business);
      is_told(business.error());
    }
  }
}

}  // namespace holdfast::test
