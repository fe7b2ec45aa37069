// SPDX-License-Identifier: Apache-2.0
// verify, and catalog rebuild.
#include <algorithm>

#include "firmware/app/arguments.h"
#include "firmware/app/report.h"
#include "firmware/app/verbs.h"
#include "firmware/job/verify.h"

namespace holdfast::app {

namespace {

void write_report(Session& session, const vault::Business& business,
                  const job::VerifyRequest& request, const job::VerifyReport& report) {
  const catalog::SnapshotRow& snapshot = request.snapshot;
  JsonWriter& json = session.json();
  json.field("snapshot", snapshot.head.digest.hex());
  json.field("number", snapshot.head.number);
  write_state(json, snapshot.body);
  json.field("items", report.items);
  json.field("items_total", report.items_total);
  json.field("sample_percent", std::uint64_t{request.sample_percent});
  json.field("bytes", report.bytes);
  write_unread(json, report.unread);
  write_made_up(json, business);
  write_seconds(json, report.duration_ns);
  write_problems(session, "lost", report.lost);
}

void print_report(Session& session, const vault::Business& business,
                  const job::VerifyRequest& request, const job::VerifyReport& report) {
  warn_of_problems(session, "cli.lost", report.lost);
  std::string_view outcome =
      request.sample_percent < 100 ? "cli.verify.sampled" : "cli.verify.done";
  if (report.lost.count > 0) outcome = "cli.verify.lost";
  session.say(outcome, {{"number", std::to_string(request.snapshot.head.number)},
                        {"items", std::to_string(report.items)},
                        {"total", std::to_string(report.items_total)},
                        {"size", size_text(report.bytes)},
                        {"lost", std::to_string(report.lost.count)},
                        {"time", duration_text(report.duration_ns)}});
  warn_of_unread(session, report.unread);
  warn_of_made_up(session, business);
}

struct Rebuilt {
  std::string name;
  std::uint64_t packs = 0;
  std::uint64_t snapshots = 0;
  std::vector<journal::EntryRange> lost;  // entries of the journal
};

// With a dry run what there is to rebuild: the journal is read, the catalog stays.
Result<Rebuilt> rebuild(Session& session, const CatalogRebuildOptions& options,
                        const std::string& name) {
  const auto access = options.dry_run ? vault::Access::read : vault::Access::write;
  HF_TRY(const auto business, session.open_business(name, access));
  HF_TRY(business->journal().writable());
  if (!options.dry_run) {
    HF_TRY(business->rebuild_catalog([&](std::uint64_t done, std::uint64_t total) {
      session.progress().update({"rebuilding", done, total, 0, 0});
    }));
  }
  HF_TRY(const auto totals,
         business->with_catalog([](catalog::Catalog& catalog) { return catalog.pack_totals(); }));
  HF_TRY(const auto rows, business->snapshots());
  HF_TRY(auto lost, business->lost_entries());
  return Rebuilt{name, totals.packs, rows.size(), std::move(lost)};
}

Result<std::vector<std::string>> chosen_names(const vault::Box& box, const std::string& name) {
  std::vector<std::string> names;
  for (const vault::BusinessName& business : box.businesses()) {
    if (name.empty() || name == business.name) names.push_back(business.name);
  }
  if (names.empty() && !name.empty()) return make_error(ErrorCode::no_business, name);
  return names;
}

void write_lost_entries(JsonWriter& json, const std::vector<journal::EntryRange>& all) {
  json.begin_array("lost_entries");
  for (const journal::EntryRange& lost : all) {
    json.begin_object();
    json.field("first", lost.first);
    json.field("last", lost.last);
    json.end();
  }
  json.end();
}

void write_rebuilt(Session& session, const std::vector<Rebuilt>& all) {
  JsonWriter& json = session.json();
  json.begin_array("businesses");
  for (const Rebuilt& rebuilt : all) {
    json.begin_object();
    json.field("name", rebuilt.name);
    json.field("packs", rebuilt.packs);
    json.field("snapshots", rebuilt.snapshots);
    write_lost_entries(json, rebuilt.lost);
    json.end();
  }
  json.end();
  session.write_committed();
}

}  // namespace

Result<ExitCode> run_verify(Session& session, const VerifyOptions& options) {
  HF_TRY(const auto selector, parse_snapshot(options.snapshot, session.language()));
  HF_TRY(const auto business, session.open_business(options.name, vault::Access::read));
  job::VerifyRequest request;
  HF_TRY(request.snapshot, business->find_snapshot(selector));
  warn_of_state(session, request.snapshot);
  request.sample_percent = static_cast<unsigned>(options.sample_percent);
  request.stop = &session.stop();
  request.progress = &session.progress();
  HF_TRY(const job::VerifyReport report, job::run_verify(*business, request));
  HF_TRY(const auto gaps, business->lost_entries());
  if (session.wants_json()) {
    write_report(session, *business, request, report);
    write_lost_entries(session.json(), gaps);
  } else {
    print_report(session, *business, request, report);
  }
  return report.lost.count > 0 ? ExitCode::lost : ExitCode::done;
}

Result<ExitCode> run_catalog_rebuild(Session& session, const CatalogRebuildOptions& options) {
  session.begin_writing(options.dry_run);
  HF_TRY(const vault::Box* box, session.box());
  HF_TRY(const auto names, chosen_names(*box, options.name));
  std::vector<Rebuilt> done;
  for (const std::string& name : names) {
    HF_TRY(job::check_stop(&session.stop()));
    HF_TRY(Rebuilt rebuilt, rebuild(session, options, name));
    session.say(options.dry_run ? "cli.catalog.would_rebuild" : "cli.catalog.rebuilt",
                {{"name", rebuilt.name},
                 {"packs", std::to_string(rebuilt.packs)},
                 {"snapshots", std::to_string(rebuilt.snapshots)}});
    for (const journal::EntryRange& lost : rebuilt.lost) {
      session.warn("cli.scrub.lost_entries", {{"business", name},
                                              {"first", std::to_string(lost.first)},
                                              {"last", std::to_string(lost.last)}});
    }
    done.push_back(std::move(rebuilt));
  }
  if (!options.dry_run) session.set_committed();
  if (session.wants_json()) write_rebuilt(session, done);
  const bool is_whole =
      std::ranges::all_of(done, [](const Rebuilt& rebuilt) { return rebuilt.lost.empty(); });
  return is_whole ? ExitCode::done : ExitCode::lost;
}

}  // namespace holdfast::app
