// SPDX-License-Identifier: Apache-2.0
#include "firmware/pool/read_back.h"

#include <algorithm>

namespace holdfast::pool {

namespace {

constexpr std::size_t kPiece = 128 * kKiB;  // stays in a processor's own cache until it is compared

}  // namespace

bool draws_read_back(const PoolSettings& settings) {
  const std::uint32_t percent = settings.read_back_percent;
  if (percent == 0 || percent >= kReadBackAll) return percent != 0;
  HF_CHECK(settings.random != nullptr);
  const auto drawn = settings.random->array<4>();
  return (std::uint64_t{ByteReader(drawn).u32()} * kReadBackAll >> 32) < percent;
}

Result<ReadBack> ReadBack::open(MemberDisk& disk, const std::string& path, std::uint64_t size) {
  ReadBack back(disk, disk.disk().name() + "/" + path);
  auto file = disk.disk().open_fresh(path);
  if (!file) return back.not_given(std::move(file.error()));
  if ((*file)->size() != size) return back.not_kept();
  back.file_ = std::move(*file);
  return back;
}

Result<void> ReadBack::expect(ByteView bytes) {
  while (!bytes.empty()) {
    const ByteView must_be = bytes.first(std::min(bytes.size(), kPiece));
    read_.resize(must_be.size());
    auto done = file_->read_all(position_, read_.span());
    if (!done) return not_given(std::move(done.error()));
    if (!is_equal(read_.view(), must_be)) return not_kept();
    position_ += must_be.size();
    bytes = bytes.subspan(must_be.size());
  }
  return {};
}

Error ReadBack::not_kept() const {
  disk_->note_lie();
  return differs();
}

Error ReadBack::differs() const {
  return make_error(ErrorCode::damaged, where_, {{"what", "a shard just written"}});
}

Error ReadBack::not_given(Error error) const {
  if (error.is_of_process()) return error;
  disk_->note_read_failure(error);
  return differs();
}

}  // namespace holdfast::pool
