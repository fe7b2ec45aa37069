// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/preview.h"

#include "firmware/job/sources.h"
#include "firmware/vault/content_reader.h"

namespace holdfast::job {

namespace {

std::uint64_t& count_kind(const Step& step, PreviewReport& report) {
  if (step.looks_unchanged) return report.items_unchanged;
  return step.before && !step.before->is_gone() ? report.items_changed : report.items_new;
}

// Counts as a backup does: folders are the way to items.
void count(const Step& step, PreviewReport& report) {
  if (step.error) {
    report.items_unreadable += 1;
    report.problems.add(step.item.path, *step.error);
    return;
  }
  if (!is_counted(step.item)) {
    report.items_gone += is_displaced(step) ? 1 : 0;
    return;
  }
  switch (step.kind) {
    case StepKind::carry:
      report.items_unchanged += step.item.is_gone() ? 0 : 1;
      return;
    case StepKind::gone:
      report.items_gone += 1;
      return;
    case StepKind::read:
      count_kind(step, report) += 1;
      if (step.item.type == ports::FileType::regular) report.bytes_to_read += step.item.size;
      return;
  }
}

// One source may be away or empty, but not all of them.
Result<void> judge_sources(const std::vector<OpenedSource>& sources,
                           const std::vector<const OpenedSource*>& empty, PreviewReport& report) {
  std::vector<Error> errors;
  for (const OpenedSource& source : sources) {
    if (source.error) errors.push_back(*source.error);
    if (source.error) report.problems.add(source.definition.name, *source.error);
  }
  for (const OpenedSource* source : empty) {
    errors.push_back(make_error(ErrorCode::source_empty, source->definition.path));
    report.problems.add(source->definition.name, errors.back());
  }
  if (sources.empty()) return make_error(ErrorCode::bad_business);
  if (!errors.empty() && errors.size() == count_walked(sources)) return errors.front();
  return {};
}

Result<PreviewReport> look(vault::Business& business, ports::Files& files,
                           const BackupRequest& request, const std::string& scratch_folder) {
  const vault::VaultPorts& ports = business.box().ports();
  const std::int64_t start_ns = ports.clock.monotonic_ns();
  const Timestamp started = ports.clock.now();
  PreviewReport report;
  std::vector<OpenedSource> sources = open_sources(request, files, ports.home, scratch_folder);
  HF_TRY(const auto snapshots, find_former(business));
  LookedRegion looked;
  if (!request.paths.empty()) {
    HF_TRY(check_no_gap(snapshots));
    HF_TRY(looked, find_region(request, sources));
  }
  HF_TRY(const auto nodes, vault::ContentReader::open(business));
  const auto on_lost = [&](const vault::IndexEntry& subtree) {
    report.problems.add_lost_names(subtree.first_path, subtree.items);
  };
  Former former = request.paths.empty() ? Former(*nodes, snapshots, on_lost)
                                        : Former(*nodes, snapshots.base, looked.region);
  const auto is_held = [](const vault::Item&, const source::SourceDefinition&) {
    return Result<bool>(true);
  };
  Merge merge(sources, former, started, is_held, request.allow_empty);
  std::optional<SeenParts> seen;
  if (!request.paths.empty()) merge.watch(seen.emplace(looked.region));
  Step step;
  while (true) {
    HF_TRY(check_stop(request.stop));
    HF_TRY(const bool more, merge.next(step));
    if (!more) break;
    count(step, report);
  }
  if (seen) add_missed(looked, *seen, report.problems);
  HF_TRY(judge_sources(sources, merge.empty_sources(), report));
  report.duration_ns = ports.clock.monotonic_ns() - start_ns;
  return report;
}

}  // namespace

Result<PreviewReport> preview_backup(vault::Business& business, ports::Files& files,
                                     const BackupRequest& request) {
  const vault::VaultPorts& ports = business.box().ports();
  // A backup may be running, and other previews: each has a scratch folder of its own.
  const std::string folder =
      "sort-" + business.id().hex() + "-preview-" + to_hex(ports.random.array<8>());
  auto report = look(business, files, request, folder);
  remove_scratch(ports.home, folder);
  return report;
}

}  // namespace holdfast::job
