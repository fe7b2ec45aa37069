// SPDX-License-Identifier: Apache-2.0
// Problems one by one, with what a verb has to add to each.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "firmware/app/session.h"
#include "firmware/job/progress.h"

namespace holdfast::app {

// As write_problems() in report.h; `more` writes further fields of the object of a problem.
using MoreFields = std::function<void(const job::Problem& problem)>;
void write_each_problem(Session& session, const std::string& key, const job::Problems& problems,
                        const MoreFields& more);

// As warn_of_problems() there; `more` says what stands behind a problem. The error's argument
// `business`, where several are told of, says whose it is, and stands before it.
using MoreText = std::function<std::string(const job::Problem& problem)>;
void warn_of_each_problem(Session& session, std::string_view key, const job::Problems& problems,
                          std::size_t lines_max, const MoreText& more);

}  // namespace holdfast::app
