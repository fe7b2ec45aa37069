// SPDX-License-Identifier: Apache-2.0
// hold, snapshot hold, snapshot release: what must stay, and why.
#include <algorithm>

#include "firmware/app/arguments.h"
#include "firmware/app/definition.h"
#include "firmware/app/holds.h"
#include "firmware/app/suggestion.h"
#include "firmware/app/verbs.h"
#include "firmware/job/browse.h"
#include "firmware/job/held_keys.h"
#include "firmware/job/record_index_file.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

using journal::HoldScope;

constexpr std::size_t kKeySizeMax = 1024;

// What is to be held or released.
struct Held {
  HoldScope scope = HoldScope::item;
  std::string value;
};

// What a dry run can tell without writing; writing finds it out by itself.
Result<void> check_writable(vault::Business& business, bool dry_run) {
  if (!dry_run) return {};
  HF_TRY(business.pool().writable());
  HF_TRY(business.journal().writable());
  return business.box().check_newest();
}

Result<void> require_reason(const std::string& reason, messages::Language language) {
  if (reason.empty()) return usage_error(language, "cli.usage.missing", {{"option", "--reason"}});
  return check_reason(reason, language);
}

// "KEY=VALUE" as typed.
Result<Held> parse_key(const std::string& text, messages::Language language) {
  const std::size_t equals = text.find('=');
  const bool good = equals != std::string::npos && equals > 0 && equals + 1 < text.size() &&
                    text.size() <= kKeySizeMax && escape_path(text) == text;
  if (!good) return usage_error(language, "cli.usage.bad_key", {{"text", text}});
  return Held{HoldScope::key, text};
}

Result<Held> parse_held(const HoldOptions& options, messages::Language language) {
  if (options.path.empty() == options.where.empty()) {
    return usage_error(language, "cli.usage.path_or_where");
  }
  if (!options.where.empty()) return parse_key(options.where, language);
  HF_TRY(std::string path, parse_item_path(options.path, language));
  if (path.empty()) return usage_error(language, "cli.usage.bad_path", {{"path", options.path}});
  return Held{HoldScope::item, std::move(path)};
}

bool is_of(const catalog::HoldRow& hold, const Held& held) {
  return hold.body.scope == held.scope && hold.body.value == held.value;
}

std::string name_of(const Held& held) {
  return held.scope == HoldScope::snapshot ? std::to_string(held_number(held.value)) : held.value;
}

void report(Session& session, const Held& held, const std::string& reason, bool bound) {
  if (!session.wants_json()) return;
  JsonWriter& json = session.json();
  write_held(json, held.scope, held.value, bound);
  if (reason.empty()) {
    json.null("reason");
  } else {
    json.path("reason", reason);
  }
  session.write_committed();
}

// Where no source has rows nobody would ever know what a key holds, and no prune could go on. An
// index of rows that were there before tells it still.
Result<void> check_has_rows(Session& session, vault::Business& business) {
  const auto loaded = load_good_definition(session, business);
  if (!loaded || loaded->definition.has_rows() || job::open_record_index(business)) return {};
  return usage_error(session.language(), "cli.usage.no_key_rows", {{"name", business.name()}});
}

// A hold that is there already, for the same reason, makes no entry.
Result<ExitCode> add_hold(Session& session, vault::Business& business, const Held& held,
                          const std::string& reason, bool dry_run) {
  HF_TRY(check_writable(business, dry_run));
  const bool is_key = held.scope == HoldScope::key;
  bool bound = false;
  if (is_key) {
    HF_TRY(check_has_rows(session, business));
    HF_TRY(bound, is_bound(business, held.value, session.language()));
  }
  HF_TRY(const auto holds, business.holds());
  const auto same = std::ranges::find_if(holds, [&](const catalog::HoldRow& hold) {
    return is_of(hold, held) && hold.body.reason == reason;
  });
  if (!dry_run) {
    std::uint64_t number = same == holds.end() ? 0 : same->number;
    if (same == holds.end()) {
      HF_TRY(const journal::Head head, business.hold(held.scope, held.value, reason));
      number = head.number;
    }
    // It counts already. What cannot be looked up now, the next backup looks up.
    const auto kept = is_key ? job::keep_held_paths(business) : Result<void>();
    std::vector<Error> warnings = business.warnings();
    if (!kept) warnings.push_back(kept.error());
    session.set_committed(number, warnings);
  }
  report(session, held, reason, bound);
  const std::string what = held_text(session, held.scope, held.value);
  session.say(dry_run ? "cli.hold.would_add" : "cli.hold.added",
              {{"what", what, true}, {"reason", reason}});
  if (is_key && !bound) session.note("cli.hold.no_record", {{"what", what, true}});
  return ExitCode::done;
}

