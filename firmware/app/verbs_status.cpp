// SPDX-License-Identifier: Apache-2.0
// status: one verdict and the reasons for it. It is asked when not all is well, so nothing but a
// missing home makes it fail.
#include <algorithm>

#include "firmware/app/audit_heads.h"
#include "firmware/app/definition.h"
#include "firmware/app/verbs.h"
#include "firmware/appliance/job_file.h"
#include "firmware/status/document.h"
#include "firmware/status/survey.h"

namespace holdfast::app {

namespace {

constexpr std::int64_t kMillisecond_ns = 1'000'000;

void print_businesses(Session& session, const std::vector<status::BusinessStatus>& businesses) {
  Table table({{session.text("cli.column.name")},
               {session.text("cli.column.snapshots"), Table::Align::right},
               {session.text("cli.column.last_backup")}});
  for (const status::BusinessStatus& business : businesses) {
    const std::string none = session.text(business.snapshots ? "cli.never" : "cli.unknown");
    table.add({business.name, business.snapshots ? std::to_string(*business.snapshots) : none,
               business.last_backup ? time_text(*business.last_backup) : none});
  }
  table.print(session.out());
}

void say_sums(Session& session, const std::string& business, const status::RecordSums& sums) {
  const auto speech_ms = static_cast<std::int64_t>(sums.speech_ms);
  session.say("cli.statistics.line", {{"business", business},
                                      {"source", sums.source},
                                      {"calls", std::to_string(sums.calls)},
                                      {"recordings", std::to_string(sums.recordings)},
                                      {"speech", duration_text(speech_ms * kMillisecond_ns)},
                                      {"size", size_text(sums.bytes)}});
}

void say_freshness(Session& session, const std::string& business,
                   const status::SourceStatus& source) {
  if (source.watch.empty()) return;  // as old as the last backup, which is told
  const auto text = [](const std::optional<std::int64_t>& age_ns) {
    return age_ns ? duration_text(*age_ns) : std::string("-");
  };
  session.say("cli.freshness." + source.watch, {{"business", business},
                                                {"source", source.name},
                                                {"age", text(source.rpo_proved_ns)},
                                                {"newest", text(source.newest_ns)},
                                                {"interval", text(source.interval_ns)}});
}

void say_proof(Session& session, std::string_view key, const std::string& business,
               const std::optional<status::Proof>& proof) {
  if (!proof) return;
  session.say(key, {{"business", business},
                    {"time", time_text(proof->time)},
                    {"number", std::to_string(proof->snapshot)},
                    {"items", std::to_string(proof->items)},
                    {"total", std::to_string(proof->items_total)},
                    {"size", size_text(proof->bytes)}});
}

void print(Session& session, const status::Model& model) {
  const std::string verdict(name_of(model.verdict()));
  session.out() << session.text("cli.verdict." + verdict) << '\n';
  for (const status::Reason& reason : model.reasons) {
    session.out() << "- " << text_of(session.language(), reason) << '\n';
  }
  if (model.pool) {
    session.say("cli.pool.room", {{"free", size_text(model.pool->bytes_free)},
                                  {"usable", size_text(model.pool->bytes_usable)},
                                  {"fill", text_of(session.language(), model.pool->fill), true}});
  }
  if (model.businesses.empty()) return;
  print_businesses(session, model.businesses);
  for (const status::BusinessStatus& business : model.businesses) {
    for (const status::RecordSums& sums : business.records) {
      say_sums(session, business.name, sums);
    }
    for (const status::SourceStatus& source : business.sources) {
      say_freshness(session, business.name, source);
    }
    say_proof(session, "cli.proof.verify", business.name, business.last_verify);
    say_proof(session, "cli.proof.drill", business.name, business.last_drill);
  }
}

// What the appliance does by itself, and since when; nothing where there is none.
std::vector<appliance::DutyRecord> kept_duties(ports::Disk& home) {
  const auto file = ports::load(home, appliance::kJobsPath, appliance::kJobsSizeMax);
  if (!file) return {};
  return appliance::read_jobs(text_of(*file)).duties;
}

// A proof is late by the schedule that asks for it.
status::Targets targets_of(const source::BusinessDefinition& definition,
                           const std::vector<appliance::DutyRecord>& duties, Timestamp now) {
  status::Targets targets;
  targets.rpo_ns = definition.schedule.rpo_ns;
  targets.is_hot = definition.schedule.mode == policy::BackupMode::hot;
  targets.hot_ns = definition.schedule.hot_rpo_ns;
  for (const source::SourceDefinition& each : definition.sources) {
    targets.sources.push_back(each.name);
  }
  for (const policy::ScheduledJob& scheduled : definition.schedule.jobs) {
    const appliance::KindFacts* facts = appliance::find_kind(scheduled.job);
    if (facts == nullptr) continue;
    const bool is_drill = facts->kind == appliance::JobKind::drill;
    if (!is_drill && facts->kind != appliance::JobKind::verify) continue;
    auto& target = is_drill ? targets.drill : targets.verify;
    target.is_asked = true;
    if (const auto age = policy::good_age_max_ns(scheduled.times, now)) target.age_max_ns = *age;
    const auto duty = std::ranges::find_if(duties, [&](const appliance::DutyRecord& each) {
      return each.kind == facts->kind && each.business == definition.name;
    });
    if (duty != duties.end()) target.due_since = duty->history.since;
  }
  return targets;
}

}  // namespace

Result<ExitCode> run_status(Session& session) {
  HF_TRY(vault::Box * box, session.box());
  HF_TRY(ports::Disk * home, session.home_disk());
  const auto duties = kept_duties(*home);
  status::SurveyRequest request;
  request.stop = &session.stop();
  request.targets_of = [&](vault::Business& business) -> Result<status::Targets> {
    HF_TRY(const GoodDefinition good, load_good_definition(session, business));
    status::Targets targets = targets_of(good.definition, duties, session.ports().clock.now());
    targets.wrong = good.wrong;
    return targets;
  };
  HF_TRY(status::Model model, survey(*box, request));
  HF_TRY(add_audit_reasons(session, model));
  if (session.wants_json()) {
    write_model(session.json(), session.language(), model);
  } else {
    print(session, model);
  }
  return ExitCode::done;
}

}  // namespace holdfast::app
