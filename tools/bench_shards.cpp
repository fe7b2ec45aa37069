// SPDX-License-Identifier: Apache-2.0
// The least work that scrub and heal of a pool can be, over the shards that lie on its disks.
//
//   bench_shards scrub DISK...          reads every shard, takes the CRC-32C of each leaf
//   bench_shards heal OUTPUT DISK...    of each pack that lacks a shard: reads k shards, decodes
//                                       the one that is missing, takes SHA-256 of the pack, and
//                                       writes the shard below OUTPUT: sync, rename; the others it
//                                       reads and sums up, since heal looks at every pack
//
// No names are compared, nothing is proved, nothing is read back: the distance of `pool scrub` and
// `pool heal` from it is what proofs and all else cost. As many threads as they have; each reuses
// its memory.
#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "firmware/erasure/crc32c.h"
#include "firmware/erasure/reed_solomon.h"
#include "firmware/pool/shard.h"
#include "hal/base/digest.h"
#include "hal/linux/console.h"
#include "hal/linux/disk.h"
#include "hal/linux/workers.h"

namespace holdfast {

namespace {

struct ShardOnDisk {
  ports::Disk* disk = nullptr;
  std::string path;
};

using Shards = std::map<std::uint8_t, ShardOnDisk>;  // by index

struct Pack {
  Digest name;
  Shards shards;
};

class Work {
 public:
  Result<void> open(std::span<const std::string> paths) {
    for (const std::string& path : paths) {
      HF_TRY(disks_.emplace_back(), linux::PosixDisk::open_root(path));
      HF_TRY(find_shards(*disks_.back()));
    }
    for (auto& [name, shards] : found_) packs_.push_back({name, std::move(shards)});
    return {};
  }
  Result<void> run(const std::function<Result<void>(std::size_t, const Pack&)>& task) {
    return workers_.run([&](std::size_t worker) -> Result<void> {
      for (;;) {
        const std::size_t index = next_.fetch_add(1);
        if (index >= packs_.size()) return {};
        HF_TRY(task(worker, packs_[index]));
      }
    });
  }

  // As `pool heal` does.
  void give_way() { workers_.give_way(); }

 private:
  Result<void> find_shards(ports::Disk& disk) {
    HF_TRY(const auto folders, disk.list("packs"));
    for (const ports::DirectoryEntry& folder : folders) {
      const std::string below = "packs/" + folder.name;
      HF_TRY(const auto files, disk.list(below));
      for (const ports::DirectoryEntry& file : files) {
        const auto name = pool::parse_shard_file_name(file.name);
        if (name) found_[name->pack][name->index] = {&disk, below + "/" + file.name};
      }
    }
    return {};
  }

  std::vector<std::unique_ptr<linux::PosixDisk>> disks_;
  std::map<Digest, Shards> found_;
  std::vector<Pack> packs_;
  std::atomic<std::size_t> next_ = 0;
  linux::ThreadWorkers workers_;
};

Result<pool::ShardHeader> read_header(ports::ReadFile& file) {
  pool::ShardFieldsBytes fields;
  HF_TRY(file.read_all(0, fields));
  return pool::parse_shard_header(fields);
}

Result<pool::ShardHeader> read_shard(const ShardOnDisk& shard, Buffer& data) {
  HF_TRY(const auto file, shard.disk->open(shard.path));
  HF_TRY(auto header, read_header(*file));
  data.resize(header.shard_length());
  HF_TRY(file->read_all(pool::kShardHeaderSize, data.span()));
  return header;
}

// Piece by piece: what was read is summed while it is in the processor's cache.
class Scrubber {
 public:
  Result<void> take(const Pack& pack) {
    for (const auto& [index, shard] : pack.shards) {
      HF_TRY(const auto file, shard.disk->open(shard.path));
      for (std::uint64_t at = 0; at < file->size(); at += kPiece) {
        const auto size = static_cast<std::size_t>(std::min(kPiece, file->size() - at));
        piece_.resize(size);
        HF_TRY(file->read_all(at, piece_.span()));
        sum(piece_.view());
      }
    }
    return {};
  }
  // So that no sum can be left out as unused.
  [[nodiscard]] std::uint32_t checksum() const { return checksum_; }

 private:
  static constexpr std::uint64_t kPiece = 4 * std::uint64_t{pool::kLeafSize};

  void sum(ByteView bytes) {
    while (!bytes.empty()) {
      const std::size_t size = std::min<std::size_t>(bytes.size(), pool::kLeafSize);
      checksum_ ^= erasure::crc32c(bytes.first(size));
      bytes = bytes.subspan(size);
    }
  }

  Buffer piece_;
  std::uint32_t checksum_ = 0;
};

class Healer {
 public:
  explicit Healer(ports::Disk& output) : output_(output) {}

  Result<void> take(const Pack& pack) {
    const ShardOnDisk& first = pack.shards.begin()->second;
    HF_TRY(const auto file, first.disk->open(first.path));
    HF_TRY(const pool::ShardHeader header, read_header(*file));
    const auto missing = missing_of(pack, header);
    return missing ? heal(pack, *missing) : scrubber_.take(pack);
  }
  [[nodiscard]] std::uint32_t checksum() const { return checksum_ ^ scrubber_.checksum(); }

