// SPDX-License-Identifier: Apache-2.0
// Items of a snapshot as JSON and as lines for people.
#pragma once

#include <string>

#include "firmware/app/output.h"
#include "firmware/messages/messages.h"
#include "firmware/vault/item.h"

namespace holdfast::app {

// path, type, size, mode, uid, gid, mtime, digest, target, gone, flags.
void write_item(JsonWriter& json, const vault::Item& item);
// "-rw-r--r--      1.5 KiB  2026-01-31 11:41:29Z  path", a mark in front of what is gone, and
// of what could not be read at the source; behind what is gone, since when.
[[nodiscard]] std::string item_line(messages::Language language, const vault::Item& item);
// " (gone since …)", empty for what is there.
[[nodiscard]] std::string gone_text(messages::Language language, const vault::Item& item);
// "regular", "directory", …
[[nodiscard]] std::string name_of(ports::FileType type);

}  // namespace holdfast::app
