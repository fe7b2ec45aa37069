// SPDX-License-Identifier: Apache-2.0
// All that journal and named packs determine, as lines of text in one order. Row ids, and so the
// order in which packs were noted, leave no trace; neither does which disks were there.
#include <initializer_list>
#include <utility>

#include "firmware/catalog/state.h"

namespace holdfast::catalog {

namespace {

using Visit = std::function<void(const std::string& line)>;

std::string line_of(std::initializer_list<std::string> words) {
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty()) line += ' ';
    line += word;
  }
  return line;
}

template <std::integral Integer>
std::string number(Integer value) {
  return std::to_string(value);
}

std::string quoted(const std::string& text) {
  return "x" + to_hex(view_of(text));
}

Result<void> dump_packs(Database& database, const Visit& visit) {
  Statement select(database,
                   "SELECT name, size, epoch, class, kind, k, m, generation, under_protected, "
                   "lost, entry, condemned, place, found FROM packs "
                   "WHERE entry > 0 AND condemned = 0 ORDER BY name");
  Query row = select.with();
  return row.each([&]() -> Result<void> {
    const PackRow pack = read_pack(row);
    const std::uint64_t place = row.u64();
    const bool found = row.boolean();
    HF_TRY(row.intact());
    visit(line_of({"pack", pack.pack.name.hex(), number(pack.pack.size), number(pack.pack.epoch),
                   number(pack.pack.retention_class), number(std::to_underlying(pack.pack.kind)),
                   number(pack.hint.geometry.k), number(pack.hint.geometry.m),
                   number(pack.hint.generation), number(int{pack.under_protected}),
                   number(pack.entry), number(place), number(int{found})}));
    return {};
  });
}

Result<void> dump_chunks(Database& database, const Visit& visit) {
  // By pack, since chunks stand so: millions of them are not sorted.
  Statement select(database,
                   "SELECT packs.name, chunks.name, position, stored_length, plain_length, "
                   "compression FROM packs CROSS JOIN chunks "
                   "ON chunks.id BETWEEN packs.id << 20 AND (packs.id << 20) + 1048575 "
                   "WHERE packs.entry > 0 AND condemned = 0 ORDER BY packs.name, chunks.id");
  Query row = select.with();
  return row.each([&]() -> Result<void> {
    const Digest pack = row.digest();
    const pack::IndexRecord chunk = read_record(row);
    HF_TRY(row.intact());
    visit(line_of({"chunk", pack.hex(), chunk.name.hex(), number(chunk.position),
                   number(chunk.stored_length), number(chunk.plain_length),
                   number(std::to_underlying(chunk.compression))}));
    return {};
  });
}

Result<void> dump_snapshots(Database& database, const Visit& visit) {
  Statement select(database,
                   "SELECT number, digest, kind, time, body FROM snapshots ORDER BY number");
  Query row = select.with();
  return row.each([&]() -> Result<void> {
    const std::string line = line_of({"snapshot", number(row.u64()), row.digest().hex(),
                                      number(row.u8()), number(row.i64()), to_hex(row.blob())});
    HF_TRY(row.intact());
    visit(line);
    return {};
  });
}

Result<void> dump_deltas(Database& database, const Visit& visit) {
  Statement select(database, "SELECT number, items, removed FROM deltas ORDER BY number");
  Query row = select.with();
  return row.each([&]() -> Result<void> {
    const std::string line =
        line_of({"delta", number(row.u64()), "x" + to_hex(row.blob()), "x" + to_hex(row.blob())});
    HF_TRY(row.intact());
    visit(line);
    return {};
  });
}

Result<void> dump_tags(Database& database, const Visit& visit) {
  Statement select(database,
                   "SELECT number, snapshot, snapshot_digest, tag, is_set FROM tags "
                   "ORDER BY number");
  Query row = select.with();
  return row.each([&]() -> Result<void> {
    const std::string line = line_of({"tag", number(row.u64()), number(row.u64()),
                                      row.digest().hex(), quoted(row.text()), number(row.u8())});
    HF_TRY(row.intact());
    visit(line);
    return {};
  });
}

