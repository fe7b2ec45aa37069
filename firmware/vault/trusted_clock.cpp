// SPDX-License-Identifier: Apache-2.0
#include "firmware/vault/trusted_clock.h"

#include <algorithm>

#include "firmware/erasure/crc32c.h"

namespace holdfast::vault {

namespace {

constexpr std::string_view kMagic = "HF.TTIME";
constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kFileSize = 56;

Result<policy::TrustedTime> load(ports::Disk& home) {
  const auto bytes = ports::load(home, kTrustedTimePath, kFileSize);
  if (!bytes) {
    const ErrorCode code = bytes.error().code;
    const bool is_none = code == ErrorCode::not_found || code == ErrorCode::limit_exceeded;
    if (is_none) return policy::TrustedTime();
    return bytes.error();
  }
  auto time = parse_trusted_time(*bytes);
  return time ? *time : policy::TrustedTime();
}

// What a journal tells was counted by a home that this one is an older copy of, or a box before
// it: the next confirmation waits a day from here on.
void go_on_from(policy::TrustedTime& time, Timestamp known) {
  if (known <= time.now) return;
  time.now = known;
  time.since_confirmed_ns = 0;
}

}  // namespace

Bytes encode(const policy::TrustedTime& time) {
  Bytes bytes;
  ByteWriter out(bytes);
  out.raw(view_of(kMagic));
  out.u16(kVersion);
  out.u16(0);
  out.i64(time.now.ns);
  out.raw(time.boot.view());
  out.i64(time.counted_to_ns);
  out.i64(time.since_confirmed_ns);
  out.u32(erasure::crc32c(bytes));
  return bytes;
}

Result<policy::TrustedTime> parse_trusted_time(ByteView bytes) {
  const auto damaged = [] {
    return make_error(ErrorCode::damaged, {}, {{"what", "trusted time"}});
  };
  ByteReader in(bytes);
  if (text_of(in.raw(kMagic.size())) != kMagic) return make_error(ErrorCode::bad_magic);
  if (in.u16() != kVersion) return make_error(ErrorCode::unsupported_version);
  const std::uint16_t zero = in.u16();
  policy::TrustedTime time;
  time.now.ns = in.i64();
  time.boot.bytes = in.array<16>();
  time.counted_to_ns = in.i64();
  time.since_confirmed_ns = in.i64();
  const std::uint32_t crc = in.u32();
  if (!in.ok() || !in.at_end() || zero != 0) return damaged();
  if (crc != erasure::crc32c(bytes.first(kFileSize - sizeof crc))) return damaged();
  if (time.now.ns <= 0 || time.counted_to_ns < 0 || time.since_confirmed_ns < 0) return damaged();
  return time;
}

Result<Timestamp> read_time(ports::Disk& home, Timestamp known) {
  HF_TRY(const policy::TrustedTime time, load(home));
  return std::max(time.now, known);
}

Result<Timestamp> look_at_time(ports::Disk& home, ports::Clock& clock, Timestamp known,
                               std::optional<Timestamp> confirmed) {
  HF_TRY(const policy::TrustedTime before, load(home));
  const auto boot = clock.boot();
  const std::int64_t powered_on_ns = clock.monotonic_ns();
  policy::TrustedTime time = before;
  if (boot) {
    time = policy::observe(time, {*boot, powered_on_ns, {}});
  } else {
    // Up to now is known by what comes next: a later look must not count it once more.
    time.boot = {};
    time.counted_to_ns = 0;
  }
  go_on_from(time, known);
  // A confirmation needs no boot: it counts nothing.
  if (confirmed) time = policy::observe(time, {time.boot, time.counted_to_ns, confirmed});
  if (time.now.ns > 0 && !(time == before)) {
    HF_TRY(ports::store(home, kTrustedTimePath, encode(time)));
  }
  return time.now;
}

}  // namespace holdfast::vault
