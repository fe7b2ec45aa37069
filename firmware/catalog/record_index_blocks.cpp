// SPDX-License-Identifier: Apache-2.0
#include "firmware/catalog/record_index_blocks.h"

#include <algorithm>
#include <bit>

namespace holdfast::catalog {

namespace {

constexpr std::size_t kBlockSize = 4000;  // fills a page of SQLite
constexpr Posting kPostingEnd = Posting{1} << (kTermBits + kPlaceBits);
constexpr std::uint8_t kBitsMark = 0;
constexpr std::size_t kBitsMax = (kBlockSize - 1) * 8;
// Bits are worth it for so many postings, of which one stands among so many places.
constexpr std::size_t kCommonMin = 1'024;
constexpr std::size_t kCommonShare = 16;

}  // namespace

bool PostingBlock::load(Posting first, ByteView bytes) {
  is_empty_ = true;
  postings_.clear();
  bits_.clear();
  at_ = 0;
  first_ = first;
  if (first >= kPostingEnd) return false;
  const bool is_bits = !bytes.empty() && bytes.front() == kBitsMark;
  is_empty_ = is_bits ? !load_bits(bytes.subspan(1)) : !load_steps(bytes);
  return !is_empty_;
}

bool PostingBlock::load_steps(ByteView bytes) {
  postings_.push_back(first_);
  ByteReader reader(bytes);
  while (!reader.at_end()) {
    const std::uint64_t step = reader.varint();
    if (!reader.ok() || step == 0 || step >= kPostingEnd - postings_.back()) return false;
    postings_.push_back(postings_.back() + step);
  }
  last_ = postings_.back();
  return true;
}

bool PostingBlock::load_bits(ByteView bits) {
  const bool is_whole = !bits.empty() && (bits.front() & 1) != 0 && bits.back() != 0;
  if (!is_whole) return false;
  const std::size_t last =
      bits.size() * 8 - 1 - static_cast<std::size_t>(std::countl_zero(bits.back()));
  if (last >= kPlacesMax - place_in(first_)) return false;
  last_ = first_ + last;
  bits_.assign(bits.begin(), bits.end());
  return true;
}

Posting PostingBlock::seek(Posting wanted) {
  HF_CHECK(!is_empty_ && wanted <= last_);
  if (wanted <= first_) return first_;
  if (!bits_.empty()) return seek_bit(wanted);
  if (postings_[at_] > wanted) at_ = 0;
  std::size_t step = 1;
  std::size_t end = at_;
  while (end < postings_.size() && postings_[end] < wanted) {
    at_ = end;
    end += step;
    step *= 2;
  }
  const auto from = postings_.begin() + static_cast<std::ptrdiff_t>(at_);
  const auto to =
      postings_.begin() + static_cast<std::ptrdiff_t>(std::min(end + 1, postings_.size()));
  at_ = static_cast<std::size_t>(std::lower_bound(from, to, wanted) - postings_.begin());
  return postings_[at_];
}

// The last bit is there, and not before the wanted one.
Posting PostingBlock::seek_bit(Posting wanted) const {
  const std::size_t from = wanted - first_;
  std::size_t at = from / 8;
  auto byte = static_cast<std::uint8_t>(bits_[at] & (0xff << from % 8));
  while (byte == 0) byte = bits_[++at];
  return first_ + at * 8 + static_cast<std::size_t>(std::countr_zero(byte));
}

void PostingBlock::append_to(std::vector<Posting>& out) const {
  out.insert(out.end(), postings_.begin(), postings_.end());
  for (std::size_t at = 0; at < bits_.size(); ++at) {
    for (std::uint8_t byte = bits_[at]; byte != 0; byte &= static_cast<std::uint8_t>(byte - 1)) {
      out.push_back(first_ + at * 8 + static_cast<std::size_t>(std::countr_zero(byte)));
    }
  }
}

Result<void> BlockWriter::add(Posting posting) {
  if (!term_.empty() && term_in(term_.back()) != term_in(posting)) HF_TRY(end_term());
  HF_CHECK(term_.empty() || posting > term_.back());
  term_.push_back(posting);
  return {};
}

Result<void> BlockWriter::finish() {
  HF_TRY(end_term());
  return end_block();
}

Result<void> BlockWriter::end_term() {
  const bool is_common =
      term_.size() >= kCommonMin && (term_.back() - term_.front()) / term_.size() < kCommonShare;
  if (is_common) {
    HF_TRY(end_block());
    HF_TRY(write_bits());
  } else {
    for (const Posting posting : term_) HF_TRY(write_step(posting));
  }
  term_.clear();
  return {};
}

Result<void> BlockWriter::write_step(Posting posting) {
  if (has_first_ && bytes_.size() + 10 <= kBlockSize) {
    HF_CHECK(posting > last_);
    ByteWriter(bytes_).varint(posting - last_);
  } else {
    HF_TRY(end_block());
    first_ = posting;
    has_first_ = true;
  }
  last_ = posting;
  return {};
}

Result<void> BlockWriter::write_bits() {
  for (std::size_t begin = 0; begin < term_.size();) {
    const Posting first = term_[begin];
    const auto end = std::ranges::lower_bound(term_, first + kBitsMax);
    const auto next = static_cast<std::size_t>(end - term_.begin());
    Bytes bits(1 + (term_[next - 1] - first) / 8 + 1, kBitsMark);
    for (; begin < next; ++begin) {
      const std::size_t bit = term_[begin] - first;
      bits[1 + bit / 8] |= static_cast<std::uint8_t>(1U << bit % 8);
    }
    HF_TRY(insert_.with(run_, first, ByteView(bits)).run());
  }
  return {};
}

Result<void> BlockWriter::end_block() {
  if (has_first_) HF_TRY(insert_.with(run_, first_, ByteView(bytes_)).run());
  has_first_ = false;
  bytes_.clear();
  return {};
}

}  // namespace holdfast::catalog
