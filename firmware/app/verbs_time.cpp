// SPDX-License-Identifier: Apache-2.0
// time show, time confirm: the time that locks age by, which no clock of the box sets.
#include <algorithm>

#include "firmware/app/arguments.h"
#include "firmware/app/report.h"
#include "firmware/app/verbs.h"
#include "firmware/policy/clock_jump.h"
#include "firmware/policy/trusted_time.h"
#include "firmware/vault/confirmations.h"
#include "hal/base/path.h"

namespace holdfast::app {

namespace {

constexpr std::size_t kNameSizeMax = 255;
// The box's clock and the people have to agree: a slip of the pen sets nothing.
constexpr std::int64_t kAheadMax_ns = 86'400'000'000'000;

std::optional<Timestamp> known(Timestamp time) {
  return time.ns > 0 ? std::optional(time) : std::nullopt;
}

struct Times {
  Timestamp trusted;  // as home and the journals of all businesses have it; ns 0: nobody has
                      // confirmed one
  std::optional<Timestamp> newest_entry;  // of all journals, by the clock of when it was made
};

Result<Times> times_of(Session& session, vault::Box& box) {
  Times times;
  for (const vault::BusinessName& name : box.businesses()) {
    HF_TRY(const auto business, session.open_business(name.name, vault::Access::read));
    HF_TRY(const Timestamp here, business->trusted_time());
    times.trusted = std::max(times.trusted, here);
    const journal::Journal& journal = business->journal();
    if (journal.head().number == 0) continue;
    HF_TRY(journal.read(journal.head().number, [&](const journal::Entry& entry) -> Result<void> {
      times.newest_entry = std::max(times.newest_entry, std::optional(entry.time));
      return {};
    }));
  }
  return times;
}

// Two people, by name, so that nobody does it alone and by mistake.
Result<void> check_names(const std::vector<std::string>& names, messages::Language language) {
  for (const std::string& name : names) {
    const bool good = name.size() <= kNameSizeMax && escape_path(name) == name;
    if (!good) return usage_error(language, "cli.usage.bad_name", {{"text", name}});
  }
  std::vector<std::string> sorted = names;
  std::ranges::sort(sorted);
  const bool differ = std::ranges::adjacent_find(sorted) == sorted.end();
  if (names.size() < 2 || !differ) return usage_error(language, "cli.usage.two_names");
  return {};
}

Result<Timestamp> parse_confirmed(Session& session, const TimeConfirmOptions& options) {
  const messages::Language language = session.language();
  HF_TRY(check_names(options.by, language));
  const auto time = Timestamp::parse(options.at);
  if (!time) return usage_error(language, "cli.usage.bad_time", {{"text", options.at}});
  const Timestamp clock = session.ports().clock.now();
  if (time->ns - kAheadMax_ns > clock.ns) {
    return usage_error(language, "cli.usage.time_ahead",
                       {{"time", utc_text(*time)}, {"clock", utc_text(clock)}});
  }
  return *time;
}

struct EntryTimes {
  std::vector<Timestamp> times;
  std::uint64_t lost = 0;  // entries that no disk has, of which no time is known
};

// Of all entries of all journals.
Result<EntryTimes> entry_times(Session& session, vault::Box& box) {
  EntryTimes entries;
  for (const vault::BusinessName& name : box.businesses()) {
    HF_TRY(const auto business, session.open_business(name.name, vault::Access::read));
    const auto visit = [&](const journal::Entry& entry) -> Result<void> {
      entries.times.push_back(entry.time);
      return {};
    };
    const auto on_lost = [&](const journal::EntryRange& lost) -> Result<void> {
      entries.lost += lost.count();
      return {};
    };
    if (business->journal().head().number == 0) continue;
    HF_TRY(business->journal().read(1, visit, journal::Signatures::needed, on_lost));
  }
  return entries;
}

// It ends every lock that is over by then, and nothing that was confirmed before bounds it. A clock
// that jumped makes entries too, and is then near the newest one: so no two that follow each other
// may be far apart either. One that is lost may be the one that tells. Read whole, once in the life
// of a box.
Result<void> check_first(Session& session, vault::Box& box, Timestamp confirmed, const Times& times,
                         bool may_be_far) {
  if (times.trusted.ns > 0 || !times.newest_entry || may_be_far) return {};
  if (policy::is_first_far(confirmed, *times.newest_entry)) {
    return usage_error(session.language(), "cli.usage.time_far",
                       {{"time", utc_text(confirmed)}, {"entry", utc_text(*times.newest_entry)}});
  }
  HF_TRY(auto entries, entry_times(session, box));
  if (entries.lost > 0) {
    session.warn("cli.time.entries_lost", {{"entries", std::to_string(entries.lost)}});
  }
  const auto jump = policy::newest_jump(std::move(entries.times));
  if (!jump && entries.lost == 0) return {};
  if (!jump) {
    return usage_error(session.language(), "cli.usage.time_unjudged",
                       {{"time", utc_text(confirmed)}});
  }
  return usage_error(session.language(), "cli.usage.time_jump",
                     {{"time", utc_text(confirmed)},
                      {"before", utc_text(jump->before)},
                      {"after", utc_text(jump->after)}});
}

void write_times(Session& session, Timestamp trusted) {
  JsonWriter& json = session.json();
  write_time(json, "trusted", known(trusted));
  json.field("clock", session.ports().clock.now());
}

void write_confirmations(JsonWriter& json, const std::vector<vault::Confirmation>& all) {
  json.begin_array("confirmations");
  for (const vault::Confirmation& each : all) {
    json.begin_object();
    json.field("time", each.confirmed);
    json.field("clock", each.clock);
    json.begin_array("by");
    for (const std::string& name : each.by) json.element(name);
    json.end();
    json.end();
  }
  json.end();
}

void say_newest(Session& session, const std::vector<vault::Confirmation>& all) {
  if (all.empty()) return;
  const vault::Confirmation& newest = all.back();
  std::string names;
  for (const std::string& name : newest.by) names += (names.empty() ? "" : ", ") + name;
  session.say(
      "cli.time.by",
      {{"time", utc_text(newest.confirmed)}, {"clock", utc_text(newest.clock)}, {"names", names}});
}

}  // namespace

Result<ExitCode> run_time_show(Session& session) {
  HF_TRY(vault::Box * box, session.box());
  HF_TRY(const Times times, times_of(session, *box));
  const Timestamp trusted = times.trusted;
  HF_TRY(const auto confirmations, vault::noted_confirmations(box->ports().home));
  if (session.wants_json()) {
    write_times(session, trusted);
    write_time(session.json(), "newest_entry", times.newest_entry);
    write_confirmations(session.json(), confirmations);
    return ExitCode::done;
  }
  const messages::Arguments arguments = {{"trusted", utc_text(trusted)},
                                         {"clock", utc_text(session.ports().clock.now())}};
  session.say(trusted.ns > 0 ? "cli.time.show" : "cli.time.unconfirmed", arguments);
  if (trusted.ns == 0 && times.newest_entry) {
    session.say("cli.time.newest_entry", {{"time", utc_text(*times.newest_entry)}});
  }
  say_newest(session, confirmations);
  return ExitCode::done;
}

// Home keeps it for the whole box, and each business's journal knows how far it has come, and who
// said so.
Result<ExitCode> run_time_confirm(Session& session, const TimeConfirmOptions& options) {
  session.begin_writing(options.dry_run);
  HF_TRY(const Timestamp confirmed, parse_confirmed(session, options));
  HF_TRY(vault::Box * box, session.box());
  HF_TRY(const Times times, times_of(session, *box));
  HF_TRY(check_first(session, *box, confirmed, times, options.may_be_far));
  Timestamp after = times.trusted;
  const auto names = box->businesses();
  if (names.empty()) return make_error(ErrorCode::no_business, "");
  const vault::Confirmation said{confirmed, session.ports().clock.now(), options.by};
  if (!options.dry_run) HF_TRY(vault::note_confirmation(box->ports().home, said));
  for (const vault::BusinessName& name : names) {
    if (options.dry_run) break;
    HF_TRY(const auto business, session.open_business(name.name, vault::Access::write));
    HF_TRY(after, business->confirm_time(confirmed, options.by));
    session.set_committed({}, business->warnings());
  }
  if (session.wants_json()) {
    write_times(session, after);
    write_time(session.json(), "before", known(times.trusted));
    write_time(session.json(), "newest_entry", times.newest_entry);
    session.write_committed();
  }
  const messages::Arguments arguments = {{"confirmed", utc_text(confirmed)},
                                         {"trusted", utc_text(after)}};
  if (options.dry_run) {
    session.say("cli.time.would_confirm", arguments);
  } else {
    session.say(after < confirmed ? "cli.time.moved_less" : "cli.time.confirmed", arguments);
  }
  return ExitCode::done;
}

}  // namespace holdfast::app
