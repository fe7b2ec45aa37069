// SPDX-License-Identifier: Apache-2.0
// Entry bodies: what comes back, and that bytes which no writer of ours makes are refused.
#include "firmware/journal/body.h"

#include <catch2/catch.hpp>
#include <functional>

using namespace holdfast;
using namespace holdfast::journal;

namespace {

Digest digest_of(std::uint8_t byte) {
  Digest digest;
  digest.bytes.fill(byte);
  return digest;
}

SnapshotBody full_snapshot() {
  return {
      .complete = false,
      .host = "pbx-1",
      .started = Timestamp{-5},
      .finished = Timestamp{1'000'000'000},
      .counts = {1, 300, 3, 4, 5, 6, 7, 8},
      .items = Root{2, {digest_of(1), 70'000}, 10, 20},
      .bindings = Root{0, {digest_of(2), 60}, 1, 2},
      .report = ChunkReference{digest_of(3), 99},
      .previous_snapshot = digest_of(4),
      .tags = {"daily", "audit", ""},
      .policy = digest_of(5),
      .delta = SnapshotDelta{{7, digest_of(6)}, Root{1, {digest_of(7), 80}, 3, 4}, {{1, 2}, {3}}},
      .looked_at = LookedAt{Timestamp{-6}, {"calls/03/a.wav", "calls/03/b", "calls/04\n"}},
      .trusted = Timestamp{77}};
}

void check_same(const SnapshotBody& left, const SnapshotBody& right) {
  CHECK(left.complete == right.complete);
  CHECK(left.has_gap == right.has_gap);
  CHECK(left.host == right.host);
  CHECK(left.started == right.started);
  CHECK(left.finished == right.finished);
  CHECK(left.counts == right.counts);
  CHECK(left.items == right.items);
  CHECK(left.bindings == right.bindings);
  CHECK(left.report == right.report);
  CHECK(left.previous_snapshot == right.previous_snapshot);
  CHECK(left.tags == right.tags);
  CHECK(left.policy == right.policy);
  CHECK(left.looked_at == right.looked_at);
  CHECK(left.trusted == right.trusted);
  REQUIRE(left.delta.has_value() == right.delta.has_value());
  if (!left.delta) return;
  CHECK(left.delta->base == right.delta->base);
  CHECK(left.delta->base_items == right.delta->base_items);
  CHECK(left.delta->lists == right.delta->lists);
}

}  // namespace

TEST_CASE("A snapshot body comes back, full or bare") {
  for (const SnapshotBody& body : {full_snapshot(), SnapshotBody{}}) {
    check_same(parse_snapshot(encode(body)).value(), body);
  }
}

TEST_CASE("A delta names what it stands on, and its lists are not there if they are empty") {
  SnapshotBody body;
  body.delta = SnapshotDelta{{7, digest_of(6)}, std::nullopt, {}};
  check_same(parse_snapshot(encode(body)).value(), body);
  const Bytes bare = encode(SnapshotBody{});
  const auto with_field = [&](std::uint8_t tag, const Bytes& content) {
    Bytes bytes = bare;
    ByteWriter out(bytes);
    out.u8(tag);
    out.blob(content);
    return parse_snapshot(bytes);
  };
  CHECK(with_field(13, [] {
    Bytes base(40, 0);
    base[0] = 1;
    return base;
  }()));
  CHECK_FALSE(with_field(13, Bytes(40, 0)));  // entry 0
  CHECK_FALSE(with_field(13, Bytes(39, 1)));
  CHECK_FALSE(with_field(13, Bytes(41, 1)));  // a root that is cut
  CHECK_FALSE(with_field(12, {1}));           // lists that stand on nothing
  CHECK_FALSE(with_field(14, {1}));
  CHECK(with_field(16, Bytes(8, 1)));
  CHECK_FALSE(with_field(16, Bytes(8, 0)));  // a time that is none
  CHECK_FALSE(with_field(16, Bytes(8, 0xff)));
  CHECK_FALSE(with_field(16, {1}));
  CHECK_FALSE(with_field(17, {1}));
}

TEST_CASE("Paths that were looked at are safe ones, in order, and none is within another") {
  const auto come_back = [](const std::vector<std::string>& paths) {
    SnapshotBody body;
    body.looked_at = LookedAt{Timestamp{}, paths};
    const auto read = parse_snapshot(encode(body));
    if (read) CHECK(read->looked_at == body.looked_at);
    return read.has_value();
  };
  CHECK(come_back({"calls"}));
  CHECK(come_back({"calls/a/b", "calls/a!"}));
  CHECK_FALSE(come_back({}));
  CHECK_FALSE(come_back({""}));
  CHECK_FALSE(come_back({"calls/../etc"}));
  CHECK_FALSE(come_back({"/calls"}));
  CHECK_FALSE(come_back({"calls/a", "calls/a"}));
  CHECK_FALSE(come_back({"calls/a!", "calls/a/b"}));
  CHECK_FALSE(come_back({"calls/a", "calls/a/b"}));
  Bytes cut = encode(SnapshotBody{});
  ByteWriter out(cut);
  out.u8(15);
  out.blob(Bytes(7, 0));
  CHECK_FALSE(parse_snapshot(cut));
}

TEST_CASE("Policy, tag and takeover bodies come back") {
  const PolicyBody policy{"id = \"0f\"\n",
                          {{0, Timestamp{7}}, {0xffffffff, Timestamp{8}}},
                          "coll",
                          {{0, 1095}, {7, 0}, {0xffffffff, 36525}}};
  const PolicyBody policy_back = parse_policy(encode(policy)).value();
  CHECK(policy_back.definition == policy.definition);
  CHECK(policy_back.locks == policy.locks);
  CHECK(policy_back.name == policy.name);
  CHECK(policy_back.lock_days == policy.lock_days);
  // An entry of before the list has none; a list that is there has something, in order.
  PolicyBody without = policy;
  without.lock_days.clear();
  const Bytes short_body = encode(without);
  CHECK(parse_policy(short_body).value().lock_days.empty());
  const auto with_list = [&](const Bytes& list) {
    Bytes body = short_body;
    ByteWriter writer(body);
    writer.u8(4);
    writer.blob(list);
    return parse_policy(body).has_value();
  };
  CHECK(with_list({1, 0, 9}));
  CHECK(with_list({2, 0, 9, 1, 9}));
  CHECK_FALSE(with_list({0}));
  CHECK_FALSE(with_list({2, 1, 9, 0, 9}));
  CHECK_FALSE(with_list({2, 1, 9, 1, 9}));
  CHECK_FALSE(with_list({2}));
  CHECK_FALSE(with_list({2, 1, 9}));
  CHECK_FALSE(with_list({1, 0, 9, 0}));
  CHECK_FALSE(with_list({1, 0x80, 0x80, 0x80, 0x80, 0x10, 9}));  // class above 32 bits
  CHECK_FALSE(with_list({1, 0, 0x80, 0x80, 0x80, 0x80, 0x10}));  // days above 32 bits

  const TagBody tag{12, digest_of(6), "keep", false};
  const TagBody tag_back = parse_tag(encode(tag)).value();
  CHECK(tag_back.number == 12);
  CHECK(tag_back.entry == tag.entry);
  CHECK(tag_back.tag == "keep");
  CHECK_FALSE(tag_back.set);

  const TakeoverBody takeover{digest_of(7), 13, 2, "recovered"};
  const TakeoverBody takeover_back = parse_takeover(encode(takeover)).value();
  CHECK(takeover_back.head == takeover.head);
  CHECK(takeover_back.number == 13);
  CHECK(takeover_back.incarnation == 2);
  CHECK(takeover_back.cause == "recovered");
}

TEST_CASE("A tag is set or taken away, and nothing else") {
  Bytes bytes = encode(TagBody{.number = 1, .entry = {}, .tag = "ab", .set = true});
  for (const auto& [value, is_right] : {std::pair(0, false), {1, true}, {2, true}, {3, false}}) {
    bytes.back() = static_cast<std::uint8_t>(value);
    const auto tag = parse_tag(bytes);
    CHECK(tag.has_value() == is_right);
    if (tag) CHECK(tag->set == (value == 1));
  }
}

TEST_CASE("Of two lists of days the longer time counts for each class") {
  LockDays days{{0, 30}, {1, 30}, {2, 30}};
  keep_longest(days, {{1, 29}, {2, 31}, {7, 1}});
  CHECK(days == LockDays{{0, 30}, {1, 30}, {2, 31}, {7, 1}});
}

TEST_CASE("Counts add up, each by itself") {
  SnapshotCounts counts{1, 2, 3, 4, 5, 6, 7, 8};
  counts += {10, 20, 30, 40, 50, 60, 70, 80};
  CHECK(counts == SnapshotCounts{11, 22, 33, 44, 55, 66, 77, 88});
}

TEST_CASE("The body of a hold comes back, and one that holds nothing is refused") {
  const HoldBody hold{HoldScope::key, "contract=7", "audit", {{1, 2, 3}}};
  const Bytes bytes = encode(hold);
  const HoldBody back = parse_hold(bytes).value();
  CHECK(back.scope == hold.scope);
  CHECK(back.value == hold.value);
  CHECK(back.reason == hold.reason);
  CHECK(back.id == hold.id);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    REQUIRE(parse_hold(ByteView(bytes).first(size)).error().code == ErrorCode::damaged);
  }
  for (const std::uint8_t scope : {std::uint8_t{0}, std::uint8_t{4}}) {
    Bytes wrong = bytes;
    wrong[2] = scope;
    CHECK_FALSE(parse_hold(wrong));
  }
  CHECK_FALSE(parse_hold(encode(HoldBody{HoldScope::item, "", "audit", {}})));
  HoldBody found = hold;
  found.found = HeldByKey{false, {"calls/a", "rows/b"}};
  const HoldBody found_back = parse_hold(encode(found)).value();
  CHECK_FALSE(found_back.found->is_all);
  CHECK(found_back.found->paths == found.found->paths);
  found.found->is_all = true;
  CHECK(parse_hold(encode(found)).value().found->is_all);
  CHECK_FALSE(back.found);
  for (const auto& paths :
       std::vector<std::vector<std::string>>{{"b", "a"}, {"a", "a"}, {"../a"}, {""}, {"/a"}}) {
    found.found->paths = paths;
    CHECK_FALSE(parse_hold(encode(found)));
  }
  found.found->paths = {};
  CHECK(parse_hold(encode(found)));
  found.scope = HoldScope::item;
  CHECK_FALSE(parse_hold(encode(found)));
  // A snapshot is named by its number and its entry's digest, no more and no less.
  const std::string snapshot = hold_value(12, digest_of(6));
  CHECK(parse_hold(encode(HoldBody{HoldScope::snapshot, snapshot, "", {}})));
  CHECK_FALSE(parse_hold(encode(HoldBody{HoldScope::snapshot, snapshot + "x", "", {}})));
  CHECK_FALSE(parse_hold(encode(HoldBody{HoldScope::snapshot, "12", "", {}})));
}

namespace {

PruneBody full_prune() {
  return {.items = {1, 2, 3},
          .packs = {{digest_of(1), PackEnd::unneeded}, {digest_of(2), PackEnd::repacked}},
          .snapshots = {{{4, digest_of(9)}, 12}, {{7, digest_of(3)}, 13}},
          .decided = Timestamp{5},
          .policy = digest_of(8)};
}

}  // namespace

TEST_CASE("The body of a prune comes back, and says each thing once and in order") {
  const PruneBody prune = full_prune();
  const Bytes bytes = encode(prune);
  const PruneBody back = parse_prune(bytes).value();
  CHECK(back.items == prune.items);
  CHECK(back.packs == prune.packs);
  CHECK(back.snapshots == prune.snapshots);
  CHECK(back.decided == prune.decided);
  CHECK(back.policy == prune.policy);
  const std::size_t items_size = 2 + prune.items.size();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    REQUIRE(parse_prune(ByteView(bytes).first(size)).error().code == ErrorCode::damaged);
  }
  CHECK(parse_prune(ByteView(bytes).subspan(items_size)).value().items.empty());
  const auto is_taken = [](const std::function<void(PruneBody&)>& change) {
    PruneBody changed = full_prune();
    change(changed);
    return parse_prune(encode(changed)).has_value();
  };
  CHECK(is_taken([](PruneBody& body) { body.packs.clear(); }));
  CHECK(is_taken([](PruneBody& body) { body.snapshots.clear(); }));
  CHECK_FALSE(is_taken([](PruneBody& body) { body.packs[1].name = digest_of(1); }));
  CHECK_FALSE(is_taken([](PruneBody& body) { body.packs[0].name = digest_of(3); }));
  CHECK_FALSE(is_taken([](PruneBody& body) { body.packs[0].reason = PackEnd{0}; }));
  CHECK_FALSE(is_taken([](PruneBody& body) { body.packs[0].reason = PackEnd{3}; }));
  CHECK_FALSE(is_taken([](PruneBody& body) { body.snapshots[0].head.number = 0; }));
  CHECK_FALSE(is_taken([](PruneBody& body) { body.snapshots[0].head.number = 7; }));
  CHECK_FALSE(is_taken([](PruneBody& body) { body.snapshots[0].reason = 0; }));
  CHECK_FALSE(is_taken([](PruneBody& body) { body.decided.ns = 0; }));
  CHECK_FALSE(is_taken([](PruneBody& body) { body.decided.ns = -1; }));
}

TEST_CASE("A proof is what, result and details") {
  CHECK(to_hex(encode(ProofBody{"time", 1, "now\tA"})) ==
        "010474696d65"
        "020101"
        "03056e6f770941");
}

TEST_CASE("A count of packs or snapshots that nothing can hold is refused at once") {
  const auto with = [](std::string_view packs, std::string_view snapshots) {
    return parse_prune(from_hex("02" + std::string(packs) + "03" + std::string(snapshots) + "0408" +
                                "0100000000000000" + "0520" + std::string(64, '0'))
                           .value())
        .has_value();
  };
  CHECK(with("0100", "0100"));
  CHECK_FALSE(with("0101", "0100"));
  CHECK_FALSE(with("0100", "0101"));
  CHECK_FALSE(with("09ffffffffffffffff7f", "0100"));
  CHECK_FALSE(with("0100", "09ffffffffffffffff7f"));
  CHECK_FALSE(with("020000", "0100"));
}

TEST_CASE("A field is its tag, its length and its bytes") {
  CHECK(to_hex(encode(TagBody{.number = 1, .entry = {}, .tag = "ab", .set = true})) ==
        "01080100000000000000"
        "0220" +
            std::string(64, '0') +
            "03026162"
            "040101");
}

TEST_CASE("Every truncation of a body is refused, except where only optional fields are gone") {
  const Bytes bytes = encode(TakeoverBody{digest_of(7), 13, 2, "recovered"});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    REQUIRE(parse_takeover(ByteView(bytes).first(size)).error().code == ErrorCode::damaged);
  }
}

