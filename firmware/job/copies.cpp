// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/copies.h"

#include <algorithm>
#include <charconv>

namespace holdfast::job {

namespace {

std::uint64_t number_of(const Error& error, std::string_view argument) {
  const std::string_view text = error.argument(argument);
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// Why nothing may follow the head: entries behind it that are lost, or something to be told.
void add_incomplete(const Error& error, const std::string& business, CopiesReport& report,
                    Problems& problems) {
  const std::uint64_t expected = number_of(error, "expected");
  const std::uint64_t found = number_of(error, "found");
  if (error.data_loss && expected > found) {
    report.lost.push_back({business, {found + 1, expected}});
  } else {
    problems.add(business, error);
  }
}

Result<void> look_at_journal(vault::Box& box, pool::Pool& pool, const vault::BusinessName& name,
                             CopiesReport& report, Problems& problems) {
  const auto journal = journal::Journal::open(vault::journal_context(box, pool), name.id);
  if (!journal && journal.error().is_of_process()) return journal.error();
  if (!journal) return {};
  const auto writable = journal->writable();
  if (!writable) add_incomplete(writable.error(), name.name, report, problems);
  // Of a fork each side lacks what the other has.
  if (!writable && writable.error().code == ErrorCode::fork) return {};
  HF_TRY(const journal::Survey survey, journal->survey());
  for (const journal::SegmentDamage& damage : survey.damages()) {
    report.add({{vault::CopyKind::journal, damage.disk, damage.path, damage.fault},
                name.name,
                damage.entries});
  }
  for (const journal::EntryRange& lost : survey.lost()) report.lost.push_back({name.name, lost});
  return {};
}

Result<void> look_at_wraps(vault::Box& box, pool::Pool& pool, const vault::BusinessName& name,
                           CopiesReport& report, Problems& problems) {
  vault::EpochKeys keys(name.id, box.keyring(), box.ports().home, pool);
  auto found = keys.damaged_copies();
  if (!found && found.error().is_of_process()) return std::move(found.error());
  if (!found) {
    problems.add(name.name, std::move(found.error()));
    return {};
  }
  for (vault::DamagedCopy& copy : *found) {
    report.add({std::move(copy), name.name, {}});
  }
  return {};
}

Result<void> look_at_box(vault::Box& box, CopiesReport& report, Problems& problems) {
  auto found = box.damaged_copies();
  if (!found && found.error().is_of_process()) return std::move(found.error());
  if (!found) {
    problems.add(box.ports().home.name(), std::move(found.error()));
    return {};
  }
  for (vault::DamagedCopy& copy : *found) {
    report.add({std::move(copy), {}, {}});
  }
  return {};
}

Result<void> mend_business(vault::Box& box, const std::string& name, Problems& problems) {
  HF_TRY(const auto business, box.open_business(name, vault::Access::write));
  HF_TRY(auto mended, business->mend_copies());
  for (Error& failure : mended.failures) problems.add(failure.where, failure);
  return {};
}

// An error of the process ends it; that another process writes just now does not.
Result<void> tell(Result<void> done, const std::string& where, Problems& problems) {
  if (done) return done;
  if (done.error().is_of_process() && done.error().code != ErrorCode::locked) return done;
  problems.add(where, std::move(done.error()));
  return {};
}

}  // namespace

void CopiesReport::add(BadCopy copy) {
  ++count;
  if (!copy.business.empty()) businesses.insert(copy.business);
  if (kept.size() < kKeptMax) kept.push_back(std::move(copy));
}

Result<CopiesReport> look_at_copies(vault::Box& box, const StopFlag* stop, Problems& problems) {
  HF_TRY(pool::Pool * pool, box.pool());
  CopiesReport report;
  HF_TRY(look_at_box(box, report, problems));
  for (const vault::BusinessName& name : box.businesses()) {
    HF_TRY(check_stop(stop));
    HF_TRY(look_at_journal(box, *pool, name, report, problems));
    HF_TRY(look_at_wraps(box, *pool, name, report, problems));
  }
  return report;
}

Result<void> mend_copies(vault::Box& box, const CopiesReport& found, const StopFlag* stop,
                         Problems& problems) {
  HF_TRY(tell(box.level_copies(), box.ports().home.name(), problems));
  for (const std::string& name : found.businesses) {
    HF_TRY(check_stop(stop));
    HF_TRY(tell(mend_business(box, name, problems), name, problems));
  }
  return {};
}

}  // namespace holdfast::job