 private:
  Result<void> heal(const Pack& pack, std::uint8_t missing) {
    std::vector<int> have;
    pool::ShardHeader header;
    for (const auto& [index, shard] : pack.shards) {
      const std::size_t place = have.size();
      if (place > 0 && place == header.geometry.k) break;
      HF_TRY(header, read_shard(shard, shards_[place]));
      have.push_back(index);
    }
    if (have.size() < header.geometry.k) return {};
    HF_TRY(decode(header, have, missing));
    return write(header, missing);
  }

  static std::optional<std::uint8_t> missing_of(const Pack& pack, const pool::ShardHeader& header) {
    for (int index = 0; index < header.geometry.total(); ++index) {
      const auto number = static_cast<std::uint8_t>(index);
      if (!pack.shards.contains(number)) return number;
    }
    return std::nullopt;
  }

  // The shard that is missing, and the pack's digest: over the data shards in order.
  Result<void> decode(const pool::ShardHeader& header, const std::vector<int>& have,
                      std::uint8_t missing) {
    std::vector<ByteView> pieces;
    for (std::size_t i = 0; i < have.size(); ++i) pieces.push_back(shards_[i].view());
    made_.resize(header.shard_length());
    const erasure::Coder coder(header.geometry);
    const int wanted = missing;
    const ByteSpan out = made_.span();
    HF_TRY(coder.reconstruct(have, pieces, std::span(&wanted, 1), std::span(&out, 1)));
    std::uint64_t rest = header.pack_size;
    for (int index = 0; index < header.geometry.k; ++index) {
      const auto place = std::ranges::find(have, index);
      const ByteView shard = place == have.end()
                                 ? made_.view()
                                 : shards_[static_cast<std::size_t>(place - have.begin())].view();
      const ByteView part = shard.first(std::min<std::uint64_t>(rest, shard.size()));
      digest_.update(part);
      rest -= part.size();
    }
    checksum_ ^= digest_.finish().bytes[0];
    return {};
  }

  Result<void> write(pool::ShardHeader header, std::uint8_t missing) {
    header.index = missing;
    const pool::ShardFieldsBytes fields = encode(header);
    Bytes crcs;
    pool::append_crcs(made_.view(), header.leaf_size, crcs);
    const std::array<ByteView, 5> pieces = {fields, pool::kShardPadding, made_.view(), crcs,
                                            fields};
    const std::string name = header.pack.hex();
    HF_TRY(const auto file, output_.create(name + ".tmp"));
    HF_TRY(file->append(pieces));
    HF_TRY(file->sync());
    HF_TRY(output_.rename(name + ".tmp", name));
    return output_.sync_directory("");
  }

  ports::Disk& output_;
  Scrubber scrubber_;
  std::array<Buffer, 64> shards_;
  Buffer made_;
  Sha256 digest_;
  std::uint32_t checksum_ = 0;
};

Result<std::uint32_t> scrub(std::span<const std::string> disks) {
  Work work;
  HF_TRY(work.open(disks));
  std::vector<Scrubber> scrubbers(linux::ThreadWorkers().count());
  HF_TRY(
      work.run([&](std::size_t worker, const Pack& pack) { return scrubbers[worker].take(pack); }));
  std::uint32_t checksum = 0;
  for (const Scrubber& scrubber : scrubbers) checksum ^= scrubber.checksum();
  return checksum;
}

Result<std::uint32_t> heal(const std::string& output, std::span<const std::string> disks) {
  Work work;
  HF_TRY(work.open(disks));
  HF_TRY(const auto folder, linux::PosixDisk::open_root(output));
  work.give_way();
  std::vector<Healer> healers;
  for (std::size_t i = 0; i < linux::ThreadWorkers().count(); ++i) healers.emplace_back(*folder);
  HF_TRY(
      work.run([&](std::size_t worker, const Pack& pack) { return healers[worker].take(pack); }));
  std::uint32_t checksum = 0;
  for (const Healer& healer : healers) checksum ^= healer.checksum();
  return checksum;
}

}  // namespace

}  // namespace holdfast

int main(int argc, char** argv) {
  using namespace holdfast;
  linux::ProcessConsole console;
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  const bool scrubs = words.size() > 1 && words[0] == "scrub";
  const bool heals = words.size() > 2 && words[0] == "heal";
  if (!scrubs && !heals) {
    console.write_error("usage: bench_shards scrub DISK... | heal OUTPUT DISK...\n");
    return 2;
  }
  const std::span<const std::string> disks = std::span(words).subspan(scrubs ? 1 : 2);
  const auto checksum = scrubs ? scrub(disks) : heal(words[1], disks);
  if (!checksum) {
    console.write_error("bench_shards: " + debug_text(checksum.error()) + "\n");
    return 1;
  }
  return console.write(std::to_string(*checksum) + "\n") ? 0 : 1;
}