TEST_CASE("Unknown, repeated, unordered and missing fields are refused") {
  const Bytes tag = encode(TagBody{});
  const auto with = [&](std::string_view hex) {
    Bytes bytes = tag;
    ByteWriter(bytes).raw(from_hex(hex).value());
    return parse_tag(bytes).has_value();
  };
  CHECK(with(""));
  CHECK_FALSE(with("0500"));    // unknown
  CHECK_FALSE(with("040101"));  // again
  CHECK_FALSE(with("0300"));    // falls
  CHECK_FALSE(with("0000"));    // below the first
  CHECK_FALSE(with("ff00ff00"));
  CHECK_FALSE(with("05"));  // no length
  CHECK_FALSE(parse_tag({}));
  CHECK_FALSE(parse_snapshot({}));
}

TEST_CASE("A field with bytes left over or a value out of range is refused") {
  const auto policy = [](std::string_view locks) {
    return parse_policy(from_hex("0100"
                                 "02" +
                                 std::string(locks) + "0300")
                            .value())
        .has_value();
  };
  CHECK(policy("0100"));
  CHECK(
      policy("0a01"
             "05"
             "0000000000000000"));
  CHECK_FALSE(
      policy("0200"
             "00"));            // left over
  CHECK_FALSE(policy("0101"));  // too short
  CHECK_FALSE(
      policy("0e01"
             "8080808010"
             "0000000000000000"));              // class above 32 bits
  CHECK_FALSE(policy("09ffffffffffffffff7f"));  // a count that nothing can hold

  Bytes bytes = encode(full_snapshot());
  for (const std::uint8_t state : {std::uint8_t{0}, std::uint8_t{4}}) {
    bytes[2] = state;
    CHECK_FALSE(parse_snapshot(bytes));
  }
}

TEST_CASE("A snapshot is complete, stopped or has a gap, and keeps which") {
  for (const auto& [complete, has_gap] : {std::pair(true, false), {false, false}, {false, true}}) {
    journal::SnapshotBody body = full_snapshot();
    body.complete = complete;
    body.has_gap = has_gap;
    const auto parsed = parse_snapshot(encode(body));
    REQUIRE(parsed);
    check_same(*parsed, body);
  }
}
