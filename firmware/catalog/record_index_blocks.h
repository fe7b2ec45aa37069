// SPDX-License-Identifier: Apache-2.0
// The postings of a run as pages: which rows have which terms, in their order. Private to this
// folder.
//
//   steps   first | step | step | …     each a varint, none is 0; of one term or of many
//   bits    first | 0 | bits …          of one common term: bit i is the place first + i
//
// A term that one row in 16 has, or more, is kept as bits: two of them are laid side by side in
// the time that reading a few pages takes, however many rows have both or none.
#pragma once

#include <cstdint>
#include <vector>

#include "firmware/catalog/record_index_terms.h"
#include "firmware/catalog/sqlite.h"

namespace holdfast::catalog {

inline constexpr int kPlaceBits = 20;
inline constexpr std::uint32_t kPlacesMax = 1U << kPlaceBits;

using Posting = std::uint64_t;
[[nodiscard]] constexpr Posting posting_of(Term term, std::uint32_t place) {
  return term << kPlaceBits | place;
}
[[nodiscard]] constexpr Term term_in(Posting posting) {
  return posting >> kPlaceBits;
}
[[nodiscard]] constexpr std::uint32_t place_in(Posting posting) {
  return static_cast<std::uint32_t>(posting & (kPlacesMax - 1));
}

class PostingBlock {
 public:
  // False if there is no such block; then nothing is in it.
  [[nodiscard]] bool load(Posting first, ByteView bytes);

  [[nodiscard]] bool is_empty() const { return is_empty_; }
  [[nodiscard]] Posting first() const { return first_; }
  [[nodiscard]] Posting last() const { return last_; }
  // The first one from `wanted` on, which is not behind last(). Quick where `wanted` rises.
  [[nodiscard]] Posting seek(Posting wanted);
  // All of them.
  void append_to(std::vector<Posting>& out) const;

 private:
  [[nodiscard]] bool load_steps(ByteView bytes);
  [[nodiscard]] bool load_bits(ByteView bits);
  [[nodiscard]] Posting seek_bit(Posting wanted) const;

  bool is_empty_ = true;
  Posting first_ = 0;
  Posting last_ = 0;
  std::vector<Posting> postings_;  // of steps
  std::size_t at_ = 0;             // where the last one was found
  Bytes bits_;                     // of bits
};

// Postings of one run, in their order. Memory: those of one term, 8 bytes each.
class BlockWriter {
 public:
  BlockWriter(Database& database, std::uint64_t run) : database_(database), run_(run) {}

  [[nodiscard]] Result<void> add(Posting posting);
  [[nodiscard]] Result<void> finish();

 private:
  [[nodiscard]] Result<void> end_term();
  [[nodiscard]] Result<void> write_step(Posting posting);
  [[nodiscard]] Result<void> write_bits();
  [[nodiscard]] Result<void> end_block();

  Database& database_;
  std::uint64_t run_;
  Statement insert_{database_, "INSERT INTO blocks(run, first, postings) VALUES(?, ?, ?)"};
  std::vector<Posting> term_;  // all of one term so far
  Bytes bytes_;
  bool has_first_ = false;
  Posting first_ = 0;
  Posting last_ = 0;
};

}  // namespace holdfast::catalog
