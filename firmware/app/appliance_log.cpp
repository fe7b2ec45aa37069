// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/appliance_log.h"

#include "hal/base/check.h"

namespace holdfast::app {

namespace {

using appliance::EventKind;

std::string_view key_of(EventKind kind) {
  switch (kind) {
    case EventKind::job_started:
      return "daemon.log.job_started";
    case EventKind::job_ended:
      return "daemon.log.job_ended";
    case EventKind::command_failed:
      return "daemon.log.command_failed";
    case EventKind::job_waits:
      return "daemon.log.job_waits";
    case EventKind::job_cut:
      return "daemon.log.job_cut";
    case EventKind::settings_wrong:
      return "daemon.log.settings_wrong";
    case EventKind::settings_good:
      return "daemon.log.settings_good";
    case EventKind::jobs_not_kept:
      return "daemon.log.jobs_not_kept";
    case EventKind::status_hangs:
      return "daemon.log.status_hangs";
    case EventKind::alerts_not_kept:
      return "daemon.log.alerts_not_kept";
    case EventKind::alerts_damaged:
      return "daemon.log.alerts_damaged";
  }
  return {};
}

// "backup desk": arguments may hold what is nobody's business.
std::string work_of(const appliance::Job& job) {
  std::string text(appliance::facts_of(job.request.kind).name);
  if (!job.request.business.empty()) text += " " + job.request.business;
  return text;
}

}  // namespace

void ApplianceLog::note(const appliance::Event& event) {
  messages::Arguments arguments;
  if (event.job != nullptr) {
    const appliance::Job& job = *event.job;
    arguments = {
        {"id", std::to_string(job.id)},
        {"work", work_of(job)},
        {"state", messages::render(language_, "daemon.state." + std::string(name_of(job.state)))}};
    if (job.exit_code) arguments.push_back({"code", std::to_string(*job.exit_code)});
  }
  if (event.error != nullptr) {
    arguments.push_back({"what", messages::render_error(language_, *event.error), true});
  }
  if (event.kind == EventKind::job_ended && !event.job->exit_code) {
    const bool has_started = event.error == nullptr;
    arguments.push_back({"signal", std::to_string(event.job->signal)});
    return say(has_started ? "daemon.log.job_killed" : "daemon.log.job_not_started", arguments);
  }
  say(key_of(event.kind), arguments);
}

void ApplianceLog::show(std::string_view key, const messages::Arguments& arguments) {
  const auto shown =
      console_.write("holdfastd: " + messages::render(language_, key, arguments) + "\n");
  if (!shown) say(key, arguments);
}

void ApplianceLog::say(std::string_view key, const messages::Arguments& arguments) {
  console_.write_error("holdfastd: " + messages::render(language_, key, arguments) + "\n");
}

}  // namespace holdfast::app
