// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/problem_text.h"

#include <algorithm>
#include <charconv>

#include "hal/base/path.h"

namespace holdfast::app {

void write_each_problem(Session& session, const std::string& key, const job::Problems& problems,
                        const MoreFields& more) {
  JsonWriter& json = session.json();
  json.field(key + "_total", problems.count);
  json.begin_array(key);
  for (const job::Problem& problem : problems.kept) {
    const std::string name(name_of(problem.error.code));
    const std::string business(problem.error.argument("business"));
    json.begin_object();
    if (!business.empty()) json.field("business", business);
    json.path("path", problem.path);
    json.field("code", name);
    json.field("what",
               messages::render(session.language(), "error." + name, problem.error.arguments));
    more(problem);
    json.end();
  }
  json.end();
}

namespace {

// Items that one line tells of.
std::uint64_t items_of(const job::Problem& problem) {
  const std::string_view items = problem.error.argument("items");
  std::uint64_t count = 1;
  if (problem.error.code == ErrorCode::names_lost) {
    std::from_chars(items.data(), items.data() + items.size(), count);
  }
  return count;
}

std::string place_text(Session& session, const job::Problem& problem) {
  // The root of the list of items has no path: all items are below it.
  std::string path =
      problem.path.empty() ? session.text("cli.everything") : escape_path(problem.path);
  const std::string business(problem.error.argument("business"));
  if (business.empty() || business == problem.path) return path;
  return session.text("cli.of_business", {{"business", business}, {"path", path, true}});
}

}  // namespace

void warn_of_each_problem(Session& session, std::string_view key, const job::Problems& problems,
                          std::size_t lines_max, const MoreText& more) {
  const std::size_t shown = std::min(problems.kept.size(), lines_max);
  std::uint64_t told = 0;
  for (std::size_t i = 0; i < shown; ++i) {
    const job::Problem& problem = problems.kept[i];
    told += items_of(problem);
    Error error = problem.error;
    error.where.clear();
    const std::string what = messages::render_error(session.language(), error) + more(problem);
    session.warn(key, {{"path", place_text(session, problem), true}, {"what", what, true}});
  }
  if (problems.count > told) {
    session.warn("cli.more_problems", {{"count", std::to_string(problems.count - told)}});
  }
}

}  // namespace holdfast::app
