// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/class_recordings.h"

#include "firmware/job/outcome_files.h"
#include "firmware/job/record_index_file.h"
#include "firmware/source/definition.h"

namespace holdfast::job {

Result<ClassRecordings> find_class_recordings(vault::Business& business,
                                              const ClassQuestion& question, const StopFlag* stop) {
  HF_TRY(auto index, open_record_index(business));
  HF_TRY(const auto snapshot, newest_with_records(business));
  ClassRecordings found;
  if (!snapshot) return found;
  found.snapshot = snapshot->head.number;
  catalog::RecordingCalls calls(index);
  const std::string_view wanted = name_of(question.call_class);
  const std::string folder = question.source.empty()
                                 ? std::string(source::kRecordsFolder)
                                 : outcomes_folder(question.source) + "/recordings";
  const auto visit = [&](const Outcome& outcome) -> Result<void> {
    if (outcome.is_of_row() || outcome.call_class != wanted) return {};
    HF_TRY(auto call, calls.find(outcome.recording, outcome.source));
    if (!question.is_wanted(call.start_ms)) return {};
    const std::uint64_t place = found.count++;
    const bool is_shown = place >= question.skip && place - question.skip < question.limit;
    if (is_shown) found.recordings.push_back({outcome, std::move(call)});
    return {};
  };
  HF_TRY(found.lost, for_each_outcome(business, *snapshot, stop, visit, folder));
  return found;
}

}  // namespace holdfast::job
