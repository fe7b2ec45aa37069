// SPDX-License-Identifier: Apache-2.0
// drill: a random sample restored and compared; with --report the drills of a month.
#include <algorithm>

#include "firmware/app/arguments.h"
#include "firmware/app/decoder.h"
#include "firmware/app/definition.h"
#include "firmware/app/drill_page.h"
#include "firmware/app/report.h"
#include "firmware/app/verbs.h"
#include "firmware/job/tend.h"

namespace holdfast::app {

namespace {

constexpr std::size_t kItemLinesMax = 100;  // what a person looks through on a terminal

void write_items(JsonWriter& json, const job::DrillReport& report) {
  json.begin_array("drilled");
  for (const job::DrilledItem& item : report.items) {
    json.begin_object();
    json.path("path", item.path);
    json.field("outcome", std::string(outcome_of(item)));
    json.field("bytes", item.bytes);
    json.field("rows", item.rows);
    if (item.sound) {
      json.field("audio", std::string(records::name_of(item.sound->audio)));
      if (item.sound->duration_ms) json.field("duration_ms", *item.sound->duration_ms);
    }
    json.end();
  }
  json.end();
}

void write_differences(Session& session, const job::DrillReport& report) {
  JsonWriter& json = session.json();
  json.field("differences_total", std::uint64_t{report.differences.size()});
  json.begin_array("differences");
  for (const job::DrillDifference& each : report.differences) {
    const std::string name(name_of(each.finding));
    json.begin_object();
    json.field("code", name);
    json.path("path", each.path);
    json.path("row_item", each.row_item);
    json.field("row", each.row);
    json.field("what", session.text("cli.drill_finding." + name));
    json.end();
  }
  json.end();
}

void write_without(JsonWriter& json, const std::optional<job::ReadWithout>& without) {
  if (!without) return json.null("without");
  json.begin_object("without");
  json.path("path", without->path);
  json.field("disk", without->disk.hex());
  json.field("came_back", without->came_back);
  json.end();
}

void write_heard(JsonWriter& json, const std::optional<job::HeardRecording>& heard) {
  if (!heard) return json.null("heard");
  json.begin_object("heard");
  json.path("path", heard->path);
  json.field("outcome", std::string(name_of(heard->heard)));
  json.end();
}

void write_pool(JsonWriter& json, const DrilledPool& pool) {
  json.begin_object("pool");
  write_geometry(json, pool.k, pool.m);
  json.field("disks", pool.members);
  json.field("disks_present", pool.present);
  json.field("disks_failed", pool.failed);
  json.end();
}

void write_report(Session& session, const Drilled& drilled, bool is_definition_wrong) {
  const job::DrillReport& report = drilled.report;
  JsonWriter& json = session.json();
  json.field("business", drilled.business);
  json.field("snapshot", drilled.snapshot.head.digest.hex());
  json.field("number", drilled.snapshot.head.number);
  write_state(json, drilled.snapshot.body);
  json.field("ended", report.ended);
  json.field("good", report.is_good());
  json.field("items", std::uint64_t{report.items.size()});
  json.field("items_good", report.items_good);
  json.field("items_total", report.items_total);
  json.field("bytes", report.bytes);
  json.field("recordings", report.recordings);
  json.field("sound", report.sound);
  json.field("rows", report.rows);
  json.field("rebuilt", report.rebuilt);
  json.field("index", std::string(name_of(report.index)));
  write_without(json, report.without);
  write_heard(json, report.heard);
  write_differences(session, report);
  write_problems(session, "lost", report.lost);
  write_pool(json, drilled.pool);
  write_seconds(json, report.duration_ns);
  json.field("noted", !report.not_noted);
  json.field("definition_wrong", is_definition_wrong);
  write_items(json, report);
}

void say_items(Session& session, const job::DrillReport& report) {
  std::size_t shown = 0;
  for (const job::DrilledItem& item : report.items) {
    if (shown++ == kItemLinesMax) break;
    session.say("cli.drill.item", {{"outcome", outcome_text(session, item)},
                                   {"size", size_text(item.bytes)},
                                   {"path", item.path}});
  }
  if (report.items.size() <= kItemLinesMax) return;
  session.say("cli.drill.more_items",
              {{"count", std::to_string(report.items.size() - kItemLinesMax)}});
}

void warn_of_heard(Session& session, const job::DrillReport& report) {
  if (!report.heard) return;
  if (report.heard->heard == job::Heard::no_decoder) {
    session.warn("cli.drill.no_decoder", {{"path", session.ports().decoder}});
  } else if (report.heard->heard == job::Heard::broken) {
    session.warn("cli.drill.broken", {{"path", report.heard->path}});
  }
}

// What must not be missed, in whatever form the report goes.
void warn_of(Session& session, const job::DrillReport& report) {
  for (const job::DrillDifference& each : report.differences) {
    session.warn("cli.drill.differs", {{"what", difference_text(session, each), true}});
  }
  warn_of_problems(session, "cli.lost", report.lost);
  if (report.rebuilt > 0) {
    session.warn("cli.drill.rebuilt", {{"count", std::to_string(report.rebuilt)}});
  }
  warn_of_heard(session, report);
  if (report.not_noted) {
    session.warn("cli.drill.not_noted",
                 {{"what", messages::render_error(session.language(), *report.not_noted), true}});
  }
}

void print_report(Session& session, const Drilled& drilled) {
  const job::DrillReport& report = drilled.report;
  const auto say = [&](const std::string& text) {
    session.say("cli.drill.line", {{"text", text, true}});
  };
  session.progress().clear();
  say_items(session, report);
  warn_of(session, report);
  say(rows_text(session, report));
  say(without_text(session, report));
  if (const auto text = heard_text(session, report)) say(*text);
  if (const auto text = index_text(session, report)) say(*text);
  say(pool_text(session, drilled.pool));
  say(verdict_text(session, drilled));
}

ExitCode exit_code_of(const job::DrillReport& report) {
  const ExitCode code =
      worst_of({report.lost.count > 0 ? ExitCode::lost : ExitCode::done,
                report.differences.empty() ? ExitCode::done : ExitCode::differences});
  return code == ExitCode::done && report.not_noted ? ExitCode::failed : code;
}

// By the peaks of the whole recording: they are made of each of its samples. However a decoder
// fares, it says nothing about the store: what is given to it has the digest of what was stored.
Result<job::Heard> hear(Session& session, const std::string& path, Bytes recording) {
  const DecoderPorts ports{session.ports().processes, session.ports().clock,
                           session.ports().decoder};
  DecoderRequest request{{"peaks", ending_of(path), "1"}, std::move(recording)};
  const auto sound = decode(ports, std::move(request), path, session.stop(),
                            [](const HeardSound&, ByteView) { return Result<void>(); });
  if (sound) return sound->is_cut || sound->is_more ? job::Heard::in_part : job::Heard::decoded;
  const Error& error = sound.error();
  if (error.code == ErrorCode::interrupted) return error;
  if (error.code != ErrorCode::no_sound) return job::Heard::no_decoder;  // it could not be started
  const std::string_view what = error.argument("what");
  if (what == "sound_decoder") return job::Heard::no_decoder;
  return what == "sound_hollow" ? job::Heard::broken : job::Heard::not_known;
}

Result<ExitCode> drill(Session& session, const DrillOptions& options) {
  HF_TRY(const auto business, session.open_business(options.name, vault::Access::read));
  job::DrillRequest request;
  HF_TRY(request.snapshot, job::snapshot_to_drill(*business));
  // What is stored was stored by the definition in force: a slip of the pen since then must not
  // keep anybody from learning that it no longer comes back.
  HF_TRY(GoodDefinition good, load_good_definition(session, *business));
  request.definition = std::move(good.definition);
  if (good.wrong) {
    session.warn("cli.drill.definition_wrong",
                 {{"what", messages::render_error(session.language(), *good.wrong), true}});
  }
  warn_of_state(session, request.snapshot);
  request.items = static_cast<std::uint64_t>(options.items);
  request.stop = &session.stop();
  request.progress = &session.progress();
  request.hear = [&session](const std::string& path, Bytes recording) {
    return hear(session, path, std::move(recording));
  };
  auto done = job::run_drill(*business, request);
  static_cast<void>(job::note_disks(business->box()));  // of no weight for what was found
  HF_TRY(const job::DrillReport report, std::move(done));
  const DrilledPool pool = pool_of(business->pool());
  const Drilled drilled{options.name, request.snapshot, report, pool};
  if (options.html) {
    session.progress().clear();
    HF_TRY(write_drill_page(session, drilled));
    warn_of(session, report);
  } else if (session.wants_json()) {
    write_report(session, drilled, good.wrong.has_value());
  } else {
    print_report(session, drilled);
  }
  return exit_code_of(report);
}

// From the first day on which there could have been one: that of the first snapshot, or of the
// first drill, whose snapshot may have been pruned since.
Result<Timestamp> first_day(vault::Business& business, const job::DrillHistory& history,
                            Timestamp now) {
  HF_TRY(const auto snapshots, business.snapshots());
  Timestamp first = now;
  for (const catalog::SnapshotRow& row : snapshots) first = std::min(first, row.time);
  for (const job::PastDrill& drill : history.drills) first = std::min(first, drill.time);
  return first;
}

void write_past(JsonWriter& json, const job::PastDrill& drill) {
  json.field("items", drill.items);
  json.field("bytes", drill.bytes);
  json.field("rows", drill.rows);
  json.field("rebuilt", drill.rebuilt);
  json.field("without", drill.without);
  json.field("differences", drill.differences);
  json.field("lost", drill.lost);
  json.field("good", drill.good);
}

void write_month(JsonWriter& json, const DrillMonth& month) {
  json.field("business", month.business);
  json.field("month", month.month.text());
  json.begin_array("days");
  for (const job::DrillDay& day : month.days) {
    json.begin_object();
    json.field("day", day.day);
    json.begin_array("drills");
    for (const job::PastDrill& drill : day.drills) {
      json.begin_object();
      json.field("time", drill.time);
      json.field("number", drill.snapshot);
      write_past(json, drill);
      json.field("seconds", static_cast<double>(drill.duration_ms) / 1e3);
      json.end();
    }
    json.end();
    json.end();
  }
  json.end();
  json.begin_array("days_without");
  for (const std::string& day : month.days_without()) json.element(day);
  json.end();
  json.begin_object("sum");
  json.field("drills", month.drills());
  write_past(json, month.sum());
  json.end();
  json.field("unreadable", month.unreadable);
}

void print_month(Session& session, const DrillMonth& month) {
  std::vector<Table::Column> columns;
  for (std::string& title : month_titles(session)) {
    columns.push_back(
        {std::move(title), columns.empty() ? Table::Align::left : Table::Align::right});
  }
  Table table(columns);
  for (const job::DrillDay& day : month.days) {
    for (const job::PastDrill& drill : day.drills) table.add(month_cells(day.day, drill));
  }
  table.add(month_cells(session.text("cli.drill_month.sum"), month.sum()));
  if (month.drills() > 0) table.print(session.out());
  for (const std::string& note : month_notes(session, month)) {
    session.say("cli.drill.line", {{"text", note, true}});
  }
}

Result<ExitCode> report_month(Session& session, const DrillOptions& options) {
  const auto month = job::Month::parse(options.report);
  if (!month) {
    return usage_error(session.language(), "cli.usage.bad_month", {{"text", options.report}});
  }
  HF_TRY(const auto business, session.open_business(options.name, vault::Access::read));
  HF_TRY(const auto history, job::load_drills(business->box().ports().home, business->id()));
  const Timestamp now = session.ports().clock.now();
  HF_TRY(const Timestamp first, first_day(*business, history, now));
  const DrillMonth of{options.name, *month, days_of(*month, history, first, now),
                      history.unreadable};
  if (options.html) {
    HF_TRY(write_month_page(session, of));
  } else if (session.wants_json()) {
    write_month(session.json(), of);
  } else {
    print_month(session, of);
  }
  return ExitCode::done;
}

}  // namespace

Result<ExitCode> run_drill(Session& session, const DrillOptions& options) {
  if (options.html && session.wants_json()) {
    return usage_error(session.language(), "cli.usage.html_or_json");
  }
  return options.report.empty() ? drill(session, options) : report_month(session, options);
}

}  // namespace holdfast::app
