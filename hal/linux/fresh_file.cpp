// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/fresh_file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <vector>

#include "hal/linux/errno.h"

namespace holdfast::linux {

namespace {

// What every device takes as the order of buffers, offsets and lengths.
constexpr std::uint64_t kOrder = 4096;
constexpr std::uint64_t kPiece = kMiB;  // read at a time

class OrderedBuffer {
 public:
  OrderedBuffer()
      : bytes_(static_cast<std::uint8_t*>(::operator new(kPiece, std::align_val_t{kOrder}))) {}
  ~OrderedBuffer() { ::operator delete(bytes_, std::align_val_t{kOrder}); }
  OrderedBuffer(const OrderedBuffer&) = delete;
  OrderedBuffer& operator=(const OrderedBuffer&) = delete;
  [[nodiscard]] ByteSpan first(std::size_t count) const { return {bytes_, count}; }

 private:
  std::uint8_t* bytes_;
};

// Memory is the medium: there is nothing behind what the system remembers.
bool lies_in_memory_alone(const Descriptor& file) {
  struct statfs status{};
  return ::fstatfs(file.number(), &status) == 0 && status.f_type == TMPFS_MAGIC;
}

}  // namespace

bool forget_pages(const Descriptor& file, std::uint64_t size) {
  if (size == 0 || lies_in_memory_alone(file)) return true;
  if (::posix_fadvise(file.number(), 0, 0, POSIX_FADV_DONTNEED) != 0) return false;
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  void* const map = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.number(), 0);
  if (map == MAP_FAILED) return false;
  std::vector<unsigned char> pages((size + page - 1) / page);
  const bool is_told = ::mincore(map, size, pages.data()) == 0;
  static_cast<void>(::munmap(map, size));
  return is_told && std::ranges::none_of(pages, [](unsigned char each) { return (each & 1) != 0; });
}

// One call: behind the end of the file no offset is in order.
Result<std::size_t> DirectFile::read_piece(std::uint64_t offset, ByteSpan out) const {
  ssize_t count = -1;
  do {
    count = ::pread(file_.number(), out.data(), out.size(), static_cast<off_t>(offset));
  } while (count < 0 && errno == EINTR);
  if (count < 0) return last_error("read", where_);
  return static_cast<std::size_t>(count);
}

Result<std::size_t> DirectFile::read(std::uint64_t offset, ByteSpan out) {
  const OrderedBuffer buffer;
  std::size_t done = 0;
  while (done < out.size()) {
    const std::uint64_t skipped = (offset + done) % kOrder;
    const std::uint64_t wanted = std::min(kPiece, skipped + out.size() - done);
    const ByteSpan piece = buffer.first((wanted + kOrder - 1) / kOrder * kOrder);
    HF_TRY(const std::size_t got, read_piece(offset + done - skipped, piece));
    if (got <= skipped) break;
    const std::size_t count = std::min<std::size_t>(got - skipped, out.size() - done);
    std::copy_n(piece.begin() + static_cast<std::ptrdiff_t>(skipped), count,
                out.begin() + static_cast<std::ptrdiff_t>(done));
    done += count;
  }
  return done;
}

}  // namespace holdfast::linux
