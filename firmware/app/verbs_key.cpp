// SPDX-License-Identifier: Apache-2.0
// key list, key add.
#include "firmware/app/arguments.h"
#include "firmware/app/report.h"
#include "firmware/app/share_plan.h"
#include "firmware/app/verbs.h"

namespace holdfast::app {

namespace {

const char* name_of(keys::SlotType type) {
  switch (type) {
    case keys::SlotType::machine:
      return "machine";
    case keys::SlotType::passphrase:
      return "passphrase";
    case keys::SlotType::recovery:
      return "recovery";
    case keys::SlotType::tpm:
      break;
  }
  return "tpm";
}

void write_slots(Session& session, const std::vector<keys::SlotInfo>& slots) {
  JsonWriter& json = session.json();
  json.begin_array("slots");
  for (const keys::SlotInfo& slot : slots) {
    json.begin_object();
    json.field("number", std::uint64_t{slot.number});
    json.field("type", std::string(name_of(slot.type)));
    write_time(json, "made", slot.made);
    const bool has_shares = slot.type == keys::SlotType::recovery;
    using Number = std::optional<std::uint64_t>;
    json.field("set", has_shares ? Number(slot.share_set) : Number());
    json.field("shares_needed", has_shares ? Number(slot.shares.needed) : Number());
    json.field("shares_made", has_shares ? Number(slot.shares.made) : Number());
    json.end();
  }
  json.end();
}

std::string shares_text(Session& session, const keys::SlotInfo& slot) {
  if (slot.type != keys::SlotType::recovery) return {};
  return session.text("cli.key.shares", {{"needed", std::to_string(slot.shares.needed)},
                                         {"made", std::to_string(slot.shares.made)},
                                         {"set", std::to_string(slot.share_set)}});
}

void print_slots(Session& session, const std::vector<keys::SlotInfo>& slots) {
  Table table({{session.text("cli.column.number"), Table::Align::right},
               {session.text("cli.column.type")},
               {session.text("cli.column.made")},
               {session.text("cli.column.shares")}});
  for (const keys::SlotInfo& slot : slots) {
    table.add({std::to_string(slot.number),
               session.text("cli.slot." + std::string(name_of(slot.type))), time_text(slot.made),
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
    write_slots(session, slots);
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
