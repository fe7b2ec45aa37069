// SPDX-License-Identifier: Apache-2.0
// verify: whether a snapshot comes back as it was stored.
#include "firmware/app/arguments.h"
#include "firmware/app/lost_text.h"
#include "firmware/app/report.h"
#include "firmware/app/verbs.h"
#include "firmware/job/proof_note.h"
#include "firmware/job/tend.h"
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
  write_lost(session, report.lost, business.name());
}

void print_report(Session& session, const vault::Business& business,
                  const job::VerifyRequest& request, const job::VerifyReport& report) {
  warn_of_lost_items(session, report.lost, business.name());
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

// For `status`; no part of what was proved.
void note(vault::Business& business, const job::VerifyRequest& request,
          const job::VerifyReport& report) {
  const vault::VaultPorts& ports = business.box().ports();
  job::ProofNote proof;
  proof.time = ports.clock.now();
  proof.snapshot = request.snapshot.head.number;
  proof.items = report.items;
  proof.items_total = report.items_total;
  proof.bytes = report.bytes;
  proof.differences = report.lost.count;
  proof.good = report.lost.count == 0;
  static_cast<void>(job::note_proof(ports.home, business.id(), proof).has_value());
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
  auto verified = job::run_verify(*business, request);
  static_cast<void>(job::note_disks(business->box()));  // of no weight for what was found
  HF_TRY(const job::VerifyReport report, std::move(verified));
  note(*business, request, report);
  HF_TRY(const auto gaps, business->lost_entries());
  if (session.wants_json()) {
    write_report(session, *business, request, report);
    write_lost_entries(session.json(), gaps);
  } else {
    print_report(session, *business, request, report);
  }
  return report.lost.count > 0 ? ExitCode::lost : ExitCode::done;
}

}  // namespace holdfast::app
