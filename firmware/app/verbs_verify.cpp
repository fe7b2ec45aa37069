// SPDX-License-Identifier: Apache-2.0
// verify, and catalog rebuild.
#include "firmware/app/arguments.h"
#include "firmware/app/verbs.h"
#include "firmware/job/verify.h"

namespace holdfast::app {

namespace {

void write_report(Session& session, const catalog::SnapshotRow& snapshot,
                  const job::VerifyReport& report) {
  JsonWriter& json = session.json();
  json.field("snapshot", snapshot.head.digest.hex());
  json.field("number", snapshot.head.number);
  json.field("items", report.items);
  json.field("bytes", report.bytes);
  json.field("no_content", report.no_content);
  json.field("unreadable", report.unreadable);
  json.field("seconds", static_cast<double>(report.duration_ns) / 1e9);
  json.field("lost_total", report.lost.count);
  json.begin_array("lost");
  for (const job::Problem& problem : report.lost.kept) {
    write_problem(json, session.language(), problem.path, problem.error);
  }
  json.end();
}

struct Rebuilt {
  std::string name;
  std::uint64_t packs = 0;
  std::uint64_t snapshots = 0;
};

Result<Rebuilt> rebuild(Session& session, const std::string& name) {
  HF_TRY(const auto business, session.open_business(name, vault::Access::write));
  Rebuilt rebuilt;
  rebuilt.name = name;
  HF_TRY(business->rebuild_catalog([&](std::uint64_t done, std::uint64_t total) {
    session.progress().update({"rebuilding", done, total, 0, 0});
  }));
  HF_TRY(business->with_catalog([&](catalog::Catalog& catalog) {
    return catalog.for_each_pack([&](const catalog::PackRow&) -> Result<void> {
      ++rebuilt.packs;
      return {};
    });
  }));
  HF_TRY(const auto rows, business->snapshots());
  rebuilt.snapshots = rows.size();
  return rebuilt;
}

}  // namespace

Result<ExitCode> run_verify(Session& session, const VerifyOptions& options) {
  HF_TRY(const auto selector, parse_snapshot(options.snapshot, session.language()));
  HF_TRY(const auto business, session.open_business(options.name, vault::Access::read));
  job::VerifyRequest request;
  HF_TRY(request.snapshot, business->find_snapshot(selector));
  request.sample_percent = options.sample_percent;
  request.stop = &session.stop();
  request.progress = &session.progress();
  HF_TRY(const job::VerifyReport report, job::run_verify(*business, request));
  if (session.wants_json()) write_report(session, request.snapshot, report);
  for (const job::Problem& problem : report.lost.kept) {
    Error error = problem.error;
    error.where.clear();
    session.warn("cli.lost", {{"path", problem.path},
                              {"what", messages::render_error(session.language(), error)}});
  }
  session.say(report.lost.count > 0 ? "cli.verify.lost" : "cli.verify.done",
              {{"number", std::to_string(request.snapshot.head.number)},
               {"items", std::to_string(report.items)},
               {"size", size_text(report.bytes)},
               {"lost", std::to_string(report.lost.count)},
               {"time", duration_text(report.duration_ns)}});
  return report.lost.count > 0 ? ExitCode::lost : ExitCode::done;
}

Result<ExitCode> run_catalog_rebuild(Session& session, const NameOptions& options) {
  session.set_committed(false);
  HF_TRY(vault::Box * box, session.box());
  std::vector<std::string> names;
  for (const vault::BusinessName& business : box->businesses()) {
    if (options.name.empty() || options.name == business.name) names.push_back(business.name);
  }
  if (names.empty() && !options.name.empty()) {
    return make_error(ErrorCode::no_business, options.name);
  }
  std::vector<Rebuilt> done;
  for (const std::string& name : names) {
    HF_TRY(Rebuilt rebuilt, rebuild(session, name));
    session.say("cli.catalog.rebuilt", {{"name", rebuilt.name},
                                        {"packs", std::to_string(rebuilt.packs)},
                                        {"snapshots", std::to_string(rebuilt.snapshots)}});
    done.push_back(std::move(rebuilt));
  }
  session.set_committed(true);
  if (!session.wants_json()) return ExitCode::done;
  JsonWriter& json = session.json();
  json.begin_array("businesses");
  for (const Rebuilt& rebuilt : done) {
    json.begin_object();
    json.field("name", rebuilt.name);
    json.field("packs", rebuilt.packs);
    json.field("snapshots", rebuilt.snapshots);
    json.end();
  }
  json.end();
  session.write_committed();
  return ExitCode::done;
}

}  // namespace holdfast::app
