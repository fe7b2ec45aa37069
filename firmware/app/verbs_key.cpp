// SPDX-License-Identifier: Apache-2.0
// key list, key add.
#include "firmware/app/arguments.h"
#include "firmware/app/report.h"
#include "firmware/app/share_plan.h"
#include "firmware/app/slot_text.h"
#include "firmware/app/verbs.h"

namespace holdfast::app {

namespace {

void print_slots(Session& session, const std::vector<keys::SlotInfo>& slots) {
  Table table({{session.text("cli.column.number"), Table::Align::right},
               {session.text("cli.column.type")},
               {session.text("cli.column.made")},
               {session.text("cli.column.shares")}});
  for (const keys::SlotInfo& slot : slots) {
    table.add({std::to_string(slot.number), type_text(session, slot), time_text(slot.made),
               shares_text(session, slot)});
  }
  table.print(session.out());
}

// Shares where they are asked for, else a passphrase.
Result<vault::Box::ShareFiles> add_slot(Session& session, vault::Box& box,
                                        const std::optional<vault::SharePlan>& plan) {
  if (plan) return box.add_shares(*plan);
  HF_TRY(const auto passphrase, session.passphrase(true));
  if (!passphrase) return usage_error(session.language(), "cli.usage.no_terminal");
  HF_TRY(box.add_passphrase(passphrase->view()));
  return vault::Box::ShareFiles();
}

}  // namespace

Result<ExitCode> run_key_list(Session& session) {
  HF_TRY(const vault::Box* box, session.box());
  const std::vector<keys::SlotInfo> slots = box->keyring().slots();
  if (session.wants_json()) {
    write_slots(session, "slots", slots);
  } else {
    print_slots(session, slots);
  }
  return ExitCode::done;
}

Result<ExitCode> run_key_add(Session& session, const KeyAddOptions& options) {
  session.begin_writing(options.dry_run);
  HF_TRY(vault::Box * box, session.box());
  HF_TRY(const auto disks, box->disk_paths());
  HF_TRY(const auto plan,
         plan_shares(session, options.recovery_shares, options.recovery_out, disks));
  if (!plan && !options.recovery_shares.empty()) {
    return usage_error(session.language(), "cli.usage.no_recovery_out");
  }
  HF_TRY(box->check_keyring_writable());
  vault::Box::ShareFiles files;
  if (!options.dry_run) {
    HF_TRY(files, add_slot(session, *box, plan));
    session.set_committed();
  }
  if (session.wants_json()) {
    session.json().field("type", std::string(plan ? "recovery" : "passphrase"));
    write_shares(session.json(), plan, files);
    session.write_committed();
  }
  const std::string type = session.text(plan ? "cli.slot.recovery" : "cli.slot.passphrase");
  session.say(options.dry_run ? "cli.key.would_add" : "cli.key.added", {{"type", type, true}});
  if (plan) tell_shares(session, *plan, files);
  return ExitCode::done;
}

}  // namespace holdfast::app
