// SPDX-License-Identifier: Apache-2.0
// --recovery-shares and --recovery-out: what is asked for, and what is said of it. --share: what
// the files of shares say.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "firmware/app/session.h"
#include "firmware/keys/shares.h"

namespace holdfast::app {

// Nothing without a folder to write to: then none are made. Usage errors: a count that cannot be,
// a folder that is, or lies in, home or one of `disks`; what resolving a folder says.
[[nodiscard]] Result<std::optional<vault::SharePlan>> plan_shares(
    Session& session, const std::string& count, const std::vector<std::string>& folders,
    const std::vector<std::string>& disks);

// "recovery_shares": {needed, made, files}, or null.
void write_shares(JsonWriter& json, const std::optional<vault::SharePlan>& plan,
                  const vault::Box::ShareFiles& files);
// Where they are, and what to do with them.
void tell_shares(Session& session, const vault::SharePlan& plan,
                 const vault::Box::ShareFiles& files);

// The shares in those files. What parse_share() says, with the file.
[[nodiscard]] Result<std::vector<keys::Share>> read_share_files(
    Session& session, const std::vector<std::string>& files);
// What they give together, as a slot takes it. What combine_shares() says; wrong_shares.
[[nodiscard]] Result<SecretKey> secret_of(const std::vector<keys::Share>& shares);

}  // namespace holdfast::app