Result<void> dump_holds(Database& database, const Visit& visit) {
  Statement select(database,
                   "SELECT number, time, id, scope, value, reason, found FROM holds "
                   "ORDER BY number");
  Query row = select.with();
  HF_TRY(row.each([&]() -> Result<void> {
    const std::string line =
        line_of({"hold", number(row.u64()), number(row.i64()), to_hex(row.blob()), number(row.u8()),
                 "x" + to_hex(row.blob()), "x" + to_hex(row.blob()), number(row.u8())});
    HF_TRY(row.intact());
    visit(line);
    return {};
  }));
  Statement paths(database, "SELECT hold, path FROM held_paths ORDER BY hold, path");
  Query path = paths.with();
  return path.each([&]() -> Result<void> {
    const std::string line = line_of({"held", number(path.u64()), "x" + to_hex(path.blob())});
    HF_TRY(path.intact());
    visit(line);
    return {};
  });
}

Result<void> dump_dropped(Database& database, const Visit& visit) {
  Statement select(database,
                   "SELECT number, digest, prune, reason FROM dropped ORDER BY number, digest");
  Query row = select.with();
  return row.each([&]() -> Result<void> {
    const std::string line = line_of(
        {"dropped", number(row.u64()), row.digest().hex(), number(row.u64()), number(row.u8())});
    HF_TRY(row.intact());
    visit(line);
    return {};
  });
}

// Of a condemned pack it depends on the disks whether it has a row.
Result<void> dump_prunes(Database& database, const Visit& visit) {
  Statement prunes(database, "SELECT number, decided, items, packs FROM prunes ORDER BY number");
  Query prune = prunes.with();
  HF_TRY(prune.each([&]() -> Result<void> {
    const std::string line = line_of({"prune", number(prune.u64()), number(prune.i64()),
                                      number(prune.u64()), number(prune.u64())});
    HF_TRY(prune.intact());
    visit(line);
    return {};
  }));
  Statement packs(database, "SELECT pack, number FROM condemned ORDER BY pack");
  Query pack = packs.with();
  HF_TRY(pack.each([&]() -> Result<void> {
    const std::string line = line_of({"condemned", pack.digest().hex(), number(pack.u64())});
    HF_TRY(pack.intact());
    visit(line);
    return {};
  }));
  Statement deleted(database,
                    "SELECT path, identity, number, reason, until FROM deleted "
                    "ORDER BY path, identity");
  Query item = deleted.with();
  return item.each([&]() -> Result<void> {
    const std::string line = line_of({"deleted", "x" + to_hex(item.blob()), item.digest().hex(),
                                      number(item.u64()), number(item.u8()), number(item.i64())});
    HF_TRY(item.intact());
    visit(line);
    return {};
  });
}

Result<void> dump_policies(Database& database, const Visit& visit) {
  Statement select(database, "SELECT number, digest, body FROM policies ORDER BY number");
  Query row = select.with();
  return row.each([&]() -> Result<void> {
    const std::string line =
        line_of({"policy", number(row.u64()), row.digest().hex(), "x" + to_hex(row.blob())});
    HF_TRY(row.intact());
    visit(line);
    return {};
  });
}

}  // namespace

Result<void> Catalog::dump(const std::function<void(const std::string& line)>& visit) {
  HF_TRY(const journal::Head at, head());
  visit(line_of({"business", state_->business.hex()}));
  visit(line_of({"head", number(at.number), at.digest.hex()}));
  HF_TRY(dump_packs(state_->database, visit));
  HF_TRY(dump_chunks(state_->database, visit));
  HF_TRY(dump_snapshots(state_->database, visit));
  HF_TRY(dump_deltas(state_->database, visit));
  HF_TRY(dump_tags(state_->database, visit));
  HF_TRY(dump_holds(state_->database, visit));
  HF_TRY(dump_prunes(state_->database, visit));
  HF_TRY(dump_dropped(state_->database, visit));
  HF_TRY(const auto passed, gaps());
  for (const journal::EntryRange& gap : passed) {
    visit(line_of({"gap", number(gap.first), number(gap.last)}));
  }
  return dump_policies(state_->database, visit);
}

}  // namespace holdfast::catalog