// Every hold on it, or those for that reason.
Result<ExitCode> release_holds(Session& session, vault::Business& business, const Held& held,
                               const std::string& reason, bool dry_run) {
  HF_TRY(check_writable(business, dry_run));
  HF_TRY(auto holds, business.holds());
  std::erase_if(holds, [&](const catalog::HoldRow& hold) {
    return !is_of(hold, held) || (!reason.empty() && hold.body.reason != reason);
  });
  if (holds.empty()) return make_error(ErrorCode::not_held, name_of(held));
  HF_TRY(const BoundHolds bound, bound_holds(business, holds));
  std::optional<journal::Head> newest;
  for (const catalog::HoldRow& hold : holds) {
    if (dry_run) break;
    auto head = business.release(hold, reason);
    // Those before it are released, whatever becomes of this one.
    if (!head && newest) session.set_committed(newest->number, business.warnings());
    if (!head) return std::move(head.error());
    newest = *head;
  }
  if (newest) session.set_committed(newest->number, business.warnings());
  if (session.wants_json()) session.json().field("holds", std::uint64_t{holds.size()});
  report(session, held, reason, !bound.empty());
  const std::string what = held_text(session, held.scope, held.value);
  session.say(dry_run ? "cli.hold.would_release" : "cli.hold.released",
              {{"what", what, true}, {"count", std::to_string(holds.size())}});
  return ExitCode::done;
}

Result<ExitCode> list_holds(Session& session, const HoldOptions& options) {
  if (!options.path.empty() || !options.where.empty() || !options.reason.empty()) {
    return usage_error(session.language(), "cli.usage.list_alone");
  }
  HF_TRY(const auto business, session.open_business(options.name, vault::Access::read));
  HF_TRY(const auto holds, business->holds());
  if (session.wants_json()) {
    HF_TRY(const BoundHolds bound, bound_holds(*business, holds));
    write_holds(session.json(), holds, bound);
    return ExitCode::done;
  }
  Table table({{session.text("cli.column.number"), Table::Align::right},
               {session.text("cli.column.time")},
               {session.text("cli.column.held")},
               {session.text("cli.column.reason")}});
  for (const catalog::HoldRow& hold : holds) {
    table.add({std::to_string(hold.number), time_text(hold.time),
               held_text(session, hold.body.scope, hold.body.value),
               escape_path(hold.body.reason)});
  }
  table.print(session.out());
  return ExitCode::done;
}

vault::Access access_of(bool dry_run) {
  return dry_run ? vault::Access::read : vault::Access::write;
}

Result<Held> find_snapshot(Session& session, vault::Business& business, const std::string& text) {
  HF_TRY(const auto selector, parse_snapshot(text, session.language()));
  HF_TRY(const auto row, business.find_snapshot(selector));
  return Held{HoldScope::snapshot, journal::hold_value(row.head.number, row.head.digest)};
}

}  // namespace

Result<ExitCode> run_hold(Session& session, const HoldOptions& options) {
  const messages::Language language = session.language();
  const std::vector<std::string> verbs = {"add", "release", "list"};
  if (options.verb == "list") return list_holds(session, options);
  session.begin_writing(options.dry_run);
  if (std::ranges::find(verbs, options.verb) == verbs.end()) {
    const std::string nearest = nearest_word(options.verb, verbs);
    return usage_error(language,
                       nearest.empty() ? "cli.usage.unexpected" : "cli.usage.unexpected_meant",
                       {{"word", options.verb}, {"nearest", nearest}});
  }
  HF_TRY(const Held held, parse_held(options, language));
  const bool adds = options.verb == "add";
  HF_TRY(adds ? require_reason(options.reason, language) : check_reason(options.reason, language));
  HF_TRY(const auto business, session.open_business(options.name, access_of(options.dry_run)));
  if (!adds) return release_holds(session, *business, held, options.reason, options.dry_run);
  if (held.scope == HoldScope::item) HF_TRY(job::check_known(*business, held.value));
  return add_hold(session, *business, held, options.reason, options.dry_run);
}

Result<ExitCode> run_snapshot_hold(Session& session, const SnapshotHoldOptions& options) {
  session.begin_writing(options.dry_run);
  HF_TRY(require_reason(options.reason, session.language()));
  HF_TRY(const auto business, session.open_business(options.name, access_of(options.dry_run)));
  HF_TRY(const Held held, find_snapshot(session, *business, options.snapshot));
  return add_hold(session, *business, held, options.reason, options.dry_run);
}

Result<ExitCode> run_snapshot_release(Session& session, const SnapshotHoldOptions& options) {
  session.begin_writing(options.dry_run);
  HF_TRY(check_reason(options.reason, session.language()));
  HF_TRY(const auto business, session.open_business(options.name, access_of(options.dry_run)));
  HF_TRY(const Held held, find_snapshot(session, *business, options.snapshot));
  return release_holds(session, *business, held, options.reason, options.dry_run);
}

}  // namespace holdfast::app
