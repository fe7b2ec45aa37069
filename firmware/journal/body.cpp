// SPDX-License-Identifier: Apache-2.0
#include "firmware/journal/body.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "hal/base/path.h"

namespace holdfast::journal {

namespace {

// field = tag u8 | blob; tags rise, one of them may repeat.
class FieldWriter {
 public:
  template <class Fill>
  void add(std::uint8_t tag, Fill fill) {
    Bytes content;
    ByteWriter writer(content);
    fill(writer);
    ByteWriter out(out_);
    out.u8(tag);
    out.blob(content);
  }
  void text(std::uint8_t tag, std::string_view value) {
    add(tag, [&](ByteWriter& out) { out.raw(view_of(value)); });
  }
  void digest(std::uint8_t tag, const Digest& value) {
    add(tag, [&](ByteWriter& out) { out.raw(value.view()); });
  }
  void time(std::uint8_t tag, Timestamp value) {
    add(tag, [&](ByteWriter& out) { out.i64(value.ns); });
  }
  [[nodiscard]] Bytes take() { return std::move(out_); }

 private:
  Bytes out_;
};

Error damaged() {
  return make_error(ErrorCode::damaged, {}, {{"what", "entry body"}});
}

// Takes a field's content; false if the tag is not known.
using TakeField = std::function<bool(std::uint8_t tag, ByteReader& content)>;

// A bit for each tag that must be there.
template <class... Tags>
constexpr std::uint32_t mask_of(Tags... tags) {
  return ((std::uint32_t{1} << tags) | ...);
}

constexpr std::uint8_t kNoRepeat = 0xff;  // no known tag

Result<void> read_fields(ByteView bytes, std::uint32_t required, std::uint8_t may_repeat,
                         const TakeField& take) {
  ByteReader reader(bytes);
  std::uint32_t seen = 0;
  std::uint8_t last = 0;
  while (!reader.at_end()) {
    const std::uint8_t tag = reader.u8();
    ByteReader content(reader.blob());
    const bool in_order = tag > last || (tag == last && tag == may_repeat);
    if (!reader.ok() || !in_order || !take(tag, content)) return damaged();
    if (!content.ok() || !content.at_end()) return damaged();
    seen |= std::uint32_t{1} << tag;
    last = tag;
  }
  if ((seen & required) != required) return damaged();
  return {};
}

std::string take_text(ByteReader& content) {
  return std::string(text_of(content.raw(content.left())));
}

Digest take_digest(ByteReader& content) {
  return {content.array<32>()};
}

void write(ByteWriter& out, const ChunkReference& chunk) {
  out.raw(chunk.digest.view());
  out.varint(chunk.length);
}

ChunkReference take_chunk(ByteReader& content) {
  ChunkReference chunk;
  chunk.digest = take_digest(content);
  chunk.length = content.varint();
  return chunk;
}

void write(ByteWriter& out, const Root& root) {
  out.u8(root.level);
  write(out, root.node);
  out.varint(root.items);
  out.varint(root.bytes);
}

Root take_root(ByteReader& content) {
  Root root;
  root.level = content.u8();
  root.node = take_chunk(content);
  root.items = content.varint();
  root.bytes = content.varint();
  return root;
}

// In the order of the format.
constexpr std::array kCounts{
    &SnapshotCounts::items,
    &SnapshotCounts::bytes,
    &SnapshotCounts::items_new,
    &SnapshotCounts::items_changed,
    &SnapshotCounts::items_unchanged,
    &SnapshotCounts::items_gone,
    &SnapshotCounts::items_unreadable,
    &SnapshotCounts::items_changing,
};

// States of a snapshot.
constexpr std::uint8_t kComplete = 1;
constexpr std::uint8_t kStopped = 2;
constexpr std::uint8_t kGap = 3;

std::uint8_t state_of(const SnapshotBody& body) {
  if (body.complete) return kComplete;
  return body.has_gap ? kGap : kStopped;
}

// u8 with two values.
bool take_choice(ByteReader& content, bool& is_first) {
  const std::uint8_t value = content.u8();
  is_first = value == 1;
  return value == 1 || value == 2;
}

bool take_scope(ByteReader& content, HoldScope& scope) {
  const std::uint8_t value = content.u8();
  scope = static_cast<HoldScope>(value);
  return value >= 1 && value <= 3;
}

bool take_state(ByteReader& content, SnapshotBody& body) {
  const std::uint8_t value = content.u8();
  body.complete = value == kComplete;
  body.has_gap = value == kGap;
  return value >= kComplete && value <= kGap;
}

void write(ByteWriter& out, const SnapshotDelta& delta) {
  out.u64(delta.base.number);
  out.raw(delta.base.digest.view());
  if (delta.base_items) write(out, *delta.base_items);
}

void take_base(ByteReader& content, SnapshotDelta& delta) {
  delta.base.number = content.u64();
  delta.base.digest = take_digest(content);
  if (content.ok() && !content.at_end()) delta.base_items = take_root(content);
}

// Lists come after and before the base that they belong to.
SnapshotDelta& delta_of(SnapshotBody& body) {
  if (!body.delta) body.delta.emplace();
  return *body.delta;
}

bool take_list(ByteReader& content, Bytes& list) {
  const ByteView bytes = content.raw(content.left());
  list.assign(bytes.begin(), bytes.end());
  return !list.empty();
}

bool take_delta_field(std::uint8_t tag, ByteReader& content, SnapshotDelta& delta) {
  if (tag == 12) return take_list(content, delta.lists.items);
  if (tag == 14) return take_list(content, delta.lists.removed);
  take_base(content, delta);
  return delta.base.number != 0;
}

void write(ByteWriter& out, const LookedAt& looked_at) {
  out.i64(looked_at.whole_started.ns);
  for (const std::string& path : looked_at.paths) out.blob(view_of(path));
}

bool take_looked_at(ByteReader& content, LookedAt& looked_at) {
  looked_at.whole_started.ns = content.i64();
  std::vector<std::string>& paths = looked_at.paths;
  while (content.ok() && !content.at_end()) {
    std::string path(text_of(content.blob()));
    if (!content.ok() || !is_safe_relative_path(path)) return false;
    const bool rises =
        paths.empty() || (compare_paths(paths.back(), path) < 0 && !is_within(path, paths.back()));
    if (!rises) return false;
    paths.push_back(std::move(path));
  }
  return !paths.empty();
}

void write(ByteWriter& out, const HeldByKey& found) {
  out.u8(found.is_all ? 1 : 2);
  for (const std::string& path : found.paths) out.blob(view_of(path));
}

bool take_found(ByteReader& content, HeldByKey& found) {
  if (content.left() > HeldByKey::kPathsSizeMax || !take_choice(content, found.is_all))
    return false;
  while (content.ok() && !content.at_end()) {
    std::string path(text_of(content.blob()));
    const bool rises = found.paths.empty() || compare_paths(found.paths.back(), path) < 0;
    if (!content.ok() || !is_safe_relative_path(path) || !rises) return false;
    found.paths.push_back(std::move(path));
  }
  return true;
}

bool take_trusted(ByteReader& content, Timestamp& time) {
  time.ns = content.i64();
  return time.ns > 0;
}

bool take_snapshot_field(std::uint8_t tag, ByteReader& content, SnapshotBody& body) {
  switch (tag) {
    case 1:
      return take_state(content, body);
    case 2:
      body.host = take_text(content);
      return true;
    case 3:
      body.started.ns = content.i64();
      return true;
    case 4:
      body.finished.ns = content.i64();
      return true;
    case 5:
      for (const auto count : kCounts) body.counts.*count = content.varint();
      return true;
    case 6:
      body.items = take_root(content);
      return true;
    case 7:
      body.bindings = take_root(content);
      return true;
    case 8:
      body.report = take_chunk(content);
      return true;
    case 9:
      body.previous_snapshot = take_digest(content);
      return true;
    case 10:
      body.tags.push_back(take_text(content));
      return true;
    case 11:
      body.policy = take_digest(content);
      return true;
    case 12:
    case 13:
    case 14:
      return take_delta_field(tag, content, delta_of(body));
    case 15:
      return take_looked_at(content, body.looked_at.emplace());
    case 16:
      return take_trusted(content, body.trusted);
    default:
      return false;
  }
}

bool take_locks(ByteReader& content, PolicyBody& body) {
  const std::uint64_t count = content.varint();
  for (std::uint64_t i = 0; i < count && content.ok(); ++i) {
    const std::uint64_t retention_class = content.varint();
    if (retention_class > 0xffffffff) return false;
    const Timestamp until{content.i64()};
    body.locks.emplace_back(static_cast<std::uint32_t>(retention_class), until);
  }
  return true;
}

bool take_lock_days(ByteReader& content, PolicyBody& body) {
  const std::uint64_t count = content.varint();
  for (std::uint64_t i = 0; i < count && content.ok(); ++i) {
    const std::uint64_t retention_class = content.varint();
    const std::uint64_t days = content.varint();
    if (retention_class > 0xffffffff || days > 0xffffffff) return false;
    const auto key = static_cast<std::uint32_t>(retention_class);
    if (!body.lock_days.empty() && body.lock_days.rbegin()->first >= key) return false;
    body.lock_days.emplace(key, static_cast<std::uint32_t>(days));
  }
  return count > 0;
}

bool take_condemned(ByteReader& content, std::vector<CondemnedPack>& packs) {
  const std::uint64_t count = content.varint();
  for (std::uint64_t i = 0; i < count && content.ok(); ++i) {
    const Digest name = take_digest(content);
    const std::uint8_t reason = content.u8();
    const bool is_known = reason >= std::to_underlying(PackEnd::unneeded) &&
                          reason <= std::to_underlying(PackEnd::repacked);
    if (!is_known || (!packs.empty() && packs.back().name >= name)) return false;
    packs.push_back({name, static_cast<PackEnd>(reason)});
  }
  return true;
}

bool take_dropped(ByteReader& content, std::vector<DroppedSnapshot>& snapshots) {
  const std::uint64_t count = content.varint();
  for (std::uint64_t i = 0; i < count && content.ok(); ++i) {
    DroppedSnapshot snapshot;
    snapshot.head.number = content.u64();
    snapshot.head.digest = take_digest(content);
    snapshot.reason = content.u8();
    const std::uint64_t before = snapshots.empty() ? 0 : snapshots.back().head.number;
    if (snapshot.head.number <= before || snapshot.reason == 0) return false;
    snapshots.push_back(snapshot);
  }
  return true;
}

}  // namespace

SnapshotCounts& SnapshotCounts::operator+=(const SnapshotCounts& more) {
  for (const auto count : kCounts) this->*count += more.*count;
  return *this;
}

Bytes encode(const SnapshotBody& body) {
  FieldWriter fields;
  fields.add(1, [&](ByteWriter& out) { out.u8(state_of(body)); });
  fields.text(2, body.host);
  fields.time(3, body.started);
  fields.time(4, body.finished);
  fields.add(5, [&](ByteWriter& out) {
    for (const auto count : kCounts) out.varint(body.counts.*count);
  });
  if (body.items) fields.add(6, [&](ByteWriter& out) { write(out, *body.items); });
  if (body.bindings) fields.add(7, [&](ByteWriter& out) { write(out, *body.bindings); });
  if (body.report) fields.add(8, [&](ByteWriter& out) { write(out, *body.report); });
  if (body.previous_snapshot != Digest{}) fields.digest(9, body.previous_snapshot);
  for (const std::string& tag : body.tags) fields.text(10, tag);
  if (body.policy != Digest{}) fields.digest(11, body.policy);
  if (body.delta) {
    const DeltaLists& lists = body.delta->lists;
    if (!lists.items.empty()) fields.text(12, text_of(lists.items));
    fields.add(13, [&](ByteWriter& out) { write(out, *body.delta); });
    if (!lists.removed.empty()) fields.text(14, text_of(lists.removed));
  }
  if (body.looked_at) fields.add(15, [&](ByteWriter& out) { write(out, *body.looked_at); });
  if (body.trusted.ns > 0) fields.time(16, body.trusted);
  return fields.take();
}

void keep_longest(LockDays& days, const LockDays& others) {
  for (const auto& [retention_class, more] : others) {
    std::uint32_t& longest = days[retention_class];
    longest = std::max(longest, more);
  }
}

Bytes encode(const PolicyBody& body) {
  FieldWriter fields;
  fields.text(1, body.definition);
  fields.add(2, [&](ByteWriter& out) {
    out.varint(body.locks.size());
    for (const auto& [retention_class, until] : body.locks) {
      out.varint(retention_class);
      out.i64(until.ns);
    }
  });
  fields.text(3, body.name);
  if (!body.lock_days.empty()) {
    fields.add(4, [&](ByteWriter& out) {
      out.varint(body.lock_days.size());
      for (const auto& [retention_class, days] : body.lock_days) {
        out.varint(retention_class);
        out.varint(days);
      }
    });
  }
  return fields.take();
}

Bytes encode(const TagBody& body) {
  FieldWriter fields;
  fields.add(1, [&](ByteWriter& out) { out.u64(body.number); });
  fields.digest(2, body.entry);
  fields.text(3, body.tag);
  fields.add(4, [&](ByteWriter& out) { out.u8(body.set ? 1 : 2); });
  return fields.take();
}

std::string hold_value(std::uint64_t number, const Digest& entry) {
  Bytes value;
  ByteWriter out(value);
  out.u64(number);
  out.raw(entry.view());
  return std::string(text_of(value));
}

Bytes encode(const HoldBody& body) {
  FieldWriter fields;
  fields.add(1, [&](ByteWriter& out) { out.u8(std::to_underlying(body.scope)); });
  fields.text(2, body.value);
  fields.text(3, body.reason);
  fields.add(4, [&](ByteWriter& out) { out.raw(body.id.view()); });
  if (body.found) fields.add(5, [&](ByteWriter& out) { write(out, *body.found); });
  return fields.take();
}

Bytes encode(const PruneBody& body) {
  FieldWriter fields;
  if (!body.items.empty()) fields.text(1, text_of(body.items));
  fields.add(2, [&](ByteWriter& out) {
    out.varint(body.packs.size());
    for (const CondemnedPack& pack : body.packs) {
      out.raw(pack.name.view());
      out.u8(std::to_underlying(pack.reason));
    }
  });
  fields.add(3, [&](ByteWriter& out) {
    out.varint(body.snapshots.size());
    for (const DroppedSnapshot& snapshot : body.snapshots) {
      out.u64(snapshot.head.number);
      out.raw(snapshot.head.digest.view());
      out.u8(snapshot.reason);
    }
  });
  fields.time(4, body.decided);
  fields.digest(5, body.policy);
  return fields.take();
}

Bytes encode(const ProofBody& body) {
  FieldWriter fields;
  fields.text(1, body.what);
  fields.add(2, [&](ByteWriter& out) { out.u8(body.result); });
  fields.text(3, body.details);
  return fields.take();
}

Bytes encode(const TakeoverBody& body) {
  FieldWriter fields;
  fields.digest(1, body.head);
  fields.add(2, [&](ByteWriter& out) { out.u64(body.number); });
  fields.add(3, [&](ByteWriter& out) { out.u32(body.incarnation); });
  fields.text(4, body.cause);
  return fields.take();
}

Result<SnapshotBody> parse_snapshot(ByteView bytes) {
  SnapshotBody body;
  HF_TRY(read_fields(bytes, mask_of(1, 2, 3, 4, 5), 10, [&](std::uint8_t tag, ByteReader& content) {
    return take_snapshot_field(tag, content, body);
  }));
  if (body.delta && body.delta->base.number == 0) return damaged();
  return body;
}

Result<PolicyBody> parse_policy(ByteView bytes) {
  PolicyBody body;
  HF_TRY(
      read_fields(bytes, mask_of(1, 2, 3), kNoRepeat, [&](std::uint8_t tag, ByteReader& content) {
        if (tag == 2) return take_locks(content, body);
        if (tag == 4) return take_lock_days(content, body);
        if (tag != 1 && tag != 3) return false;
        (tag == 1 ? body.definition : body.name) = take_text(content);
        return true;
      }));
  return body;
}

Result<TagBody> parse_tag(ByteView bytes) {
  TagBody body;
  HF_TRY(read_fields(bytes, mask_of(1, 2, 3, 4), kNoRepeat,
                     [&](std::uint8_t tag, ByteReader& content) {
                       if (tag == 1) body.number = content.u64();
                       if (tag == 2) body.entry = take_digest(content);
                       if (tag == 3) body.tag = take_text(content);
                       return tag == 4 ? take_choice(content, body.set) : tag < 4;
                     }));
  return body;
}

Result<HoldBody> parse_hold(ByteView bytes) {
  HoldBody body;
  HF_TRY(read_fields(bytes, mask_of(1, 2, 3, 4), kNoRepeat,
                     [&](std::uint8_t tag, ByteReader& content) {
                       if (tag == 1) return take_scope(content, body.scope);
                       if (tag == 2) body.value = take_text(content);
                       if (tag == 3) body.reason = take_text(content);
                       if (tag == 4) body.id.bytes = content.array<16>();
                       if (tag == 5) return take_found(content, body.found.emplace());
                       return tag <= 4;
                     }));
  if (body.found && body.scope != HoldScope::key) return damaged();
  constexpr std::size_t kSnapshotValueSize = 40;
  const bool fits = body.scope == HoldScope::snapshot ? body.value.size() == kSnapshotValueSize
                                                      : !body.value.empty();
  if (!fits) return damaged();
  return body;
}

Result<PruneBody> parse_prune(ByteView bytes) {
  PruneBody body;
  HF_TRY(read_fields(bytes, mask_of(2, 3, 4, 5), kNoRepeat,
                     [&](std::uint8_t tag, ByteReader& content) {
                       if (tag == 1) return take_list(content, body.items);
                       if (tag == 2) return take_condemned(content, body.packs);
                       if (tag == 3) return take_dropped(content, body.snapshots);
                       if (tag == 4) return take_trusted(content, body.decided);
                       if (tag == 5) body.policy = take_digest(content);
                       return tag == 5;
                     }));
  return body;
}

Result<TakeoverBody> parse_takeover(ByteView bytes) {
  TakeoverBody body;
  HF_TRY(read_fields(bytes, mask_of(1, 2, 3, 4), kNoRepeat,
                     [&](std::uint8_t tag, ByteReader& content) {
                       if (tag == 1) body.head = take_digest(content);
                       if (tag == 2) body.number = content.u64();
                       if (tag == 3) body.incarnation = content.u32();
                       if (tag == 4) body.cause = take_text(content);
                       return tag <= 4;
                     }));
  return body;
}

}  // namespace holdfast::journal
