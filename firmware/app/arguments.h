// SPDX-License-Identifier: Apache-2.0
// Words of the command line as values. Every failure is invalid_argument (exit 2) in words of the
// given language.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "firmware/app/options.h"
#include "firmware/messages/messages.h"
#include "firmware/pool/pool.h"
#include "firmware/vault/business.h"

namespace holdfast::app {

// N, the number of a snapshot, is digits only; a path of digits is written ./7.
[[nodiscard]] bool is_number(std::string_view text);

// An item's path as raw bytes: escapes undone, a leading ./ and trailing slashes left out. Empty
// for the roots of all sources.
[[nodiscard]] Result<std::string> parse_item_path(std::string_view text,
                                                  messages::Language language);

// What find_items() takes: escapes of listings undone, so that their bytes stand for themselves. A
// glob may also escape its own letters by a backslash.
[[nodiscard]] Result<std::string> parse_pattern(std::string_view text, messages::Language language);

// "", "latest" or N.
[[nodiscard]] Result<vault::SnapshotSelector> parse_snapshot(const std::string& text,
                                                             messages::Language language);
// At most one of N, --tag and --at.
[[nodiscard]] Result<vault::SnapshotSelector> parse_restore_snapshot(const RestoreOptions& options,
                                                                     messages::Language language);

// `ls NAME [N] [PATH]`: which of the words is which.
struct ListPlace {
  vault::SnapshotSelector snapshot;
  std::string path;  // raw bytes
};
[[nodiscard]] Result<ListPlace> parse_list_place(const std::vector<std::string>& words,
                                                 messages::Language language);

// auto, half or K+M.
struct GeometryChoice {
  pool::GeometryPolicy policy = pool::GeometryPolicy::automatic;
  erasure::Geometry fixed{1, 0};
};
[[nodiscard]] Result<GeometryChoice> parse_geometry(const std::string& text,
                                                    messages::Language language);

// KofN: N shares, K of which are needed.
[[nodiscard]] Result<keys::ShareCount> parse_share_count(const std::string& text,
                                                         messages::Language language);

// A number of bytes; `otherwise` for an empty text. `option` is named if it is none.
[[nodiscard]] Result<std::uint64_t> parse_count(const std::string& text, std::string_view option,
                                                std::uint64_t otherwise,
                                                messages::Language language);

// A tag is valid UTF-8 without control characters and backslashes, and cannot be taken for a
// number or for "latest".
[[nodiscard]] Result<void> check_tag(const std::string& tag, messages::Language language);

// Why somebody does something, for the audit log and for holds; an empty one is none, and good.
[[nodiscard]] Result<void> check_reason(const std::string& reason, messages::Language language);

// invalid_argument with the text of `key` as {what}.
[[nodiscard]] Error usage_error(messages::Language language, std::string_view key,
                                const messages::Arguments& arguments = {});

}  // namespace holdfast::app
