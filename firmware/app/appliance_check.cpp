// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/appliance_check.h"

#include "firmware/app/output.h"
#include "firmware/appliance/job_file.h"

namespace holdfast::app {

namespace {

constexpr std::size_t kTimes = 5;

std::optional<Timestamp> time_after(const policy::Duty& duty, Timestamp moment,
                                    const policy::TimeZone& site) {
  if (const auto* interval = std::get_if<policy::Interval>(&duty.times)) {
    return Timestamp{moment.ns + interval->ns};
  }
  return policy::next_after(std::get<policy::Calendar>(duty.times), moment, site);
}

}  // namespace

void print_upcoming(std::ostream& out, messages::Language language,
                    const appliance::Settings& settings, ports::Disk& home, Timestamp now) {
  const auto file = ports::load(home, appliance::kJobsPath, appliance::kJobsSizeMax);
  appliance::DutyBook book;
  if (file) book.take_over(appliance::read_jobs(text_of(*file)).duties);
  std::vector<policy::DutyHistory> histories;
  for (const policy::Duty& duty : settings.duties) {
    const appliance::KindFacts* facts = appliance::find_kind(duty.job);
    HF_CHECK(facts != nullptr);
    histories.push_back(book.history_of(facts->kind, duty.business, now));
  }
  const policy::Agenda agenda = policy::plan_agenda(settings.duties, histories, now, settings.site);
  if (settings.duties.empty() && settings.triggers.empty())
    out << messages::render(language, "daemon.check.nothing") << '\n';
  for (std::size_t i = 0; i < settings.duties.size(); ++i) {
    const policy::Duty& duty = settings.duties[i];
    out << duty.job << (duty.business.empty() ? "" : " ") << duty.business << '\n';
    std::optional<Timestamp> time = agenda.outlooks[i].next;
    if (time && *time < now) time = now;  // due since then
    if (!time && !histories[i].is_running) {
      out << "  " << messages::render(language, "daemon.check.never_again") << '\n';
    }
    for (std::size_t count = 0; time && count < kTimes; ++count) {
      out << "  " << time_text(*time) << '\n';
      time = time_after(duty, *time, settings.site);
    }
  }
  for (const appliance::TriggerFile& trigger : settings.triggers) {
    out << messages::render(language, "daemon.check.trigger",
                            {{"business", trigger.business}, {"path", trigger.path}})
        << '\n';
  }
}

}  // namespace holdfast::app
