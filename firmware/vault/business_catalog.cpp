// SPDX-License-Identifier: Apache-2.0
// How a business keeps its catalog true (P9): absent, damaged, older, newer or of another history,
// it is brought level with the journal or made anew from journal and packs.
#include <algorithm>

#include "firmware/pack/reader.h"
#include "firmware/vault/business.h"
#include "firmware/vault/delta.h"
#include "firmware/vault/pruned_items.h"

namespace holdfast::vault {

namespace {

using ReadPart = std::function<Result<void>(std::uint64_t offset, ByteSpan out)>;
using Index = std::vector<pack::IndexRecord>;

// Trailer, then index frame, of a pack that is only partly read. No shard says that its pack is
// larger than any, and no trailer that the index lies in the header.
Result<Index> parse_index(pack::PackReader& reader, std::uint64_t size, const ReadPart& read) {
  if (size < pack::kHeaderSize + pack::kTrailerSize) {
    return make_error(ErrorCode::damaged, {}, {{"what", "pack size"}});
  }
  Bytes trailer_bytes(pack::kTrailerSize);
  HF_TRY(read(size - pack::kTrailerSize, trailer_bytes));
  HF_TRY(const pack::Trailer trailer, pack::parse_trailer(trailer_bytes));
  if (trailer.index_position > size - pack::kTrailerSize) {
    return make_error(ErrorCode::damaged, {}, {{"what", "index position"}});
  }
  Bytes frame(static_cast<std::size_t>(size - pack::kTrailerSize - trailer.index_position));
  HF_TRY(read(trailer.index_position, frame));
  return reader.open_index(frame, trailer);
}

Result<Index> read_part(pool::PackHandle& handle, const SecretKey& key, bool checked) {
  HF_TRY(auto reader, pack::PackReader::open(handle.shape().pack_header, key));
  return parse_index(reader, handle.shape().pack_size, [&](std::uint64_t offset, ByteSpan out) {
    return checked ? handle.read_checked(offset, out) : handle.read(offset, out);
  });
}

Result<Index> read_proved(const Buffer& whole, const SecretKey& key) {
  if (whole.size() < pack::kHeaderSize) return make_error(ErrorCode::truncated);
  HF_TRY(auto reader, pack::PackReader::open(whole.view().first(pack::kHeaderSize), key));
  return parse_index(reader, whole.size(), [&](std::uint64_t offset, ByteSpan out) -> Result<void> {
    const ByteView part = whole.view().subspan(static_cast<std::size_t>(offset), out.size());
    std::copy(part.begin(), part.end(), out.begin());
    return {};
  });
}

// What another try, another day or another disk does not change.
bool is_wrong_content(ErrorCode code) {
  return code == ErrorCode::damaged || code == ErrorCode::truncated ||
         code == ErrorCode::bad_magic || code == ErrorCode::unsupported_version ||
         code == ErrorCode::unsupported_suite || code == ErrorCode::wrong_key ||
         code == ErrorCode::limit_exceeded;
}

// Bytes that no key opens, or that are not what they should be.
bool is_nobodys(ErrorCode code) {
  return code == ErrorCode::no_key || is_wrong_content(code);
}

// data_lost if the bytes are not to be had: every way of reading was tried, the whole pack, proved
// by its name, last.
Result<Index> read_index(pool::PackHandle& handle, const Digest& name, const SecretKey& key) {
  for (const bool checked : {false, true}) {
    auto index = read_part(handle, key, checked);
    if (index) return index;
    const ErrorCode code = index.error().code;
    if (code != ErrorCode::data_lost && !is_wrong_content(code)) return index;
  }
  HF_TRY(const Buffer whole, handle.read_whole());
  auto index = read_proved(whole, key);
  if (index || !is_wrong_content(index.error().code)) return index;
  return make_error(ErrorCode::data_lost, name.hex(), {{"pack", name.hex()}});
}

// Fills the row's hint; false if no disk that is here can give the index.
Result<bool> look_up(pool::Pool& pool, EpochKeys& keys, catalog::PackRow& row, Index& index) {
  const auto is_gone = [](const Error& error) {
    return error.code == ErrorCode::not_found || error.code == ErrorCode::data_lost;
  };
  const auto handle =
      pool.open_pack(row.pack.name, {.geometry = {0, 0}, .pack_size = row.pack.size});
  if (!handle && is_gone(handle.error())) return false;
  if (!handle) return handle.error();
  HF_TRY(const SecretKey* key, keys.get(row.pack.epoch, row.pack.kind));
  auto read = read_index(**handle, row.pack.name, *key);
  if (!read && is_gone(read.error())) return false;
  if (!read) return std::move(read.error());
  index = std::move(*read);
  const pool::ShardHeader& shape = (*handle)->shape();
  row.hint = {shape.geometry, shape.generation};
  row.under_protected = shape.under_protected;
  return true;
}

}  // namespace

// A pack that is lost still gets its row (without chunks), so that the journal can be followed and
// its items are named as lost, and read again from the source, instead of stopping everything. Any
// other error may be gone the next time, so it leaves no row behind.
Result<void> Business::note_pack(catalog::Catalog& catalog, const journal::NewPack& pack) {
  HF_TRY(const auto known, catalog.find_pack(pack.name));
  if (known) return {};
  catalog::PackRow row;
  row.pack = pack;
  Index index;
  HF_TRY(const bool found, look_up(pool_, epoch_keys_, row, index));
  static_cast<void>(found);  // the row says so itself: index_missing()
  return catalog.note_open_pack(row, index);
}

// Disks that were away may be back, and with them packs that were noted without chunks.
Result<void> Business::complete_packs(catalog::Catalog& catalog) {
  std::vector<catalog::PackRow> rows;
  HF_TRY(catalog.for_each_pack([&](const catalog::PackRow& row) -> Result<void> {
    if (row.index_missing()) rows.push_back(row);
    return {};
  }));
  for (catalog::PackRow& row : rows) {
    Index index;
    HF_TRY(const bool found, look_up(pool_, epoch_keys_, row, index));
    if (found) HF_TRY(catalog.complete_pack(row, index));
  }
  return {};
}

namespace {

Result<journal::SnapshotBody> parse_snapshot(journal::EntryKind kind, ByteView bytes) {
  HF_TRY(journal::SnapshotBody body, journal::parse_snapshot(bytes));
  if ((kind == journal::EntryKind::delta) != body.delta.has_value()) {
    return make_error(ErrorCode::damaged, {}, {{"what", "entry body"}});
  }
  if (body.delta) HF_TRY(parse_delta(body.delta->lists));
  return body;
}

// Only a hold can stand on more.
Result<journal::HoldBody> parse_hold(journal::EntryKind kind, ByteView bytes) {
  HF_TRY(auto body, journal::parse_hold(bytes));
  if (kind == journal::EntryKind::hold || !body.found) return body;
  return make_error(ErrorCode::damaged, {}, {{"what", "entry body"}});
}

Result<catalog::Prune> parse_prune(ByteView bytes) {
  catalog::Prune prune;
  HF_TRY(prune.body, journal::parse_prune(bytes));
  if (prune.body.items.empty()) return prune;
  HF_TRY(prune.items, parse_pruned_items(prune.body.items));
  return prune;
}

}  // namespace

Result<void> Business::apply_entry(catalog::Catalog& catalog, const journal::Entry& entry) {
  for (const journal::NewPack& pack : entry.new_packs) HF_TRY(note_pack(catalog, pack));
  std::optional<journal::SnapshotBody> snapshot;
  std::optional<journal::TagBody> tag;
  std::optional<journal::HoldBody> hold;
  std::optional<journal::PolicyBody> policy;
  std::optional<catalog::Prune> prune;
  using journal::EntryKind;
  const bool is_snapshot = entry.kind == EntryKind::snapshot || entry.kind == EntryKind::delta;
  const bool is_hold = entry.kind == EntryKind::hold || entry.kind == EntryKind::release;
  const bool is_prune = entry.kind == EntryKind::prune;
  const bool is_read = is_snapshot || is_hold || is_prune || entry.kind == EntryKind::tag;
  if (is_read && !entry.sealed_dropped) {
    HF_TRY(const SecretKey* key, epoch_keys_.get(entry.key_epoch, keys::KeyKind::meta));
    HF_TRY(const Bytes body, journal::open_body(entry, *key));
    if (is_snapshot) {
      HF_TRY(snapshot, parse_snapshot(entry.kind, body));
    } else if (is_hold) {
      HF_TRY(hold, parse_hold(entry.kind, body));
    } else if (is_prune) {
      HF_TRY(prune, parse_prune(body));
    } else {
      HF_TRY(tag, journal::parse_tag(body));
    }
  }
  if (entry.kind == EntryKind::policy && !entry.sealed_dropped) {
    auto read = read_policy(entry);
    if (!read && !is_nobodys(read.error().code)) return std::move(read.error());
    if (read) policy = std::move(*read);  // else policy_in_force() says why not
  }
  return catalog.apply(entry, snapshot, tag, hold, policy, prune);
}

Result<void> Business::roll_forward(catalog::Catalog& catalog, const journal::Head& from,
                                    const RebuildProgress& progress) {
  HF_TRY(catalog.begin());
  auto done = read_into(catalog, from, false, progress);
  if (!done && done.error().code == ErrorCode::chain_broken) {
    catalog.take_back();
    HF_TRY(catalog.begin());
    done = read_into(catalog, from, true, progress);
  }
  HF_TRY(std::move(done));
  return catalog.commit();
}

// Entry by entry, so that what was applied stays so when the next one fails.
Result<void> Business::follow_journal() {
  const std::lock_guard lock(catalog_mutex_);
  HF_TRY(const journal::Head from, catalog_->head());
  return read_into(*catalog_, from, false, {});
}

// Behind entries that no disk has the catalog goes on. What they said is not known, and packs that
// only they named are looked for on the disks: snapshots behind the gap stand on them.
Result<void> Business::read_into(catalog::Catalog& catalog, const journal::Head& from,
                                 bool surveyed, const RebuildProgress& progress) {
  const std::uint64_t total = journal_->head().number - from.number;
  // Whoever begins anew reads every entry anyway, and looks at every signature as well.
  const auto signatures =
      from.number == 0 ? journal::Signatures::every : journal::Signatures::needed;
  std::optional<journal::EntryRange> passing;
  std::uint64_t last_lost = 0;
  const auto apply = [&](const journal::Entry& entry) -> Result<void> {
    if (passing) HF_TRY(catalog.pass_lost_entries(*passing, {entry.number - 1, entry.previous}));
    passing.reset();
    auto applied = apply_entry(catalog, entry);
    if (!applied && applied.error().where.empty()) {
      applied.error().where =
          journal::journal_directory(name_.id) + ", entry " + std::to_string(entry.number);
    }
    HF_TRY(std::move(applied));
    if (progress) progress(entry.number - from.number, total);
    return {};
  };
  const auto pass = [&](const journal::EntryRange& lost) -> Result<void> {
    passing = lost;
    last_lost = lost.last;
    return {};
  };
  HF_TRY(surveyed ? journal_->read_surveyed(from, apply, signatures, pass)
                  : journal_->read(from.number + 1, apply, signatures, pass));
  // The newest ones were there when the journal was opened: to leave them out would be to show an
  // older state as the present one.
  if (passing) return journal::entries_lost(name_.id, *passing);
  return last_lost == 0 ? Result<void>() : name_packs_behind(catalog, last_lost);
}

// Packs of this business that no entry names and that can be read. Bytes that no key opens, and
// what is left of a pack, are nobody's.
Result<void> Business::for_each_unnamed_pack(catalog::Catalog& catalog, const VisitPack& visit) {
  return pool_.list_packs([&](const pool::FoundPack& pack) -> Result<void> {
    const auto header = pack::parse_header(pack.header);
    if (!header || header->identity.business != name_.id) return {};
    HF_TRY(const auto known, catalog.find_pack(pack.name));
    if (known && known->entry != 0) return {};
    UnnamedPack unnamed{.row = {}, .index = {}, .has_row = known.has_value()};
    unnamed.row.pack = {.name = pack.name,
                        .size = pack.size,
                        .epoch = header->identity.epoch,
                        .retention_class = header->identity.retention_class,
                        .kind = header->identity.kind};
    const auto found = look_up(pool_, epoch_keys_, unnamed.row, unnamed.index);
    if (!found && is_nobodys(found.error().code)) return {};
    if (!found) return found.error();
    if (!*found) return {};
    // A few shards may be enough for the index, and not for the pack.
    HF_TRY(const auto handle, pool_.open_pack(pack.name, unnamed.row.hint));
    HF_TRY(const int present, handle->shards_present());
    return present >= unnamed.row.hint.geometry.k ? visit(unnamed) : Result<void>();
  });
}

Result<void> Business::name_packs_behind(catalog::Catalog& catalog, std::uint64_t number) {
  std::vector<journal::NewPack> found;
  HF_TRY(for_each_unnamed_pack(catalog, [&](const UnnamedPack& pack) -> Result<void> {
    found.push_back(pack.row.pack);
    return pack.has_row ? catalog.complete_pack(pack.row, pack.index)
                        : catalog.note_open_pack(pack.row, pack.index);
  }));
  return catalog.name_found_packs(number, found);
}

// Packs that were not there when the catalog passed a gap: their disks were away, or a run was cut
// since.
Result<bool> Business::has_packs_behind(catalog::Catalog& catalog) {
  bool has_packs = false;
  HF_TRY(for_each_unnamed_pack(catalog, [&](const UnnamedPack&) -> Result<void> {
    has_packs = true;
    return {};
  }));
  return has_packs;
}

Result<std::vector<journal::EntryRange>> Business::lost_entries() {
  return with_catalog([](catalog::Catalog& catalog) { return catalog.gaps(); });
}

// True if the catalog's head is an entry of this journal.
Result<bool> Business::is_ancestor(const journal::Head& head) {
  if (head.number == 0) return head.digest == Digest{};
  if (head.number > journal_->head().number) return false;
  if (head.number == journal_->head().number) return head == journal_->head();
  // Where an entry is lost one of its number that never counted may still lie: what follows knows.
  const auto next = read_entry(head.number + 1);
  if (next && next->previous == head.digest) return true;
  const auto entry = read_entry(head.number);
  // Lost on every disk: what comes behind it says whether it follows.
  if (!entry && entry.error().code == ErrorCode::entries_lost) return true;
  if (!entry) return entry.error();
  return entry->digest == head.digest;
}

std::string Business::catalog_path() const {
  return catalog_file(box_.settings().catalog_directory, name_.id);
}

// Built beside the file and put in its place when it is whole: nobody ever reads half a catalog.
Result<void> Business::make_catalog(const RebuildProgress& progress) {
  const bool in_memory = box_.settings().catalog_directory.empty();
  const std::string path = catalog_path();
  const std::string building = in_memory ? path : path + ".new";
  if (!in_memory) {
    // A home brought back from a copy may not have it.
    HF_TRY(box_.ports().home.make_directory(kCatalogFolder));
    HF_TRY(catalog::remove_files(building));
  }
  std::optional<catalog::Catalog> catalog;
  HF_TRY(catalog, catalog::Catalog::open(building, catalog::OpenMode::write, name_.id));
  HF_TRY(roll_forward(*catalog, {}, progress));
  if (in_memory) {
    catalog_ = std::move(catalog);
    return {};
  }
  HF_TRY(catalog->checkpoint());
  catalog.reset();
  if (catalog_) {
    // What a reader holds back of it is derived data: the replaced file may miss it.
    static_cast<void>(catalog_->checkpoint().has_value());
    catalog_.reset();
  }
  HF_TRY(catalog::install(building, path));
  HF_TRY(catalog_, catalog::Catalog::open(path, catalog::OpenMode::write, name_.id));
  return {};
}

// With the catalog's path: chain_broken, it is of another history than the journal; not_newest, it
// is behind, or, opened for writing, is to be made anew because what it passed as lost is there.
Result<void> Business::open_level_catalog(catalog::OpenMode mode) {
  const std::string path = catalog_path();
  HF_TRY(auto catalog, catalog::Catalog::open(path, mode, name_.id));
  HF_TRY(const journal::Head head, catalog.head());
  const bool reading = mode == catalog::OpenMode::read;
  // The catalog follows the journal: when it is ahead, our view of the journal is the old one.
  if (reading && head.number > journal_->head().number) HF_TRY(reopen_journal());
  // Of a journal whose newest entries are not to be had the catalog may be all that is left.
  const bool knows_more = !journal_->writable() && head.number > journal_->head().number;
  if (knows_more) {
    catalog_ = std::move(catalog);
    return {};
  }
  if (head != journal_->head()) {
    HF_TRY(const bool ancestor, is_ancestor(head));
    if (!ancestor) return make_error(ErrorCode::chain_broken, path);
    if (reading) return make_error(ErrorCode::not_newest, path);
  }
  // Disks that were away may have come back.
  HF_TRY(const auto gaps, catalog.gaps());
  HF_TRY(const bool fills_gaps, journal_->has_any_of(gaps));
  if (fills_gaps) return make_error(ErrorCode::not_newest, path);
  if (!gaps.empty()) {
    HF_TRY(const bool has_packs, has_packs_behind(catalog));
    if (has_packs && reading) return make_error(ErrorCode::not_newest, path);
    if (has_packs) HF_TRY(name_packs_behind(catalog, gaps.back().last));
  }
  HF_TRY(const bool lacks_packs, catalog.has_unindexed_packs());
  if (reading && lacks_packs) return make_error(ErrorCode::not_newest, path);
  if (!reading) {
    HF_TRY(complete_packs(catalog));
    if (head != journal_->head()) HF_TRY(roll_forward(catalog, head, {}));
  }
  catalog_ = std::move(catalog);
  return {};
}

Result<void> Business::open_catalog() {
  const bool in_memory = box_.settings().catalog_directory.empty();
  if (access_ == Access::write || in_memory) return mend_catalog();
  auto opened = open_level_catalog(catalog::OpenMode::read);
  if (opened || opened.error().code == ErrorCode::power_cut) return opened;
  // Behind, missing or damaged: whoever may write mends it. If somebody is writing right now, the
  // catalog is being brought along, and what it last committed is read.
  const auto lock = box_.lock(name_.id.hex());
  if (!lock) return open_as_it_is(std::move(opened.error()));
  return mend_as_reader();
}

// Under the lock. What was seen before it was taken is of no worth: another one may have written,
// and what looks wrong beside an old view of the journal may be right.
Result<void> Business::mend_as_reader() {
  HF_TRY(reopen_journal());
  auto opened = open_level_catalog(catalog::OpenMode::read);
  if (opened || opened.error().code == ErrorCode::power_cut) return opened;
  HF_TRY(mend_catalog());
  // Without the lock there must be no connection that can write.
  catalog_.reset();
  HF_TRY(catalog_, catalog::Catalog::open(catalog_path(), catalog::OpenMode::read, name_.id));
  return {};
}

Result<void> Business::open_as_it_is(Error why) {
  if (why.code == ErrorCode::not_newest) {
    HF_TRY(catalog_, catalog::Catalog::open(catalog_path(), catalog::OpenMode::read, name_.id));
    return {};
  }
  const bool is_being_made = why.code == ErrorCode::not_found || why.code == ErrorCode::damaged ||
                             why.code == ErrorCode::chain_broken;
  if (!is_being_made || why.where != catalog_path()) return why;
  // Reading never waits: until the file is there, one of our own does.
  has_own_catalog_ = true;
  std::optional<catalog::Catalog> own;
  HF_TRY(own, catalog::Catalog::open(":memory:", catalog::OpenMode::write, name_.id));
  HF_TRY(roll_forward(*own, {}, {}));
  catalog_ = std::move(own);
  return {};
}

Result<void> Business::mend_catalog() {
  const std::string path = catalog_path();
  {
    // Asked by reading, which makes no file: readers must not see one that is still empty.
    const auto present = catalog::Catalog::open(path, catalog::OpenMode::read, name_.id);
    if (!present && present.error().code == ErrorCode::not_found) return make_catalog({});
  }
  auto opened = open_level_catalog(catalog::OpenMode::write);
  if (opened || opened.error().where != path) return opened;
  const ErrorCode code = opened.error().code;
  // It may know of entries that nobody gives any more: it is kept beside.
  if (code == ErrorCode::not_newest) {
    HF_TRY(catalog::set_aside(path, "replaced"));
    return make_catalog({});
  }
  if (code != ErrorCode::damaged && code != ErrorCode::chain_broken) return opened;
  HF_TRY(catalog::set_aside(path, "damaged"));
  return make_catalog({});
}

Result<void> Business::rebuild_catalog(const RebuildProgress& progress) {
  HF_CHECK(access_ == Access::write);
  const std::lock_guard lock(catalog_mutex_);
  return make_catalog(progress);
}

Result<void> Business::note_codings(std::span<const catalog::PackRow> packs) {
  const auto note = [&](catalog::Catalog& catalog) -> Result<void> {
    for (const catalog::PackRow& row : packs) {
      HF_TRY(catalog.note_coding(row.pack.name, row.hint, row.under_protected));
    }
    return {};
  };
  const bool is_own = box_.settings().catalog_directory.empty() || has_own_catalog_;
  if (access_ == Access::write || is_own) return with_catalog(note);
  HF_TRY(const auto lock, box_.lock(name_.id.hex()));
  {
    // Asked by reading, which makes no file.
    const auto present = catalog::Catalog::open(catalog_path(), catalog::OpenMode::read, name_.id);
    if (!present && present.error().code == ErrorCode::not_found) return {};
    if (!present) return present.error();
  }
  HF_TRY(auto catalog, catalog::Catalog::open(catalog_path(), catalog::OpenMode::write, name_.id));
  HF_TRY(catalog.begin());
  HF_TRY(note(catalog));
  return catalog.commit();
}

Result<std::optional<catalog::Catalog>> Business::open_reading_catalog() {
  if (box_.settings().catalog_directory.empty() || has_own_catalog_) {
    return std::optional<catalog::Catalog>();
  }
  HF_TRY(auto catalog, catalog::Catalog::open(catalog_path(), catalog::OpenMode::read, name_.id));
  return std::optional(std::move(catalog));
}

}  // namespace holdfast::vault
