// SPDX-License-Identifier: Apache-2.0
// Entries that are sealed and signed by the right key, and whose body says nothing: a program with
// a defect wrote them. Nobody takes them for something else, and whoever opens the business is
// told.
#include <catch2/catch.hpp>

#include "firmware/vault/node.h"
#include "tests/sim/ready_box.h"

namespace holdfast::test {

namespace {

using journal::EntryKind;

Bytes snapshot_body(bool with_delta, Bytes removed = {}) {
  journal::SnapshotBody body;
  if (with_delta) {
    body.delta.emplace();
    body.delta->base.number = 1;
    body.delta->lists.removed = std::move(removed);
  }
  return journal::encode(body);
}

Bytes prune_body(Bytes items) {
  journal::PruneBody body;
  body.items = std::move(items);
  body.decided = Timestamp{1};
  return journal::encode(body);
}

// A node above leaves, where a list of items must be.
Bytes index_node() {
  vault::NodeWriter writer(vault::ListKind::items, 1);
  writer.add(vault::IndexEntry{"a", {sha256(view_of("a")), 10}, 1, 1});
  return writer.finish();
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
      {"a prune of nothing", EntryKind::prune, nothing},
      {"a prune whose items are none", EntryKind::prune, prune_body(nothing)},
      {"a prune whose items are a tree", EntryKind::prune, prune_body(index_node())},
  };
}

}  // namespace

TEST_CASE("An entry that says nothing is told, by whoever opens the business and for ever") {
  for (const Lie& lie : lies()) {
    CAPTURE(lie.name);
    ReadyBox site;
    site.write("a.wav", "first");
    REQUIRE(site.backup());
    const auto is_told = [&](const Error& error) {
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

namespace {

// By the door that the business leaves to nobody else: with a key of that epoch, or another one.
void append(vault::Business& business, const journal::EntryDraft& draft, const SecretKey& key) {
  vault::Box& box = business.box();
  const journal::Journal::Writing writing{box.signer(), key, box.ports().clock, box.ports().random,
                                          box.keyring().content().incarnation};
  REQUIRE(business.prepare_writing());
  REQUIRE(business.journal().append(draft, writing));
}

}  // namespace

TEST_CASE("An entry that its epoch's key does not open, or that has none, is told") {
  const bool has_key = GENERATE(true, false);
  const EntryKind kind = GENERATE(EntryKind::tag, EntryKind::snapshot, EntryKind::hold);
  ReadyBox site;
  site.write("a.wav", "first");
  REQUIRE(site.backup());
  {
    const auto box = site.open();
    const auto business = (*box)->open_business("calls", vault::Access::write);
    REQUIRE(business);
    const std::uint32_t epoch = has_key ? site.clock.now().month() : 7;
    append(**business, {kind, epoch, {}, snapshot_body(false)}, site.random.key());
  }
  for (const auto access : {vault::Access::read, vault::Access::write}) {
    const auto box = site.open();
    const auto business = (*box)->open_business("calls", access);
    REQUIRE_FALSE(business);
    INFO(debug_text(business.error()));
    CHECK(business.error().code == (has_key ? ErrorCode::wrong_key : ErrorCode::no_key));
    CHECK(business.error().where.ends_with(has_key ? ", entry 3" : ""));
  }
}

TEST_CASE(
    "A policy that says nothing, or that nobody can open, is told to whoever needs it alone") {
  ReadyBox site;
  site.write("a.wav", "first");
  REQUIRE(site.backup());
  const bool is_open = GENERATE(true, false);
  const bool has_key = GENERATE(true, false);
  BusinessId id;
  {
    const auto box = site.open();
    const auto business = (*box)->open_business("calls", vault::Access::write);
    REQUIRE(business);
    id = (*business)->id();
    const std::uint32_t epoch = has_key ? site.clock.now().month() : 7;
    const auto key = (*business)->epoch_keys().get(site.clock.now().month(), keys::KeyKind::meta);
    REQUIRE(key);
    append(**business, {EntryKind::policy, epoch, {}, Bytes(7, 0xff)},
           is_open ? (*key)->clone() : site.random.key());
  }
  CHECK(*site.restore() == site.source());
  const auto box = site.open();
  const auto business = (*box)->open_business("calls", vault::Access::read);
  REQUIRE(business);
  CHECK((*business)->definition());  // home has it
  site.home.erase(vault::definition_path(id));
  const auto policy = (*business)->policy_in_force();
  REQUIRE_FALSE(policy);
  const ErrorCode expected = !has_key  ? ErrorCode::no_key
                             : is_open ? ErrorCode::damaged
                                       : ErrorCode::wrong_key;
  CHECK(policy.error().code == expected);
  CHECK((*business)->definition().error().code == policy.error().code);
  CHECK((*business)->keep_definition().error().code == policy.error().code);
  CHECK_FALSE(site.home.contents(vault::definition_path(id)));
}

}  // namespace holdfast::test
