// SPDX-License-Identifier: Apache-2.0
// What the appliance knows, as the documents that pages read.
#include <algorithm>
#include <sstream>

#include "firmware/api/hooks.h"
#include "firmware/app/appliance_files.h"
#include "firmware/app/appliance_pages.h"
#include "firmware/app/config.h"
#include "firmware/records/number_mask.h"
#include "firmware/status/document.h"
#include "firmware/status/json_reader.h"
#include "firmware/status/json_writer.h"

namespace holdfast::app {

namespace {

using appliance::ApplianceState;
using appliance::DutyView;
using appliance::Job;
using status::JsonWriter;

// Why there is no good answer from `holdfast status`; empty: there is one.
std::string trouble_of(const appliance::StatusAnswer& status, messages::Language language) {
  switch (status.trouble) {
    case appliance::StatusTrouble::none:
      return {};
    case appliance::StatusTrouble::not_started:
      return status.error ? messages::render_error(language, *status.error) : "?";
    case appliance::StatusTrouble::hangs:
      return messages::render(language, "daemon.log.status_hangs");
    case appliance::StatusTrouble::failed:
      break;
  }
  const auto json = status::read_json(status.failure);
  const auto* error = json ? json->get("error") : nullptr;
  const auto* what = error == nullptr ? nullptr : error->get<std::string>("what");
  return what == nullptr ? messages::render(language, "daemon.status_failed") : *what;
}

void write_progress(JsonWriter& json, const std::optional<appliance::JobProgress>& progress) {
  if (!progress) return json.null("progress");
  json.begin_object("progress");
  json.path("phase", progress->phase);
  json.field("items_done", progress->items_done);
  json.field("items_total", progress->items_total);
  json.field("bytes_done", progress->bytes_done);
  json.field("bytes_total", progress->bytes_total);
  json.field("bytes_per_second", progress->bytes_per_second);
  json.field("seconds", progress->seconds);
  json.field("seconds_left", progress->seconds_left);
  json.end();
}

void write_job(JsonWriter& json, const Job& job, api::JobLogs logs) {
  json.begin_object();
  json.field("id", job.id);
  json.field("kind", std::string(appliance::facts_of(job.request.kind).name));
  json.path("business", job.request.business);
  json.field("state", std::string(appliance::name_of(job.state)));
  json.path("asked_by", job.request.asked_by);
  json.field("asked", job.asked);
  status::write_time(json, "started", job.started);
  status::write_time(json, "ended", job.ended);
  job.exit_code ? json.field("exit_code", *job.exit_code) : json.null("exit_code");
  write_progress(json, job.progress);
  json.begin_array("log");
  for (const std::string& line : job.log) {
    if (logs == api::JobLogs::masked) json.path_element(records::mask_path(line, {}));
    if (logs == api::JobLogs::whole) json.path_element(line);
  }
  json.end();
  json.end();
}

void write_duty(JsonWriter& json, const DutyView& view) {
  json.begin_object();
  json.field("kind", view.duty.job);
  json.path("business", view.duty.business);
  status::write_time(json, "next", view.outlook.next);
  status::write_time(json, "last_good", view.history.last_good_end);
  json.field("overdue", view.outlook.is_overdue);
  json.field("waits_for_window", view.outlook.waits_for_window);
  json.field("has_window", view.duty.window.has_value());
  json.end();
}

void write_trigger(JsonWriter& json, const appliance::TriggerView& view, api::JobLogs logs) {
  json.begin_object();
  json.path("business", view.business);
  logs == api::JobLogs::none ? json.null("path") : json.path("path", view.path);
  json.field("state", std::string(appliance::name_of(view.state)));
  status::write_time(json, "modified", view.modified);
  json.field("owed", view.is_owed);
  json.end();
}

// The text of one object, made by `write`.
template <class Write>
std::string object_of(const Write& write) {
  std::ostringstream text;
  {
    JsonWriter json(text);
    json.begin_object();
    write(json);
    json.end();
  }
  return text.str();
}

}  // namespace

std::string ApplianceBoxState::status() {
  const auto state = appliance_.state();
  const std::string trouble = trouble_of(state->status, language_);
  const std::string own = object_of([&](JsonWriter& json) {
    status::write_time(json, "taken", state->status.taken);
    trouble.empty() ? json.null("trouble") : json.field("trouble", trouble);
    json.field("set_up", state->status.is_set_up);
    json.begin_array("complaints");
    for (const status::Reason& each : state->complaints) {
      json.element(status::text_of(language_, each));
    }
    if (state->alerts_not_kept) {
      json.element(messages::render_error(language_, *state->alerts_not_kept));
    }
    json.end();
    json.field("running", static_cast<std::uint64_t>(std::ranges::count(
                              state->jobs, appliance::JobState::running, &Job::state)));
    json.field("started", state->started);
  });
  // The box's document as it came, and what only the appliance knows beside it.
  std::string box = state->status.document;
  while (!box.empty() && box.back() == '\n') box.pop_back();
  return "{\"schema\":" + std::to_string(status::kJsonSchema) +
         ",\"box\":" + (box.empty() ? "null" : box) + "," + own.substr(1) + "\n";
}

std::string ApplianceBoxState::jobs(api::JobLogs logs) {
  const auto state = appliance_.state();
  return object_of([&](JsonWriter& json) {
           json.field("schema", status::kJsonSchema);
           json.begin_array("jobs");
           for (std::size_t place = state->jobs.size(); place-- > 0;) {
             write_job(json, state->jobs[place], logs);
           }
           json.end();
           json.begin_array("duties");
           for (const DutyView& view : state->duties) write_duty(json, view);
           json.end();
           json.begin_array("triggers");
           for (const auto& view : state->triggers) write_trigger(json, view, logs);
           json.end();
         }) +
         "\n";
}

void ApplianceBoxState::wait_for_change(std::uint64_t version, std::int64_t timeout_ns) {
  const auto bell = pages_.make_bell();
  appliance_.listen(*bell);
  const std::int64_t end_ns = clock_.monotonic_ns() + timeout_ns;
  while (appliance_.state()->revision == version && bell->wait_until(end_ns)) {
  }
  appliance_.unlisten(*bell);
}

Result<void> ApplianceBoxState::check_business(const std::string& name) {
  HF_TRY(check_business_name(name, language_));
  if (may_have_business(home_, name, language_)) return {};
  return make_error(ErrorCode::no_business, name);
}

Result<std::uint64_t> ApplianceBoxState::ask(const api::JobWish& wish) {
  static_assert(api::kHookActor == appliance::kAskedByHook);
  const appliance::KindFacts* facts = appliance::find_kind(wish.kind);
  const bool is_of_pool = facts != nullptr && facts->scope == appliance::JobScope::works_on_pool;
  const bool is_own = facts != nullptr && facts->kind == appliance::JobKind::hot;
  if (facts == nullptr || is_own || is_of_pool != wish.business.empty()) {
    return make_error(ErrorCode::invalid_argument, wish.kind, {{"what", "kind of job"}});
  }
  if (!is_of_pool) HF_TRY(check_business(wish.business));
  appliance::JobRequest request{
      .kind = facts->kind, .business = wish.business, .asked_by = wish.account};
  if (wish.ignore_window) request.arguments.emplace_back(appliance::kIgnoreWindow);
  return appliance_.ask(request);
}

// What may begin with a dash stands behind its option. What is gone at the source is in the lists
// that a page shows, and so in what is chosen there.
Result<std::uint64_t> ApplianceBoxState::ask_export(const api::ExportWish& wish) {
  HF_TRY(check_business(wish.business));
  std::vector<std::string> words = {"--number=" + wish.snapshot, "--into=" + wish.folder,
                                    "--reason=" + wish.reason, "--gone"};
  if (wish.with_rows) words.emplace_back("--with-rows");
  for (const std::string& path : wish.paths) words.push_back("--path=" + path);
  return appliance_.ask({.kind = appliance::JobKind::restore,
                         .business = wish.business,
                         .arguments = std::move(words),
                         .asked_by = wish.account});
}

Result<void> ApplianceBoxState::cancel(std::uint64_t job) {
  if (appliance_.cancel(job)) return {};
  return make_error(ErrorCode::not_found, std::to_string(job));
}

Result<void> ApplianceBoxState::cancel_export(std::uint64_t job) {
  const auto state = appliance_.state();
  const auto found = std::ranges::find(state->jobs, job, &Job::id);
  const bool is_export =
      found != state->jobs.end() && found->request.kind == appliance::JobKind::restore;
  if (is_export) return cancel(job);
  return make_error(ErrorCode::not_found, std::to_string(job));
}

}  // namespace holdfast::app
