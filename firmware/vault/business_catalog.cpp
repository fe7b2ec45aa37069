// SPDX-License-Identifier: Apache-2.0
// How a business keeps its catalog true (P9): absent, damaged, older, newer or of another history,
// it is brought level with the journal or made anew from journal and packs.
#include "firmware/pack/reader.h"
#include "firmware/vault/business.h"

namespace holdfast::vault {

namespace {

// Trailer, then index frame, of a pack that is only partly read.
Result<std::vector<pack::IndexRecord>> read_index(pool::PackHandle& handle,
                                                  const SecretKey& epoch_key) {
  const std::uint64_t size = handle.shape().pack_size;
  if (size < pack::kHeaderSize + pack::kTrailerSize || size > pack::kPackSizeMax) {
    return make_error(ErrorCode::damaged, {}, {{"what", "pack size"}});
  }
  HF_TRY(auto reader, pack::PackReader::open(handle.shape().pack_header, epoch_key));
  const auto attempt = [&](bool checked) -> Result<std::vector<pack::IndexRecord>> {
    const auto read = [&](std::uint64_t offset, ByteSpan out) {
      return checked ? handle.read_checked(offset, out) : handle.read(offset, out);
    };
    Bytes trailer_bytes(pack::kTrailerSize);
    HF_TRY(read(size - pack::kTrailerSize, trailer_bytes));
    HF_TRY(const pack::Trailer trailer, pack::parse_trailer(trailer_bytes));
    if (trailer.index_position < pack::kHeaderSize ||
        trailer.index_position > size - pack::kTrailerSize) {
      return make_error(ErrorCode::damaged, {}, {{"what", "index position"}});
    }
    Bytes frame(static_cast<std::size_t>(size - pack::kTrailerSize - trailer.index_position));
    HF_TRY(read(trailer.index_position, frame));
    return reader.open_index(frame, trailer);
  };
  auto records = attempt(false);
  if (records || records.error().code == ErrorCode::power_cut) return records;
  return attempt(true);
}

}  // namespace

// A pack that is lost still gets its row (without chunks), so that the journal can be followed and
// its items are named as lost, and read again from the source, instead of stopping everything.
Result<void> Business::note_pack(catalog::Catalog& catalog, const journal::NewPack& pack) {
  HF_TRY(const auto known, catalog.find_pack(pack.name));
  if (known) return {};
  catalog::PackRow row;
  row.pack = pack;
  std::vector<pack::IndexRecord> index;
  auto handle = pool_.open_pack(pack.name, {});
  if (!handle && handle.error().code == ErrorCode::power_cut) return std::move(handle.error());
  if (handle) {
    const pool::ShardHeader& shape = (*handle)->shape();
    row.hint = {shape.geometry, shape.generation};
    row.under_protected = shape.under_protected;
    const auto kind = static_cast<keys::KeyKind>(pack.kind == pack::PackKind::meta ? 1 : 2);
    HF_TRY(const SecretKey* key, epoch_keys_.get(pack.epoch, kind));
    auto records = read_index(**handle, *key);
    if (records) {
      index = std::move(records).value();
    } else if (records.error().code == ErrorCode::power_cut) {
      return std::move(records.error());
    }
  }
  return catalog.note_open_pack(row, index);
}

Result<void> Business::apply_entry(catalog::Catalog& catalog, const journal::Entry& entry) {
  for (const journal::NewPack& pack : entry.new_packs) HF_TRY(note_pack(catalog, pack));
  std::optional<journal::SnapshotBody> snapshot;
  std::optional<journal::TagBody> tag;
  const bool is_snapshot =
      entry.kind == journal::EntryKind::snapshot || entry.kind == journal::EntryKind::delta;
  if ((is_snapshot || entry.kind == journal::EntryKind::tag) && !entry.sealed_dropped) {
    HF_TRY(const SecretKey* key, epoch_keys_.get(entry.key_epoch, keys::KeyKind::meta));
    HF_TRY(const Bytes body, journal::open_body(entry, *key));
    if (is_snapshot) {
      HF_TRY(snapshot, journal::parse_snapshot(body));
    } else {
      HF_TRY(tag, journal::parse_tag(body));
    }
  }
  return catalog.apply(entry, snapshot, tag);
}

Result<void> Business::roll_forward(catalog::Catalog& catalog, const journal::Head& from,
                                    const RebuildProgress& progress) {
  std::uint64_t packs = 0;
  const std::uint64_t total = journal_.head().number - from.number;
  HF_TRY(catalog.begin());
  HF_TRY(journal_.read(from.number + 1, [&](const journal::Entry& entry) -> Result<void> {
    HF_TRY(apply_entry(catalog, entry));
    packs += entry.new_packs.size();
    if (progress) progress(entry.number - from.number, total);
    return {};
  }));
  return catalog.commit();
}

// True if the catalog's head is an entry of this journal.
Result<bool> Business::is_ancestor(const journal::Head& head) {
  if (head.number == 0) return head.digest == Digest{};
  if (head.number > journal_.head().number) return false;
  if (head.number == journal_.head().number) return head == journal_.head();
  bool same = false;
  const auto stop = make_error(ErrorCode::interrupted);
  auto read = journal_.read(head.number, [&](const journal::Entry& entry) -> Result<void> {
    same = entry.digest == head.digest;
    return stop;
  });
  if (!read && read.error().code != ErrorCode::interrupted) return std::move(read.error());
  return same;
}

Result<void> Business::set_catalog_aside(const std::string& why) {
  if (box_.settings().catalog_directory.empty()) return {};
  return catalog::set_aside(catalog_file(box_.settings().catalog_directory, name_.id), why);
}

Result<void> Business::make_catalog(const RebuildProgress& progress) {
  const std::string path = catalog_file(box_.settings().catalog_directory, name_.id);
  HF_TRY(auto catalog, catalog::Catalog::open(path, catalog::OpenMode::write, name_.id));
  HF_TRY(const journal::Head head, catalog.head());
  HF_TRY(roll_forward(catalog, head, progress));
  catalog_ = std::move(catalog);
  return {};
}

Result<void> Business::open_level_catalog(catalog::OpenMode mode) {
  const std::string path = catalog_file(box_.settings().catalog_directory, name_.id);
  HF_TRY(auto catalog, catalog::Catalog::open(path, mode, name_.id));
  HF_TRY(const journal::Head head, catalog.head());
  if (head == journal_.head()) {
    catalog_ = std::move(catalog);
    return {};
  }
  HF_TRY(const bool ancestor, is_ancestor(head));
  if (!ancestor) return make_error(ErrorCode::chain_broken, path);
  if (mode == catalog::OpenMode::read) return make_error(ErrorCode::not_newest, path);
  HF_TRY(roll_forward(catalog, head, {}));
  catalog_ = std::move(catalog);
  return {};
}

Result<void> Business::open_catalog() {
  const bool in_memory = box_.settings().catalog_directory.empty();
  if (access_ == Access::read && !in_memory) {
    auto opened = open_level_catalog(catalog::OpenMode::read);
    if (opened || opened.error().code == ErrorCode::power_cut) return opened;
    // Behind, missing or damaged: whoever may write mends it. If somebody is writing right now, the
    // catalog is being brought along, and what it last committed is read.
    auto lock = box_.ports().home.lock("locks/" + name_.id.hex(), ports::LockMode::exclusive,
                                       box_.holder());
    if (!lock) return open_as_it_is(std::move(opened.error()));
    return mend_catalog();
  }
  return mend_catalog();
}

Result<void> Business::open_as_it_is(Error why) {
  if (why.code != ErrorCode::not_newest) return why;
  const std::string path = catalog_file(box_.settings().catalog_directory, name_.id);
  HF_TRY(catalog_, catalog::Catalog::open(path, catalog::OpenMode::read, name_.id));
  return {};
}

Result<void> Business::mend_catalog() {
  auto opened = open_level_catalog(catalog::OpenMode::write);
  if (opened) return opened;
  switch (opened.error().code) {
    case ErrorCode::damaged:
    case ErrorCode::chain_broken:
    case ErrorCode::bad_magic:
    case ErrorCode::unsupported_version:
      HF_TRY(set_catalog_aside("damaged"));
      return make_catalog({});
    default:
      return opened;
  }
}

Result<void> Business::rebuild_catalog(const RebuildProgress& progress) {
  HF_CHECK(access_ == Access::write);
  const std::lock_guard lock(catalog_mutex_);
  catalog_.reset();
  HF_TRY(set_catalog_aside("replaced"));
  return make_catalog(progress);
}

Result<std::optional<catalog::Catalog>> Business::open_reading_catalog() {
  if (box_.settings().catalog_directory.empty()) return std::optional<catalog::Catalog>();
  const std::string path = catalog_file(box_.settings().catalog_directory, name_.id);
  HF_TRY(auto catalog, catalog::Catalog::open(path, catalog::OpenMode::read, name_.id));
  return std::optional(std::move(catalog));
}

}  // namespace holdfast::vault
