// SPDX-License-Identifier: Apache-2.0
// business add, list, show.
#include <algorithm>
#include <map>

#include "firmware/app/arguments.h"
#include "firmware/app/asked_definition.h"
#include "firmware/app/definition.h"
#include "firmware/app/definition_text.h"
#include "firmware/app/holds.h"
#include "firmware/app/schedule_config.h"
#include "firmware/app/verbs.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

// An absolute path stays as typed, links and all: what it leads to may be exchanged some day.
Result<std::string> absolute_path(Session& session, const std::string& path) {
  if (!path.starts_with('/')) return session.ports().files.resolve(path);
  std::string trimmed = path;
  while (trimmed.size() > 1 && trimmed.ends_with('/')) trimmed.pop_back();
  return trimmed;
}

// An error that is about a source says so: not found is something else than a missing source.
Result<std::string> source_path(Session& session, const std::string& path) {
  auto absolute = absolute_path(session, path);
  if (absolute || absolute.error().code != ErrorCode::not_found) return absolute;
  return make_error(ErrorCode::source_missing, path);
}

Result<source::BusinessDefinition> definition_of(Session& session,
                                                 const BusinessAddOptions& options) {
  source::BusinessDefinition definition;
  definition.name = options.name;
  if (options.mirror) definition.kind = source::BusinessKind::mirror;
  for (const std::string& path : options.sources) {
    source::SourceDefinition source;
    HF_TRY(source.path, source_path(session, path));
    source.name = last_name_of(source.path);
    if (source.name.empty()) {
      return usage_error(session.language(), "cli.usage.source_without_name", {{"path", path}});
    }
    const auto same =
        std::ranges::find(definition.sources, source.name, &source::SourceDefinition::name);
    if (same != definition.sources.end()) {
      return usage_error(session.language(), "cli.usage.source_name_twice",
                         {{"name", source.name}, {"path", path}, {"other", same->path}});
    }
    definition.sources.push_back(std::move(source));
  }
  return definition;
}

// What is to be added: the definition to check, and the text to keep.
struct NewBusiness {
  source::BusinessDefinition definition;
  std::function<std::string(const BusinessId&)> write;
};

Result<NewBusiness> from_file(Session& session, const BusinessAddOptions& options) {
  HF_TRY(const std::string text, read_definition(session, options.file));
  HF_TRY(const BusinessFile file, parse_business(text, options.file, session.language()));
  HF_TRY(check_new_file(session, file, options.name));
  HF_TRY(check_schedule(text, options.file, session.language(), file.definition.schedule,
                        session.ports().clock.now()));
  HF_TRY(check_asked(session, {}, file.definition));
  return NewBusiness{file.definition, [=](const BusinessId& id) {
                       return complete_business(text, file, id, options.name);
                     }};
}

Result<NewBusiness> new_business(Session& session, const BusinessAddOptions& options) {
  const bool by_file = !options.file.empty();
  if (by_file == !options.sources.empty() || (by_file && options.mirror)) {
    return usage_error(session.language(), "cli.usage.source_or_file");
  }
  if (by_file) return from_file(session, options);
  HF_TRY(const source::BusinessDefinition definition, definition_of(session, options));
  return NewBusiness{definition,
                     [=](const BusinessId& id) { return write_business(id, definition); }};
}

// In force, or from the next backup on.
Result<source::LockDays> locks_of(vault::Business& business,
                                  const source::BusinessDefinition& definition) {
  HF_TRY(const auto policy, business.policy_in_force());
  return source::locks_of(definition, policy ? policy->lock_days : source::LockDays());
}

void say_locks(Session& session, const source::LockDays& locks) {
  for (const auto& [retention_class, days] : locks) {
    session.say("cli.business.lock",
                {{"class", std::to_string(retention_class)}, {"days", std::to_string(days)}});
  }
}

void write_newest(JsonWriter& json, const std::optional<catalog::SnapshotRow>& newest) {
  if (!newest) return json.null("newest");
  json.begin_object("newest");
  json.field("number", newest->head.number);
  json.field("time", newest->time);
  json.field("items", newest->body.counts.items);
  json.field("bytes", newest->body.counts.bytes);
  json.field("complete", newest->body.complete);
  json.end();
}

}  // namespace

