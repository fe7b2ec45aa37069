// SPDX-License-Identifier: Apache-2.0
// Days on the clock of one source: a day has the calls of a line of `record statistics`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "firmware/app/session.h"
#include "firmware/vault/business.h"

namespace holdfast::app {

struct SourceDay {
  std::string source;                    // its name; empty: of all
  std::optional<std::int64_t> from_ms;   // UTC; without both: any start, or none
  std::optional<std::int64_t> until_ms;  // not itself
  bool is_undated = false;               // what has no start

  [[nodiscard]] bool takes(const std::optional<std::int64_t>& start_ms) const;
};

// `day`: like 2026-01-31, or from one to another, both in it, like 2026-01-31..2026-02-02, where
// one may be left out; or `none`; empty: any. Without a source it is by the clock of all that have
// rows. invalid_argument in words: no day, no such source, or clocks that differ and none is named.
[[nodiscard]] Result<SourceDay> parse_source_day(Session& session, vault::Business& business,
                                                 const std::string& source, const std::string& day);

}  // namespace holdfast::app
