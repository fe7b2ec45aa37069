// SPDX-License-Identifier: Apache-2.0
#include "firmware/api/verb_problem.h"

#include <algorithm>
#include <array>
#include <utility>

#include "firmware/status/json_reader.h"
#include "hal/base/path.h"

namespace holdfast::api {

namespace {

int status_of_exit(int exit_code) {
  switch (exit_code) {
    case 2:
      return 400;
    case 10:
      return 404;
    case 11:
      return 409;
    case 15:
      return 403;
    case 12:
    case 13:
    case 130:
      return 503;
    case 14:
      return 507;
    default:
      return 500;
  }
}

// What was asked for cannot be, though the exit code is that of any failure.
constexpr std::array<std::pair<std::string_view, int>, 15> kOfTheQuestion = {
    {{"business_exists", 409},
     {"disk_inside_source", 409},
     {"source_in_home", 409},
     {"source_missing", 409},
     {"source_not_directory", 409},
     {"disk_foreign", 409},
     {"disk_is_member", 409},
     {"disk_not_empty", 409},
     {"disk_not_offered", 409},
     {"disk_given_twice", 409},
     {"disk_same_device", 409},
     {"no_space", 507},
     {"pool_exists", 409},
     {"read_only", 409},
     {"no_sound", 422}}};
constexpr std::string_view kBefore = "--before";  // of a change: what was changed meanwhile
constexpr std::string_view kInput = "-";          // the `where` of what stood on standard input

int status_of(int exit_code, std::string_view code, std::string_view where) {
  if (code == "bad_business" && where == kInput) return 400;
  if (where == kBefore) return 409;
  const auto* found =
      std::ranges::find(kOfTheQuestion, code, &std::pair<std::string_view, int>::first);
  return found == kOfTheQuestion.end() ? status_of_exit(exit_code) : found->second;
}

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
      return 400;
    case ErrorCode::denied:
      return 403;
    case ErrorCode::not_found:
    case ErrorCode::no_business:
      return 404;
    case ErrorCode::already_exists:
    case ErrorCode::locked:
      return 409;
    case ErrorCode::limit_exceeded:
      return 413;
    default:
      return 500;
  }
}

// The words of the command line are for who can run a command again.
Problem stopped(messages::Language language) {
  return make_problem(503, name_of(ErrorCode::interrupted), {}, language);
}

}  // namespace

bool has_document(int exit_code) {
  return exit_code == 0 || (exit_code >= 3 && exit_code <= 5);
}

Problem problem_of(const VerbAnswer& answer, messages::Language language) {
  const auto json = status::read_json(answer.document);
  const status::JsonValue* error = json ? json->get("error") : nullptr;
  const auto* code = error == nullptr ? nullptr : error->get<std::string>("code");
  const auto* what = error == nullptr ? nullptr : error->get<std::string>("what");
  if (code == nullptr || what == nullptr) {
    const messages::Arguments arguments = {{"code", std::to_string(answer.exit_code)}};
    return {status_of_exit(answer.exit_code), "exit",
            messages::render(language, "api.problem.exit", arguments)};
  }
  const auto* hint = error->get<std::string>("hint");
  const auto* where = error->get<std::string>("where");
  if (*code == name_of(ErrorCode::interrupted)) return stopped(language);
  const std::string place = where == nullptr ? "" : *where;
  return {status_of(answer.exit_code, *code, place), *code, *what, hint == nullptr ? "" : *hint,
          place == kInput ? "" : place};
}

Problem problem_of(const Error& error, messages::Language language) {
  if (error.code == ErrorCode::interrupted) return stopped(language);
  if (const auto refusal = refusal_of(error)) {
    return make_problem(*refusal == "slow" ? 504 : 503, *refusal, {}, language);
  }
  return {status_of(error.code), std::string(name_of(error.code)),
          messages::render_error(language, error), messages::render_hint(language, error),
          escape_path(error.where)};
}

}  // namespace holdfast::api
