// SPDX-License-Identifier: Apache-2.0
// A box with simulated disks and one business, for the journal's tests.
#pragma once

#include <array>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "firmware/erasure/crc32c.h"
#include "firmware/journal/journal.h"
#include "hal/sim/clock.h"
#include "hal/sim/disk.h"
#include "hal/sim/random.h"
#include "hal/sim/world.h"

namespace holdfast::journal {

struct Box {
  sim::World world{1};
  sim::SimRandom random{4};
  sim::SimClock clock{Timestamp{1'700'000'000'000'000'000}};
  keys::Signer signer{random.key()};
  std::array<keys::PublicKey, 1> trusted{signer.public_key()};
  SecretKey meta_key = random.key();
  BusinessId business = random.id<BusinessId>();
  sim::SimDisk home{world, "home"};
  std::vector<std::unique_ptr<sim::SimDisk>> disks;
  std::size_t quorum;
  std::uint64_t segment_size_max = 1200;  // three small entries
  std::vector<std::size_t> reported;      // index of the disk, one for each error
  std::set<std::size_t> failed;           // what the pool knows of it when a journal is opened

  Box(std::size_t disk_count, std::size_t quorum_count) : quorum(quorum_count) {
    for (std::size_t i = 0; i < disk_count; ++i) {
      disks.push_back(std::make_unique<sim::SimDisk>(world, "disk" + std::to_string(i)));
    }
  }

  [[nodiscard]] sim::SimDisk& disk(std::size_t index) { return *disks[index]; }
  [[nodiscard]] std::vector<std::size_t> all() const {
    std::vector<std::size_t> indexes;
    for (std::size_t i = 0; i < disks.size(); ++i) indexes.push_back(i);
    return indexes;
  }

  [[nodiscard]] JournalContext context(const std::vector<std::size_t>& present) {
    std::vector<JournalCopy::Member> members;
    for (const std::size_t index : present) {
      members.push_back(
          {DiskId{{static_cast<std::uint8_t>(index)}}, disks[index].get(), failed.contains(index)});
    }
    return {.members = members,
            .quorum = quorum,
            .report_error = [this](const DiskId& id, Failed) { reported.push_back(id.bytes[0]); },
            .home = home,
            .trusted = trusted,
            .settings = {segment_size_max}};
  }

  [[nodiscard]] Result<Journal> open(const std::vector<std::size_t>& present) {
    return Journal::open(context(present), business);
  }
  [[nodiscard]] Result<Journal> open() { return open(all()); }
  [[nodiscard]] ErrorCode open_code() { return open().error().code; }

  [[nodiscard]] Result<Head> append_to(Journal& journal, std::string_view body) {
    const EntryDraft draft{.kind = EntryKind::policy,
                           .key_epoch = 1,
                           .new_packs = {},
                           .body = Bytes(body.begin(), body.end())};
    return journal.append(draft, {.signer = signer,
                                  .meta_key = meta_key,
                                  .clock = clock,
                                  .random = random,
                                  .incarnation = 1});
  }

  // As a run does it: open, prepare, append.
  [[nodiscard]] Result<Head> append(std::string_view body,
                                    const std::vector<std::size_t>& present) {
    HF_TRY(Journal journal, open(present));
    HF_TRY(journal.prepare_writing(signer));
    return append_to(journal, body);
  }
  [[nodiscard]] Result<Head> append(std::string_view body) { return append(body, all()); }
  [[nodiscard]] Result<Head> prepare(const std::vector<std::size_t>& present) {
    HF_TRY(Journal journal, open(present));
    HF_TRY(journal.prepare_writing(signer));
    return journal.head();
  }

  // The bodies from entry `first` on, joined by spaces.
  [[nodiscard]] Result<std::string> bodies(const Journal& journal, std::uint64_t first = 1) {
    std::string joined;
    HF_TRY(journal.read(first, [&](const Entry& entry) -> Result<void> {
      HF_TRY(const Bytes body, open_body(entry, meta_key));
      joined += (joined.empty() ? "" : " ") + std::string(text_of(body));
      return {};
    }));
    return joined;
  }
  [[nodiscard]] Result<std::string> bodies(const std::vector<std::size_t>& present) {
    HF_TRY(const Journal journal, open(present));
    return bodies(journal);
  }

  [[nodiscard]] std::string path_of_segment(std::uint64_t first, std::uint8_t attempt = 0) const {
    return segment_path(business, {first, attempt});
  }
};

// The frame of an entry that says its sealed part was dropped, with right CRCs.
inline Bytes without_sealed_part(const Entry& entry) {
  Bytes frame;
  ByteWriter writer(frame);
  writer.raw(view_of(kEntryMagic));
  writer.u16(1);
  writer.u8(1);
  writer.u8(1);
  writer.u32(static_cast<std::uint32_t>(entry.public_part.size()));
  writer.zeros(8);
  writer.u32(erasure::crc32c(frame));
  writer.raw(entry.public_part);
  writer.raw(entry.signature);
  writer.u32(erasure::crc32c(frame));
  return frame;
}

}  // namespace holdfast::journal
