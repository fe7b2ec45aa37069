// SPDX-License-Identifier: Apache-2.0
// hook: programs that may ask for a backup over HTTP, each of one business.
#include <algorithm>

#include "firmware/api/hooks.h"
#include "firmware/app/report.h"
#include "firmware/app/verbs.h"

namespace holdfast::app {

namespace {

Result<std::unique_ptr<api::Hooks>> open_hooks(Session& session) {
  HF_TRY(ports::Disk * home, session.home_disk());
  return std::make_unique<api::Hooks>(*home, session.ports().clock, session.ports().random);
}

Result<void> check_business(Session& session, const std::string& name) {
  HF_TRY(vault::Box * box, session.box());
  const auto names = box->businesses();
  if (std::ranges::find(names, name, &vault::BusinessName::name) != names.end()) return {};
  return make_error(ErrorCode::no_business, name);
}

}  // namespace

Result<ExitCode> run_hook_list(Session& session) {
  HF_TRY(const auto hooks, open_hooks(session));
  HF_TRY(const std::vector<api::Hook> list, hooks->list());
  if (session.wants_json()) {
    JsonWriter& json = session.json();
    json.begin_array("hooks");
    for (const api::Hook& each : list) {
      json.begin_object();
      json.field("business", each.business);
      json.field("made", each.made);
      json.end();
    }
    json.end();
    return ExitCode::done;
  }
  if (list.empty()) session.say("cli.hook.none");
  if (list.empty()) return ExitCode::done;
  Table table({{session.text("cli.column.name")}, {session.text("cli.column.made")}});
  for (const api::Hook& each : list) table.add({each.business, time_text(each.made)});
  table.print(session.out());
  return ExitCode::done;
}

// The word is shown once: home has its digest alone.
Result<ExitCode> run_hook_add(Session& session, const NameOptions& options) {
  session.begin_writing(false);
  HF_TRY(check_business(session, options.name));
  HF_TRY(const auto hooks, open_hooks(session));
  HF_TRY(const std::string word, hooks->add(options.name));
  session.set_committed();
  if (session.wants_json()) {
    session.json().field("business", options.name);
    session.json().field("word", word);
    session.write_committed();
    return ExitCode::done;
  }
  session.say("cli.hook.added", {{"name", options.name}});
  session.out() << word << '\n';
  return ExitCode::done;
}

Result<ExitCode> run_hook_remove(Session& session, const NameOptions& options) {
  session.begin_writing(false);
  HF_TRY(const auto hooks, open_hooks(session));
  HF_TRY(hooks->remove(options.name));
  session.set_committed();
  if (session.wants_json()) {
    session.json().field("business", options.name);
    session.write_committed();
  }
  session.say("cli.hook.removed", {{"name", options.name}});
  return ExitCode::done;
}

}  // namespace holdfast::app
