// SPDX-License-Identifier: Apache-2.0
// What is lost, item by item, as JSON and as lines for people: whose it is, and which business
// records it belongs to.
#pragma once

#include <string>

#include "firmware/app/session.h"
#include "firmware/job/progress.h"

namespace holdfast::app {

// As write_problems() and warn_of_problems(). `business`: whose items they are; empty: each says so
// itself, and that is told. Where a business, its definition or its index cannot be read, its
// records are left out.
void write_lost(Session& session, const job::Problems& lost, const std::string& business = {});
void warn_of_lost_items(Session& session, const job::Problems& lost,
                        const std::string& business = {});

}  // namespace holdfast::app
