// SPDX-License-Identifier: Apache-2.0
// One day on the clock of one source: the calls of a line of `record statistics`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "firmware/app/session.h"
#include "firmware/vault/business.h"

namespace holdfast::app {

struct SourceDay {
  std::string source;                    // its name; empty: of all
  std::optional<std::int64_t> from_ms;   // UTC; with until_ms, or both none: any start
  std::optional<std::int64_t> until_ms;  // not itself
  bool is_undated = false;               // what has no start

  [[nodiscard]] bool takes(const std::optional<std::int64_t>& start_ms) const;
};

// `day`: like 2026-01-31, or `none`; empty: any. Of a business with one source that has rows it is
// that one's day. invalid_argument in words: no day, no such source, or several and none is named.
[[nodiscard]] Result<SourceDay> parse_source_day(Session& session, vault::Business& business,
                                                 const std::string& source, const std::string& day);

}  // namespace holdfast::app
