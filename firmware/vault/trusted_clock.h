// SPDX-License-Identifier: Apache-2.0
// The time that locks age by (firmware/policy/trusted_time.h), as a box keeps it: a file in home,
// and what its journals say. Of both the later one counts, and neither is ever ahead of the true
// time; so a home that is lost, old or another one's makes locks late, never early.
#pragma once

#include <optional>

#include "firmware/policy/trusted_time.h"
#include "hal/base/bytes.h"
#include "hal/ports/clock.h"
#include "hal/ports/disk.h"

namespace holdfast::vault {

inline constexpr std::string_view kTrustedTimePath = "trusted-time";

[[nodiscard]] Bytes encode(const policy::TrustedTime& time);
// bad_magic, unsupported_version, damaged.
[[nodiscard]] Result<policy::TrustedTime> parse_trusted_time(ByteView bytes);

// As it was at the last look.
[[nodiscard]] Result<Timestamp> read_time(ports::Disk& home, Timestamp known);

// A look: counts what the box was seen to be on since the last one, and returns the time as it is
// now, durable in home. `known`: the newest time that the journals tell; ns 0: none. `confirmed`:
// the word of two people or of the centre, checked by the caller. ns 0: nobody has confirmed a time
// yet; then nothing is written. A file that is damaged counts as none. Errors of home: what was
// counted since is lost, and nothing else. One caller at a time.
[[nodiscard]] Result<Timestamp> look_at_time(ports::Disk& home, ports::Clock& clock,
                                             Timestamp known,
                                             std::optional<Timestamp> confirmed = {});

}  // namespace holdfast::vault
