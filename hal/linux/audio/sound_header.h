// SPDX-License-Identifier: Apache-2.0
// What the header of a recording says of how long its sound is, where libsndfile takes it at its
// word, and where it must not.
#pragma once

#include <cstdint>
#include <optional>

#include "hal/base/bytes.h"

namespace holdfast::linux {

// Bytes that the decoder is given in the place of others.
struct Patch {
  std::size_t at = 0;
  Bytes bytes;
};

struct HeaderNote {
  std::optional<std::uint64_t> frames;  // that it promises (FLAC); none: it promises none
  std::uint64_t bytes_there = 0;        // of sound (WAV)
  std::uint64_t bytes_missing = 0;      // that are promised besides
  std::uint64_t bytes_behind = 0;       // that belong to no part of the file (WAV)
  std::optional<Patch> patch;           // so that all is decoded that is there
  // Players who believe the header play none of it: somebody never wrote how much it is.
  bool is_unfinished = false;
};

// Of any other form nothing is noted.
[[nodiscard]] HeaderNote read_header(ByteView recording);

// Takes the tag away with which an MP3 says how many frames it has: Xing, Info or VBRI. Nothing:
// there is none.
[[nodiscard]] std::optional<Patch> without_tag(ByteView recording);

}  // namespace holdfast::linux