namespace {

// What adding it would refuse, after its definition was checked. From then on a business of this
// name is the new one.
Result<void> check_addable(vault::Box& box, const std::string& name, const NewBusiness& business) {
  HF_TRY(box.check_addable(name, business.write));
  return box.check_safe();
}

// `incomplete`: home has the business, but the disks not all of it yet.
void report_added(Session& session, const source::BusinessDefinition& definition,
                  const std::string& name, const std::optional<BusinessId>& id,
                  const Error* incomplete) {
  constexpr const char* kWarning = "cli.business.not_complete";
  messages::Arguments arguments = {{"name", name}};
  if (incomplete != nullptr) {
    arguments.push_back({"what", messages::render_error(session.language(), *incomplete), true});
    session.warn(kWarning, arguments);
  }
  if (session.wants_json()) {
    JsonWriter& json = session.json();
    json.field("name", name);
    if (id) {
      json.field("id", id->hex());
    } else {
      json.null("id");
    }
    write_sources(json, definition, source::locks_of(definition));
    session.write_committed();
    if (incomplete != nullptr) json.field("warning", session.text(kWarning, arguments));
  }
  session.say(id ? "cli.business.added" : "cli.business.would_add", arguments);
}

}  // namespace

Result<ExitCode> run_business_add(Session& session, const BusinessAddOptions& options) {
  session.begin_writing(options.dry_run);
  HF_TRY(check_business_name(options.name, session.language()));
  HF_TRY(const NewBusiness business, new_business(session, options));
  HF_TRY(vault::Box * box, session.box());
  HF_TRY(const std::vector<std::string> disk_paths, box->disk_paths());
  HF_TRY(check_sources(session, business.definition, disk_paths));
  HF_TRY(check_addable(*box, options.name, business));
  HF_TRY(check_kinds_apart(session, *box, business.definition));
  if (options.dry_run) {
    report_added(session, business.definition, options.name, std::nullopt, nullptr);
    return ExitCode::done;
  }
  const auto added =
      box->add_business(options.name, business.write, source::locks_of(business.definition));
  const keys::BusinessKeys* keys = box->keyring().find_business(options.name);
  if (keys == nullptr) return added.error();
  if (!added && added.error().code == ErrorCode::business_exists) return added.error();
  if (added) {
    session.set_committed(added->number, added->warnings);
  } else {
    session.set_committed();
  }
  report_added(session, business.definition, options.name, keys->id,
               added ? nullptr : &added.error());
  return ExitCode::done;
}

Result<ExitCode> run_business_list(Session& session) {
  HF_TRY(const vault::Box* box, session.box());
  const auto businesses = box->businesses();
  if (session.wants_json()) {
    JsonWriter& json = session.json();
    json.begin_array("businesses");
    for (const vault::BusinessName& business : businesses) {
      json.begin_object();
      json.field("name", business.name);
      json.field("id", business.id.hex());
      json.end();
    }
    json.end();
    return ExitCode::done;
  }
  Table table({{session.text("cli.column.name")}, {session.text("cli.column.id")}});
  for (const vault::BusinessName& business : businesses) {
    table.add({business.name, business.id.hex()});
  }
  table.print(session.out());
  return ExitCode::done;
}

Result<ExitCode> run_business_show(Session& session, const NameOptions& options) {
  HF_TRY(const auto business, session.open_business(options.name, vault::Access::read));
  HF_TRY(const std::string text, business->definition());
  HF_TRY(const auto definition, load_definition(session, *business));
  HF_TRY(const auto locks, locks_of(*business, definition));
  HF_TRY(const auto snapshots, business->snapshots());
  HF_TRY(const auto newest, business->newest_snapshot());
  HF_TRY(const auto holds, business->holds());
  if (session.wants_json()) {
    HF_TRY(const BoundHolds bound, bound_holds(*business, holds));
    JsonWriter& json = session.json();
    json.field("name", business->name());
    json.field("id", business->id().hex());
    write_sources(json, definition, locks);
    json.field("definition", text);
    json.field("definition_sha256", definition_sha256(text));
    json.field("snapshots", std::uint64_t{snapshots.size()});
    write_newest(json, newest);
    write_holds(json, holds, bound);
    return ExitCode::done;
  }
  session.out() << text << '\n';
  say_locks(session, locks);
  session.say("cli.business.snapshots", {{"count", std::to_string(snapshots.size())}});
  if (newest) {
    session.say("cli.business.newest", {{"number", std::to_string(newest->head.number)},
                                        {"time", time_text(newest->time)},
                                        {"items", std::to_string(newest->body.counts.items)},
                                        {"size", size_text(newest->body.counts.bytes)}});
  }
  say_holds(session, holds);
  return ExitCode::done;
}

}  // namespace holdfast::app
