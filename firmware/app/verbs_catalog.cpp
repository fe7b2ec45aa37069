// SPDX-License-Identifier: Apache-2.0
// catalog rebuild: what home knows of a business made anew from the disks, rows and recordings too.
#include <algorithm>

#include "firmware/app/report.h"
#include "firmware/app/row_index.h"
#include "firmware/app/verbs.h"
#include "firmware/vault/loss.h"

namespace holdfast::app {

namespace {

struct Rebuilt {
  std::string name;
  std::uint64_t packs = 0;
  std::uint64_t snapshots = 0;
  std::vector<journal::EntryRange> lost;  // entries of the journal
  std::optional<job::RecordRebuild> records;

  [[nodiscard]] bool is_whole() const {
    const auto is_lost = [](const job::Problem& problem) {
      return vault::is_loss(problem.error) || problem.error.code == ErrorCode::names_lost;
    };
    if (!records) return lost.empty();
    // Of those that were not kept nobody knows.
    const job::Problems& found = records->problems;
    const bool has_more = found.count > job::Problems::kKeptMax;
    return lost.empty() && !has_more && std::ranges::none_of(found.kept, is_lost);
  }
};

// With a dry run what there is to rebuild: the journal is read, the catalog stays.
Result<Rebuilt> rebuild(Session& session, const CatalogRebuildOptions& options,
                        const std::string& name) {
  const auto access = options.dry_run ? vault::Access::read : vault::Access::write;
  HF_TRY(const auto business, session.open_business(name, access));
  HF_TRY(business->journal().writable());
  Rebuilt done;
  done.name = name;
  if (!options.dry_run) {
    HF_TRY(business->rebuild_catalog([&](std::uint64_t entries, std::uint64_t total) {
      session.progress().update({"rebuilding", entries, total, 0, 0});
    }));
    HF_TRY(done.records, rebuild_rows(session, *business));
  }
  HF_TRY(const auto totals,
         business->with_catalog([](catalog::Catalog& catalog) { return catalog.pack_totals(); }));
  done.packs = totals.packs;
  HF_TRY(const auto rows, business->snapshots());
  done.snapshots = rows.size();
  HF_TRY(done.lost, business->lost_entries());
  return done;
}

Result<std::vector<std::string>> chosen_names(const vault::Box& box, const std::string& name) {
  std::vector<std::string> names;
  for (const vault::BusinessName& business : box.businesses()) {
    if (name.empty() || name == business.name) names.push_back(business.name);
  }
  if (names.empty() && !name.empty()) return make_error(ErrorCode::no_business, name);
  return names;
}

void write_records(Session& session, const std::optional<job::RecordRebuild>& records) {
  JsonWriter& json = session.json();
  if (!records) return json.null("records");
  json.begin_object("records");
  json.field("snapshot", records->snapshot.number);
  json.field("rows", records->rows);
  json.field("recordings", records->recordings);
  write_problems(session, "problems", records->problems);
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
    write_records(session, rebuilt.records);
    json.end();
  }
  json.end();
  session.write_committed();
}

void tell(Session& session, const Rebuilt& rebuilt, bool dry_run) {
  session.say(dry_run ? "cli.catalog.would_rebuild" : "cli.catalog.rebuilt",
              {{"name", rebuilt.name},
               {"packs", std::to_string(rebuilt.packs)},
               {"snapshots", std::to_string(rebuilt.snapshots)}});
  if (rebuilt.records) {
    session.say("cli.catalog.records",
                {{"rows", std::to_string(rebuilt.records->rows)},
                 {"recordings", std::to_string(rebuilt.records->recordings)},
                 {"number", std::to_string(rebuilt.records->snapshot.number)}});
    warn_of_problems(session, "cli.catalog.not_taken", rebuilt.records->problems);
  }
  for (const journal::EntryRange& lost : rebuilt.lost) {
    session.warn("cli.scrub.lost_entries", {{"business", rebuilt.name},
                                            {"first", std::to_string(lost.first)},
                                            {"last", std::to_string(lost.last)}});
  }
}

}  // namespace

Result<ExitCode> run_catalog_rebuild(Session& session, const CatalogRebuildOptions& options) {
  session.begin_writing(options.dry_run);
  HF_TRY(const vault::Box* box, session.box());
  HF_TRY(const auto names, chosen_names(*box, options.name));
  std::vector<Rebuilt> done;
  for (const std::string& name : names) {
    HF_TRY(job::check_stop(&session.stop()));
    HF_TRY(done.emplace_back(), rebuild(session, options, name));
    tell(session, done.back(), options.dry_run);
  }
  if (!options.dry_run) session.set_committed();
  if (session.wants_json()) write_rebuilt(session, done);
  return std::ranges::all_of(done, &Rebuilt::is_whole) ? ExitCode::done : ExitCode::lost;
}

}  // namespace holdfast::app
