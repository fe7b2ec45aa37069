// SPDX-License-Identifier: Apache-2.0
// Every word a person reads. en.toml and zh-CN.toml hold the texts by key; the build makes one
// table of them (tools/generate_messages), so that both languages have the same keys and
// placeholders. Only what people look at renders: CLI, pages, LCD, alerts.
//
// A placeholder `{name}` becomes the argument of that name, or nothing if there is none. What an
// argument brings (paths of a source, words of the system) is escaped as paths are, unless it
// is_words: no control character and no broken UTF-8 ever reaches a screen. The fixed words that
// libraries put into {what}, {operation} and {reason} have texts of their own ([what]). Any thread;
// no failure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hal/base/error.h"

namespace holdfast::messages {

enum class Language { english, chinese };

using Arguments = std::vector<ErrorArgument>;

// The text of a key such as "cli.backup.done". A key that does not exist shows as itself: a wrong
// label on a screen must not stop the box.
[[nodiscard]] std::string render(Language language, std::string_view key,
                                 const Arguments& arguments = {});

// One line: where it happened, if that is known, and what happened.
[[nodiscard]] std::string render_error(Language language, const Error& error);
// What a person may do about it.
[[nodiscard]] std::string render_hint(Language language, const Error& error);

}  // namespace holdfast::messages
