// SPDX-License-Identifier: Apache-2.0
// bench_floor --input DIR --output DIR... --geometry K+M: the least work that a first backup can
// be.
//
//   each thread:  read -> SHA-256 -> seal where it lies -> SHA-256 of the pack
//   at 32 MiB:    stripe by stripe: parity -> CRC-32C per leaf -> write; then sync
//
// Each step takes its bytes while the step before has left them in the processor's cache.
// No claims, no catalog, no tree, no journal, no names: what remains is what backup must pay for
// the same bytes on this machine, and backup's distance from it is what the rest costs. As many
// threads as backup has. What it writes is of no use to anyone.
#include <algorithm>
#include <atomic>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include "firmware/erasure/crc32c.h"
#include "firmware/erasure/reed_solomon.h"
#include "hal/base/cipher.h"
#include "hal/base/digest.h"
#include "hal/linux/console.h"
#include "hal/linux/disk.h"
#include "hal/linux/files.h"
#include "hal/linux/random.h"
#include "hal/linux/workers.h"

namespace holdfast {

namespace {

// As backup's own (docs/formats.md).
constexpr std::size_t kPackSize = 32 * kMiB;
constexpr std::size_t kChunkSizeMax = 8 * kMiB;
constexpr std::size_t kLeafSize = 64 * kKiB;
constexpr std::size_t kShardAlignment = 64;
constexpr std::size_t kStripe = 2 * kLeafSize;

struct Options {
  std::string input;
  std::vector<std::string> outputs;
  erasure::Geometry geometry;
};

std::optional<erasure::Geometry> parse_geometry(std::string_view text) {
  erasure::Geometry geometry;
  const char* const end = text.data() + text.size();
  const auto k = std::from_chars(text.data(), end, geometry.k);
  if (k.ec != std::errc() || k.ptr == end || *k.ptr != '+') return std::nullopt;
  const auto m = std::from_chars(k.ptr + 1, end, geometry.m);
  if (m.ec != std::errc() || m.ptr != end || !geometry.valid()) return std::nullopt;
  return geometry;
}

std::optional<Options> parse(const std::vector<std::string>& arguments) {
  Options options;
  std::string option;
  for (const std::string& argument : arguments) {
    if (argument.starts_with("--")) {
      option = argument;
    } else if (option == "--input") {
      options.input = argument;
    } else if (option == "--output") {
      options.outputs.push_back(argument);
    } else if (const auto geometry = parse_geometry(argument); geometry && option == "--geometry") {
      options.geometry = *geometry;
    } else {
      return std::nullopt;
    }
  }
  const auto total = static_cast<std::size_t>(options.geometry.total());
  if (options.input.empty() || options.outputs.size() < total) return std::nullopt;
  return options;
}

struct InputFile {
  ports::Folder* folder;
  std::string name;
  std::uint64_t size;
};

// Every regular file below a folder. The folders stay open, as the files are opened in them.
class Input {
 public:
  Result<void> open(const std::string& path) {
    linux::PosixFiles files;
    HF_TRY(auto root, files.open_source(path));
    return add(std::move(root));
  }
  // The next file that no thread has yet, null at the end. Any thread.
  const InputFile* next() {
    const std::size_t index = next_.fetch_add(1);
    return index < files_.size() ? &files_[index] : nullptr;
  }

 private:
  Result<void> add(std::unique_ptr<ports::Folder> folder) {
    ports::Folder& here = *folder;
    folders_.push_back(std::move(folder));
    return here.list([&](std::string_view name) -> Result<void> {
      HF_TRY(const ports::FileStatus status, here.status_of(name));
      if (status.type == ports::FileType::regular) {
        files_.push_back({&here, std::string(name), status.size});
      } else if (status.type == ports::FileType::directory) {
        HF_TRY(auto below, here.open_folder(name));
        HF_TRY(add(std::move(below)));
      }
      return {};
    });
  }

  std::vector<std::unique_ptr<ports::Folder>> folders_;
  std::vector<InputFile> files_;
  std::atomic<std::size_t> next_ = 0;
};

using Disks = std::vector<std::unique_ptr<linux::PosixDisk>>;

// The open pack of one thread.
class PackLine {
 public:
  PackLine(erasure::Geometry geometry, const Disks& disks, const SecretKey& key, std::size_t worker)
      : coder_(geometry),
        disks_(disks),
        aead_(key),
        name_("w" + std::to_string(worker) + "-"),
        pack_(kPackSize + geometry.k * kShardAlignment) {
    nonce_[0] = static_cast<std::uint8_t>(worker);
  }

  Result<void> take(const InputFile& input) {
    HF_TRY(const auto file, input.folder->open_file(input.name));
    for (std::uint64_t done = 0; done < input.size;) {
      const auto length =
          static_cast<std::size_t>(std::min<std::uint64_t>(input.size - done, kChunkSizeMax));
      if (pack_.size() + length + kAeadTagSize > kPackSize) HF_TRY(close());
      const std::size_t begin = pack_.size();
      pack_.resize(begin + length + kAeadTagSize);
      const ByteSpan room = pack_.span().subspan(begin);
      HF_TRY(const std::size_t count, file->read(done, room.first(length)));
      if (count != length) return make_error(ErrorCode::truncated, input.name);
      digest_.update(room.first(length));
      aead_.seal(next_nonce(), {}, room.first(length), room);
      pack_digest_.update(room);
      done += length;
    }
    checksum_ ^= digest_.finish().bytes[0];
    return {};
  }

