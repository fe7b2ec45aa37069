// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/asked_definition.h"

#include <algorithm>
#include <tuple>

#include "firmware/app/config.h"

namespace holdfast::app {

namespace {

// Where a password goes, and which one.
auto connection_of(const source::SqlRules& rules) {
  return std::tie(rules.kind, rules.server, rules.port, rules.database, rules.user,
                  rules.password_file, rules.tls, rules.ca_file);
}

bool has_connection(const source::BusinessDefinition& definition, const source::SqlRules& rules) {
  return std::ranges::any_of(definition.sources, [&](const source::SourceDefinition& source) {
    return !source.has_folder() && connection_of(source.sql) == connection_of(rules);
  });
}

Error refused(Session& session, std::string_view key, const messages::Arguments& arguments) {
  return make_error(ErrorCode::denied, {}, {{"what", session.text(key, arguments), true}});
}

// A file of the box is sent nowhere that somebody at the box has not said.
Result<void> check_passwords(Session& session, const source::BusinessDefinition& in_place,
                             const source::BusinessDefinition& definition) {
  for (const source::SourceDefinition& source : definition.sources) {
    const source::SqlRules& rules = source.sql;
    if (source.has_folder() || rules.password_file.empty()) continue;
    if (has_connection(in_place, rules) || session.is_credential(rules.password_file)) continue;
    return refused(session, "cli.config.password_by_page", {{"path", rules.password_file}});
  }
  return {};
}

}  // namespace

Result<void> check_asked(Session& session, std::string_view before,
                         const source::BusinessDefinition& definition) {
  if (session.environment().actor.empty()) return {};
  source::BusinessDefinition in_place;
  // What cannot be read has set nothing.
  if (auto file = parse_business(before, {}, session.language())) in_place = file->definition;
  const policy::Schedule& now = in_place.schedule;
  const policy::Schedule& then = definition.schedule;
  if (now.pre != then.pre || now.post != then.post) {
    return refused(session, "cli.config.command_by_page", {});
  }
  return check_passwords(session, in_place, definition);
}

}  // namespace holdfast::app
