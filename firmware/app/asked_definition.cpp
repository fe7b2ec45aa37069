// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/asked_definition.h"

#include "firmware/app/config.h"

namespace holdfast::app {

Result<void> check_asked(Session& session, std::string_view before,
                         const source::BusinessDefinition& definition) {
  if (session.environment().actor.empty()) return {};
  source::BusinessDefinition in_place;
  // What cannot be read has set nothing.
  if (auto file = parse_business(before, {}, session.language())) in_place = file->definition;
  const policy::Schedule& now = in_place.schedule;
  const policy::Schedule& then = definition.schedule;
  if (now.pre == then.pre && now.post == then.post) return {};
  return make_error(ErrorCode::denied, definition.name,
                    {{"what", session.text("cli.config.command_by_page"), true}});
}

}  // namespace holdfast::app