  Result<void> close() {
    if (pack_.empty()) return {};
    checksum_ ^= pack_digest_.finish().bytes[0];
    const std::size_t step = coder_.geometry().k * kShardAlignment;
    const std::size_t filled = pack_.size();
    pack_.resize((filled + step - 1) / step * step);
    std::fill(pack_.span().begin() + static_cast<std::ptrdiff_t>(filled), pack_.span().end(), 0);
    HF_TRY(write());
    packs_ += 1;
    pack_.clear();
    return {};
  }

  // So that no digest can be left out as unused.
  [[nodiscard]] std::uint8_t checksum() const { return checksum_; }

 private:
  struct Shard {
    std::unique_ptr<ports::WriteFile> file;
    Bytes crcs;
  };

  Result<void> write() {
    std::vector<Shard> shards(static_cast<std::size_t>(coder_.geometry().total()));
    for (std::size_t i = 0; i < shards.size(); ++i) {
      linux::PosixDisk& disk = *disks_[(packs_ + i) % disks_.size()];
      HF_TRY(shards[i].file, disk.create(name_ + std::to_string(packs_) + "." + std::to_string(i)));
    }
    const std::size_t length = pack_.size() / coder_.geometry().k;
    for (std::size_t begin = 0; begin < length; begin += kStripe) {
      HF_TRY(write_stripe(shards, begin, std::min(kStripe, length - begin)));
    }
    for (Shard& shard : shards) {
      const ByteView crcs = shard.crcs;
      HF_TRY(shard.file->append(std::span(&crcs, 1)));
    }
    for (const Shard& shard : shards) HF_TRY(shard.file->sync());
    return {};
  }

  Result<void> write_stripe(std::vector<Shard>& shards, std::size_t begin, std::size_t size) {
    const erasure::Geometry geometry = coder_.geometry();
    const std::size_t length = pack_.size() / geometry.k;
    parity_.resize(size * geometry.m);
    std::vector<ByteView> pieces;
    std::vector<ByteSpan> parity;
    for (std::size_t i = 0; i < geometry.k; ++i) {
      pieces.push_back(pack_.view().subspan(i * length + begin, size));
    }
    for (std::size_t i = 0; i < geometry.m; ++i) {
      parity.push_back(parity_.span().subspan(i * size, size));
    }
    coder_.encode(pieces, parity);
    pieces.insert(pieces.end(), parity.begin(), parity.end());
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      append_crcs(pieces[i], shards[i].crcs);
      HF_TRY(shards[i].file->append(std::span(&pieces[i], 1)));
    }
    return {};
  }

  static void append_crcs(ByteView bytes, Bytes& crcs) {
    ByteWriter writer(crcs);
    for (std::size_t begin = 0; begin < bytes.size(); begin += kLeafSize) {
      const std::size_t size = std::min(kLeafSize, bytes.size() - begin);
      writer.u32(erasure::crc32c(bytes.subspan(begin, size)));
    }
  }

  // Never twice under one key: the first byte is the thread's, the last eight count.
  const Nonce& next_nonce() {
    for (std::size_t i = nonce_.size(); i > 4; --i) {
      if (++nonce_[i - 1] != 0) break;
    }
    return nonce_;
  }

  erasure::Coder coder_;
  const Disks& disks_;
  Aead aead_;
  Nonce nonce_{};
  std::string name_;
  Sha256 digest_;
  Sha256 pack_digest_;
  Buffer pack_;
  Buffer parity_;  // of one stripe
  std::size_t packs_ = 0;
  std::uint8_t checksum_ = 0;
};

Result<std::uint8_t> run(const Options& options) {
  Disks disks;
  for (const std::string& path : options.outputs) {
    HF_TRY(disks.emplace_back(), linux::PosixDisk::open_root(path));
  }
  Input input;
  HF_TRY(input.open(options.input));
  linux::SystemRandom random;
  const SecretKey key = random.key();
  linux::ThreadWorkers workers;
  std::atomic<std::uint8_t> checksum = 0;
  HF_TRY(workers.run([&](std::size_t worker) -> Result<void> {
    PackLine line(options.geometry, disks, key, worker);
    while (const InputFile* file = input.next()) HF_TRY(line.take(*file));
    HF_TRY(line.close());
    checksum ^= line.checksum();
    return {};
  }));
  return checksum.load();
}

}  // namespace

}  // namespace holdfast

int main(int argc, char** argv) {
  using namespace holdfast;
  linux::ProcessConsole console;
  const auto options = parse(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
  if (!options) {
    console.write_error("usage: bench_floor --input DIR --output DIR... --geometry K+M\n");
    return 2;
  }
  const auto checksum = run(*options);
  if (!checksum) {
    console.write_error("bench_floor: " + checksum.error().where + ": error " +
                        std::to_string(static_cast<int>(checksum.error().code)) + "\n");
    return 1;
  }
  return console.write(std::to_string(int{*checksum}) + "\n") ? 0 : 1;
}
