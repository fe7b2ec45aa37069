// SPDX-License-Identifier: Apache-2.0
// A pack out of shards of which some lie under right CRCs: every choice of k is tried. Pure.
#pragma once

#include <functional>
#include <span>

#include "firmware/erasure/reed_solomon.h"
#include "hal/base/bytes.h"

namespace holdfast::pool {

// shards[i] is the whole of shard have[i], all of equal length. True as soon as `is_proved` says so
// of the k data shards in `out`, one after the other. False when no choice did, or too many were
// tried; `out` is undefined then.
[[nodiscard]] Result<bool> decode_by_choice(const erasure::Coder& coder, std::span<const int> have,
                                            std::span<const ByteView> shards,
                                            const std::function<bool(ByteView)>& is_proved,
                                            Buffer& out);

}  // namespace holdfast::pool
