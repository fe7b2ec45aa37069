// SPDX-License-Identifier: Apache-2.0
// What a definition may not say when a page gives it. Whoever rules the box from a browser is no
// user of its system: programs that the box runs, and which of its files is a password for whom,
// are set at the box.
#pragma once

#include <string_view>

#include "firmware/app/session.h"

namespace holdfast::app {

// `before`: the text of the definition in its place as it is; empty: none. Asked by a page
// (HOLDFAST_ACTOR), denied if its commands are others than those of that text, or if a source has a
// password file that is no credential of the service, unless that text connects just so.
[[nodiscard]] Result<void> check_asked(Session& session, std::string_view before,
                                       const source::BusinessDefinition& definition);

}  // namespace holdfast::app
