// SPDX-License-Identifier: Apache-2.0
// Opening a pool: whose disk each one is, which record is the newest, who takes part. Writes
// nothing.
#include <algorithm>

#include "firmware/pool/election.h"
#include "firmware/pool/member_disk.h"
#include "firmware/pool/new_disk.h"
#include "firmware/pool/pool.h"

namespace holdfast::pool {

namespace {

// What a disk's labels say; without a label of ours, what kind of stranger it is.
struct Reading {
  std::optional<Label> label;
  bool both = false;  // copies are there and the same
  DiskState state = DiskState::foreign;
  bool is_bare = true;         // neither copy is there
  std::optional<Error> newer;  // no copy can be read, and they are of a version we do not know
};

// A label that names this pool but is signed by nobody we trust belongs to somebody else.
DiskState state_without_label(ByteView bytes, const PoolId& pool, const Error& error) {
  const auto peeked = peek_pool(bytes);
  const bool other = peeked && *peeked != pool;
  return other || error.code == ErrorCode::bad_signature ? DiskState::foreign : DiskState::damaged;
}

bool is_of_newer_program(const Error& error) {
  return error.code == ErrorCode::unsupported_version || error.code == ErrorCode::unsupported_suite;
}

// Errors of the process only.
Result<Reading> read_labels(ports::Disk& disk, const PoolId& pool, keys::TrustedSigners trusted) {
  Reading reading;
  Bytes first;
  std::size_t newer_copies = 0;
  for (const std::string_view copy : kLabelCopies) {
    const auto bytes = ports::load(disk, copy, kLabelSizeMax);
    reading.is_bare &= !bytes && bytes.error().code == ErrorCode::not_found;
    if (!bytes) {
      if (bytes.error().is_of_process()) return bytes.error();
      if (bytes.error().code != ErrorCode::not_found && !reading.label) {
        reading.state = DiskState::damaged;
      }
      continue;
    }
    if (reading.label) {
      reading.both = *bytes == first;
      continue;
    }
    auto label = parse_label(*bytes, trusted);
    if (label && label->record.pool == pool) {
      reading.state = DiskState::present;
      reading.label = std::move(*label);
      first = *bytes;
      continue;
    }
    reading.state = label ? DiskState::foreign : state_without_label(*bytes, pool, label.error());
    const bool is_ours = reading.state != DiskState::foreign;
    if (label || !is_ours || !is_of_newer_program(label.error())) continue;
    ++newer_copies;
    reading.newer = std::move(label.error());
    reading.newer->where = disk.name() + "/" + std::string(copy);
  }
  // One copy alone may have rotted in its version.
  if (newer_copies < kLabelCopies.size()) reading.newer.reset();
  return reading;
}

DiskStatus stranger(const ports::Disk& disk, DiskState state, const DiskId& id = {}) {
  return {.id = id, .path = disk.name(), .state = state};
}

struct Shown {
  std::vector<DiskPointer> disks;
  std::vector<Label> labels;   // of each of `disks`
  std::vector<DiskId> halves;  // disks on which one copy of the label is gone or another one
  std::vector<DiskStatus> strangers;
  std::vector<DiskPointer> damaged;  // no label of theirs can be read
  std::optional<Error> newer;        // of the first disk with a label of a newer program

  void add(DiskPointer disk, Label label);
};

// Of two disks with one id the one with the newer label stays; it has missed less.
void Shown::add(DiskPointer disk, Label label) {
  const auto twin = std::ranges::find(labels, label.disk, &Label::disk);
  if (twin == labels.end()) {
    disks.push_back(std::move(disk));
    labels.push_back(std::move(label));
    return;
  }
  DiskPointer& other = disks[static_cast<std::size_t>(twin - labels.begin())];
  if (label.record.epoch > twin->record.epoch) {
    std::swap(disk, other);
    std::swap(label, *twin);
  }
  strangers.push_back(stranger(*disk, DiskState::clone, label.disk));
}

// A witness that cannot be read is none: then the disks must be enough by themselves.
std::optional<Label> read_witness(ByteView witness, const PoolId& pool,
                                  keys::TrustedSigners trusted) {
  if (witness.empty()) return std::nullopt;
  auto label = parse_record(witness, trusted);
  if (!label || label->record.pool != pool) return std::nullopt;
  return std::move(*label);
}

// As many as are enough to write, and to read packs; without a witness there is no telling.
Error none_present(const PoolId& pool, const std::optional<Label>& known) {
  std::size_t needed = 1;
  if (known) needed = std::max<std::size_t>(copies_needed(known->record), known->record.k);
  return make_error(ErrorCode::too_few_disks, pool.hex(),
                    {{"present", "0"}, {"needed", std::to_string(needed)}});
}

}  // namespace

Result<std::unique_ptr<Pool>> Pool::open(std::vector<DiskPointer> disks, const PoolId& pool,
                                         const PoolSettings& settings, keys::TrustedSigners trusted,
                                         ByteView witness) {
  Shown shown;
  for (DiskPointer& disk : disks) {
    HF_TRY(Reading reading, read_labels(*disk, pool, trusted));
    if (reading.label) {
      if (!reading.both) shown.halves.push_back(reading.label->disk);
      shown.add(std::move(disk), std::move(*reading.label));
    } else if (reading.state == DiskState::damaged && !reading.newer) {
      shown.damaged.push_back(std::move(disk));
    } else {
      shown.strangers.push_back(stranger(*disk, reading.state));
      shown.strangers.back().is_bare = reading.is_bare;
      if (!shown.newer) shown.newer = std::move(reading.newer);
    }
  }
  const auto known = read_witness(witness, pool, trusted);
  if (shown.labels.empty()) return shown.newer ? *shown.newer : none_present(pool, known);
  Election election = elect(shown.labels, known);
  auto opened =
      assemble(shown.labels[election.newest], std::move(shown.disks), shown.labels, settings);
  opened->strangers_ = std::move(shown.strangers);
  for (DiskPointer& disk : shown.damaged) {
    opened->disks_.push_back(MemberDisk::without_label(std::move(disk), settings));
  }
  for (const auto& disk : opened->disks_) {
    if (std::ranges::find(shown.halves, disk->id()) != shown.halves.end()) disk->set_label({});
  }
  opened->former_ = std::move(election.former);
  opened->not_writable_ = std::move(election.not_writable);
  // What the newer program has made of the pool is not known here: it may be read, as far as it
  // can, and not written.
  if (shown.newer && !opened->not_writable_) opened->not_writable_ = std::move(shown.newer);
  return opened;
}

}  // namespace holdfast::pool
