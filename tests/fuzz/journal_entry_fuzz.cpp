// SPDX-License-Identifier: Apache-2.0
// A journal's entry, header of a segment and witness as anybody may write them, under right CRCs
// too; and what an entry's body may say. What is taken can be written again and read again.
#include <algorithm>
#include <cstddef>

#include "firmware/journal/body.h"
#include "firmware/journal/entry.h"
#include "firmware/journal/segment.h"
#include "firmware/journal/witness.h"
#include "tests/fuzz/forge.h"

namespace {

using namespace holdfast;

constexpr std::size_t kHeaderSize = 24;

const std::array<keys::PublicKey, 1>& trusted() {
  static const std::array<keys::PublicKey, 1> keys{fuzz::signer().public_key()};
  return keys;
}

void check_entry(ByteView frame) {
  std::size_t size = 0;
  const auto entry = journal::parse_unproved_entry(frame, size);
  if (!entry) return;
  HF_CHECK(size <= frame.size());
  HF_CHECK(entry->number > 0);
  static_cast<void>(journal::parse_entry(frame, trusted(), size).has_value());
}

// A frame around these bytes as its public part, with nothing sealed.
Bytes frame_of(ByteView public_part) {
  Bytes frame;
  ByteWriter writer(frame);
  writer.raw(view_of(std::string_view("HFEN")));
  writer.u16(1);
  writer.u8(1);
  writer.u8(1);  // the sealed part was dropped
  writer.u32(static_cast<std::uint32_t>(public_part.size()));
  writer.u32(0);
  frame = fuzz::with_crc(frame, kHeaderSize);
  ByteWriter rest(frame);
  rest.raw(public_part);
  rest.raw(fuzz::signer().sign("holdfast entry v1", public_part));
  return fuzz::with_crc(frame, frame.size() + 4);
}

// What is taken says all of the bytes.
void check_segment_header(ByteView bytes) {
  constexpr std::size_t kFieldsSize = journal::kSegmentHeaderSize - sizeof(keys::Signature) - 32;
  Bytes header(bytes.begin(), bytes.end());
  header.resize(kFieldsSize);
  ByteWriter writer(header);
  writer.raw(fuzz::signer().public_key());
  writer.raw(fuzz::signer().sign("holdfast segment v1", header));
  const auto parsed = journal::parse_segment_header(header, trusted());
  if (parsed) HF_CHECK(journal::encode(*parsed, fuzz::signer()) == header);
}

void check_witness(ByteView bytes) {
  constexpr std::size_t kWitnessSize = 76;
  const Bytes witness =
      fuzz::with_crc(bytes.first(std::min(bytes.size(), kWitnessSize - 4)), kWitnessSize);
  const auto parsed = journal::parse_witness(witness);
  if (parsed) HF_CHECK(journal::encode(*parsed) == witness);
}

template <class Body>
void check_body(const Result<Body>& body, Result<Body> (*parse)(ByteView)) {
  if (body) HF_CHECK(parse(journal::encode(*body)).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  check_entry(bytes);
  check_entry(frame_of(bytes));
  static_cast<void>(journal::parse_segment_header(bytes, trusted()).has_value());
  static_cast<void>(journal::parse_witness(bytes).has_value());
  check_segment_header(bytes);
  check_witness(bytes);
  check_body(journal::parse_policy(bytes), journal::parse_policy);
  check_body(journal::parse_tag(bytes), journal::parse_tag);
  check_body(journal::parse_hold(bytes), journal::parse_hold);
  check_body(journal::parse_prune(bytes), journal::parse_prune);
  check_body(journal::parse_takeover(bytes), journal::parse_takeover);
  return 0;
}
